"""Process groups and sessions: setpgid and setsid, which decide who leads what an interactive shell starts."""

from __future__ import annotations

from auditfalco.model.event import Event
from auditfalco.normalise import arguments
from auditfalco.normalise.call import Builder, Call


def group_set(call: Call, event: Event) -> None:
    """setpgid(pid, pgid): numbers of the caller's pid namespace; 0 stands for the caller, or for the process itself."""
    call.tell_result(event)
    pid, group = (arguments.signed32(register) for register in call.facts.args[:2])
    call.tell_process(event, "pid", pid)
    call.tell_process(event, "pgid", group)
    if call.succeeded:
        call.host.groups.moved(call.process, pid, group, call.raw.time_ns)


def session_set(call: Call, event: Event) -> None:
    """setsid(): the caller leads a new session and group, whose number is its own."""
    call.tell_result(event)
    if call.succeeded and event.result is not None:
        event.arguments["res"] = arguments.process(event.result, call.process.name)
        call.process.sid = call.process.pgid = call.process.pid
        call.process.vpgid = call.process.vsid = call.process.vpid


BUILDERS: dict[str, Builder] = {
    "setpgid": group_set,
    "setsid": session_set,
}
