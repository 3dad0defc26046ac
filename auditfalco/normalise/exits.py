"""The end of a process, an event that Falco's probe makes itself: procexit. It is made where rules name it.

Live the process connector tells it, with the status that wait(2) would give, once for a process and not for each of its
threads. In a log the call exit_group does, with the code that the process chose; one that a signal killed leaves no
record there.
"""

from __future__ import annotations

from collections.abc import Iterable

from auditfalco.model.event import Event
from auditfalco.model.process import Process
from auditfalco.normalise import arguments

EVENT_TYPE = "procexit"

_SIGNAL, _CORE = 0x7F, 0x80


def exit_event(process: Process, time_ns: int, status: int, children: Iterable[Process]) -> Event:
    """The event of a process that has ended.

    Args:
        process: which one.
        time_ns: when.
        status: as wait(2) has it: the exit code times 256, or the signal that killed, with 128 if memory was dumped.
        children: those that it left behind, who have another parent by now.
    """
    event = Event(EVENT_TYPE, time_ns)
    event.sources = ("connector",)
    event.process = process
    add = event.arguments.__setitem__
    add("status", arguments.integer(status))
    add("ret", arguments.integer(status >> 8 & 0xFF))
    add("sig", arguments.signal(status & _SIGNAL))
    add("core", arguments.integer(int(bool(status & _CORE))))
    reapers = [child.parent for child in children]
    if not reapers:
        add("reaper_tid", arguments.process(0, None))
    elif reapers[0] is not None and reapers[0] is not process:
        add("reaper_tid", arguments.process(reapers[0].pid, reapers[0].name))
    return event
