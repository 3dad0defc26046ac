"""From a raw event to an event: finds the process, brings its facts up to date, hands the call to its normaliser."""

from __future__ import annotations

from collections.abc import Iterable

from auditfalco.model.event import Event
from auditfalco.model.process import Process
from auditfalco.model.syscallnames import event_type_of
from auditfalco.model.uringoperations import ENTER
from auditfalco.normalise import (
    attributes,
    credentials,
    datagrams,
    descriptors,
    directories,
    executions,
    groups,
    input_output,
    kernel,
    memory,
    mounts,
    names,
    opens,
    processes,
    sockets,
    terminal,
    transfers,
    unlisted,
)
from auditfalco.normalise.call import Builder, Call
from auditfalco.normalise.exits import exit_event
from auditfalco.normalise.measured import tell_measured
from auditfalco.normalise.opens_seen import open_event
from auditfalco.normalise.ring import Ring
from auditfalco.normalise.sightings import Sighting
from auditfalco.state.executables import deleted_name, memfd_name
from auditfalco.state.host import HostState
from auditfalco.state.lives import Signs
from kernel_sources.audit import facts
from kernel_sources.audit.facts import SyscallFacts
from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.tables import record_type_name
from kernel_sources.tables.machines import NARROW_MACHINES

_ARGUMENTS = 4
"""Arguments in a whole SYSCALL record; a record cut short has fewer, and tells no more than its process."""

BUILDERS: dict[str, Builder] = {
    **attributes.BUILDERS,
    **credentials.BUILDERS,
    **datagrams.BUILDERS,
    **descriptors.BUILDERS,
    **directories.BUILDERS,
    **executions.BUILDERS,
    **groups.BUILDERS,
    **input_output.BUILDERS,
    **kernel.BUILDERS,
    **memory.BUILDERS,
    **mounts.BUILDERS,
    **names.BUILDERS,
    **opens.BUILDERS,
    **processes.BUILDERS,
    **sockets.BUILDERS,
    **transfers.BUILDERS,
    **unlisted.BUILDERS,
}
"""The calls whose arguments are told, by event type; every other call becomes an event with its result alone."""


class Normaliser:
    """Turns raw events into events against one host's state."""

    def __init__(self, host: HostState) -> None:
        self._host = host
        self._number = 0
        self.skipped = 0
        self._ring = Ring(host, self.numbered)

    def events(self, raw: RawEvent) -> list[Event]:
        """The events that a raw event completes, in the order of what they tell; mostly one.

        None when it is about no system call (such are counted), several when it is an io_uring_enter that carried out
        operations. An operation's event waits for its names where they are in another raw event.
        """
        early = self.overdue(raw.time_ns)
        syscall = facts.syscall(raw)
        operations = facts.urings(raw)
        if syscall is None and operations:
            return early + self._ring.ran(raw, operations)
        event = self.event(raw)
        if event is None:
            return early
        if operations or event.type == ENTER:
            early += self._ring.entered(raw, operations, event)
        return [*early, event]

    @property
    def given_up(self) -> int:
        """Names of io_uring operations that were forgotten for want of room."""
        return self._ring.evictions

    def overdue(self, time_ns: int) -> list[Event]:
        """The events of io_uring operations whose names have not come by some time, and are waited for no longer."""
        return self._ring.overdue(time_ns)

    def close(self) -> list[Event]:
        """The events that still wait for names; to be called at the end."""
        return self._ring.close()

    def event(self, raw: RawEvent) -> Event | None:
        """The event of a raw event's system call; None when it is about none (such are counted)."""
        syscall = facts.meant_call(raw)
        if syscall is None or syscall.pid is None or syscall.name is None:
            self.skipped += 1
            return None
        time_ns = raw.time_ns
        executed = syscall.name in ("execve", "execveat") and syscall.success is True
        signs = Signs(syscall.ppid, executed, syscall.comm, syscall.exe)
        process = self._host.processes.obtain(syscall.pid, time_ns, syscall.ppid, signs)
        _credentials(process, syscall)
        self._host.complete(process, time_ns)
        event = Event(event_type_of(syscall.name), time_ns, raw.serial)
        event.process = process
        event.result = syscall.exit
        event.narrow = None if syscall.arch is None else syscall.arch in NARROW_MACHINES
        event.record_types = tuple(record_type_name(record.type) for record in raw.records)
        self.numbered(event)
        call = Call(raw, syscall, process, self._host)
        if not executed:
            self._refresh(call)
            event.moment_ns, event.until_ns = self._host.processes.moment(process, time_ns)
            if syscall.ppid:
                self._host.processes.set_parent(process, syscall.ppid, event.moment_ns, event.until_ns)
        builder = BUILDERS.get(event.type, _plain) if len(syscall.args) == _ARGUMENTS else _plain
        builder(call, event)
        tell_measured(event, process, self._host)
        return event

    def exit_told(self, raw: RawEvent, event: Event) -> Event | None:
        """What a log tells of a process's end: the event that exit_group(status) stands for where rules ask for it.

        Live the process connector tells of every end, and better.
        """
        process, call = event.process, facts.syscall(raw)
        if event.type != "exit_group" or process is None or call is None or not call.args:
            return None
        children = list(process.children.values())
        self._host.processes.exited(process.pid, event.time_ns)
        if not self._host.expected.exits:
            return None
        return self.exit(process, event.time_ns, (call.args[0] & 0xFF) << 8, children)

    def exit(self, process: Process, time_ns: int, status: int, children: Iterable[Process]) -> Event:
        """The event of a process that has ended; see :func:`exits.exit_event`."""
        return self.numbered(exit_event(process, time_ns, status, children))

    def opened(self, sighting: Sighting) -> Event:
        """The event of an open that fanotify alone tells of; its process is looked at as it is now."""
        process, time_ns = sighting.process, sighting.since_ns
        self._host.look_at(process, time_ns)
        event = self.numbered(open_event(sighting, self._host))
        at_ns = time_ns if process.exit_ns is None else min(time_ns, process.exit_ns)  # it was read later than it was
        event.moment_ns, event.until_ns = self._host.processes.moment(process, at_ns)
        return event

    def numbered(self, event: Event) -> Event:
        """An event that was made elsewhere, with its number."""
        self._number += 1
        event.number = self._number
        return event

    def _refresh(self, call: Call) -> None:
        """Take over what every record tells of its process: its name now, and its file when no exec was seen."""
        process, syscall = call.process, call.facts
        # An exec that the connector announced before this record has happened, even if its own record never came.
        self._host.processes.catch_up(process, call.raw.time_ns)
        process.cwd = call.cwd or process.cwd
        if syscall.comm is not None and not process.pending:
            self._host.processes.told_name(process, syscall.comm, call.raw.time_ns)
        if not process.pending and syscall.exe is not None:
            path = memfd_name(syscall.exe) or deleted_name(syscall.exe)
            if path != process.image.exe_path or process.doubtful:
                self._host.processes.correct_image(process, path, syscall.comm)


def _credentials(process: Process, syscall: SyscallFacts) -> None:
    process.uid, process.euid, process.fsuid = syscall.uid, syscall.euid, syscall.fsuid
    process.gid, process.egid, process.fsgid = syscall.gid, syscall.egid, syscall.fsgid
    process.login_uid = -1 if syscall.auid is None else syscall.auid
    process.session_id = syscall.ses
    process.tty = terminal.number(syscall.tty)


def _plain(call: Call, event: Event) -> None:
    return None
