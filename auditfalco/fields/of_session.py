"""Extractors of proc.*: sessions, process groups, and who leads them."""

from __future__ import annotations

from auditfalco.fields.aspects import Aspect, ancestors_of, of_other, process_fact
from auditfalco.fields.of_process import exe_of, exe_path_of, name_of
from auditfalco.fields.values import Extractor, Value
from auditfalco.fields.world import World
from auditfalco.model.event import Event
from auditfalco.model.process import Process


def of_leader(aspect: Aspect, group: bool) -> Extractor:
    """An aspect of the process group's or the session's leader.

    A leader that is gone is represented by the eldest ancestor of the same session, as in Falco; proc.sname of an
    unknown leader is "".
    """

    def extract(event: Event, world: World) -> Value:
        process = event.process
        if process is None:
            return None
        leader = _leader(process, event, world, group)
        if leader is None:
            return "" if aspect is name_of and not group else None
        return aspect(leader, leader.image) if leader is process else of_other(aspect, leader, event, world)

    return extract


def _leader(process: Process, event: Event, world: World, group: bool) -> Process | None:
    identifier = world.process_group(process) if group else process.sid
    if not identifier:
        return None
    if identifier == process.pid:
        return process
    leader = world.find(identifier, event.moment_ns)
    if leader is not None or group:
        return leader
    eldest = None
    for ancestor in ancestors_of(process, event, world):
        if ancestor.sid != identifier:
            break
        eldest = ancestor
    return eldest


def _is_group_leader(event: Event, world: World) -> Value:
    process = event.process
    if process is None:
        return None
    group = world.process_group(process)
    if group is not None:
        return group == process.pid
    if process.vpgid is not None and process.vpid is not None:
        return process.vpgid == process.vpid
    return None


def _process_group(event: Event, world: World) -> Value:
    return None if event.process is None else world.process_group(event.process)


def _virtual_group(event: Event, world: World) -> Value:
    process = event.process
    if process is None:
        return None
    if process.vpgid is not None:
        return process.vpgid
    in_initial_namespace = process.container is not None and process.container.is_host
    return world.process_group(process) if in_initial_namespace else None


def _session(event: Event, world: World) -> Value:
    return None if event.process is None else world.session(event.process)


PLAIN: dict[str, Extractor] = {
    "proc.sid": _session,
    "proc.sname": of_leader(name_of, group=False),
    "proc.sid.exe": of_leader(exe_of, group=False),
    "proc.sid.exepath": of_leader(exe_path_of, group=False),
    "proc.pgid": _process_group,
    "proc.pgid.name": of_leader(name_of, group=True),
    "proc.pgid.exe": of_leader(exe_of, group=True),
    "proc.pgid.exepath": of_leader(exe_path_of, group=True),
    "proc.vpgid": _virtual_group,
    "proc.vpgid.name": of_leader(name_of, group=True),
    "proc.vpgid.exe": of_leader(exe_of, group=True),
    "proc.vpgid.exepath": of_leader(exe_path_of, group=True),
    "proc.is_pgid_leader": _is_group_leader,
    "proc.is_vpgid_leader": _is_group_leader,
    "proc.is_sid_leader": process_fact(lambda process: None if process.sid is None else process.sid == process.pid),
}
"""Fields without an argument."""
