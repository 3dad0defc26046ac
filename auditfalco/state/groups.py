"""Process groups, which no audit record states.

A group is inherited at fork and changed by setpgid(2), whose record has the numbers as the caller's pid namespace
counts them. While a process lives, /proc knows its group; for one that is gone already, it follows from the calls seen.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from auditfalco.model.process import Process
from auditfalco.state.processes import ProcessTable


class GroupFacts(NamedTuple):
    """A living process's numbers: its group in the initial pid namespace; pid, group and session in its own."""

    pgid: int
    vpid: int
    vpgid: int
    vsid: int | None = None


class GroupReader(Protocol):
    """The part of the door to /proc that is needed."""

    def group_facts(self, process: Process) -> GroupFacts | None:
        """The numbers of a process; None when it is gone."""


class ProcessGroups:
    """Follows which process group each process is in."""

    def __init__(self, processes: ProcessTable, reader: GroupReader | None) -> None:
        self._processes = processes
        self._reader = reader

    def of(self, process: Process) -> int | None:
        """The group's id in the initial pid namespace, which is its leader's pid; None when it cannot be known."""
        if not process.group_read:
            self._read(process)
        return process.pgid

    def session_of(self, process: Process) -> int | None:
        """The session's id as the process's own pid namespace counts it, 0 when it began outside; None when unknown."""
        if _counts_as_host(process):
            return process.sid
        if process.vsid is None and not process.group_read:
            self._read(process)
        return process.vpid if process.vsid is None and process.sid == process.pid else process.vsid

    def moved(self, caller: Process, pid: int, group: int, time_ns: int) -> None:
        """Note a successful setpgid(pid, group), numbers as in the caller's pid namespace."""
        inherited = caller.pgid  # what children had from it; /proc already shows the group after the call
        known = self._read(caller)
        target = self._target(caller, pid, time_ns)
        if target is None:
            return
        before = inherited
        if target is not caller:
            before = target.pgid
            known = self._read(target)
        if group == 0 or group == pid or (target.vpid is not None and target.vpid == group):
            _lead(target, group or pid)
        elif not known:
            self._join(target, group)
        for child in target.children.values():
            if child.pgid == before and child.start_ns >= time_ns:
                child.pgid, child.vpgid = target.pgid, target.vpgid

    def _read(self, process: Process) -> bool:
        facts = self._reader.group_facts(process) if self._reader is not None and process.is_alive else None
        if facts is None:
            return False
        process.pgid, process.vpid, process.vpgid = facts.pgid, facts.vpid, facts.vpgid
        process.vsid = facts.vsid if facts.vsid is not None else process.vsid
        process.group_read = True
        return True

    def called(self, caller: Process, pid: int, time_ns: int) -> Process | None:
        """The process that `caller` means by a number: itself, a child, or in the initial pid namespace anyone."""
        if pid == caller.vpid:
            return caller
        if _counts_as_host(caller):
            return self._processes.find(pid, time_ns)
        for child in caller.children.values():
            if child.vpid is None:
                self._read(child)
            if child.vpid == pid:
                return child
        return None

    def _target(self, caller: Process, pid: int, time_ns: int) -> Process | None:
        if pid == 0:
            return caller
        target = self.called(caller, pid, time_ns)
        if target is not None or _counts_as_host(caller):
            return target
        # A job's process names itself by the number that its fork gave it; its shell's own call says the same again.
        return caller if caller.vpid is None else None

    def _join(self, target: Process, group: int) -> None:
        parent = target.parent
        if _counts_as_host(target):
            target.pgid = target.vpgid = group
            return
        if parent is not None and parent.last_group is not None and parent.last_group[0] == group:
            leader = parent.last_group[1]
            target.pgid, target.vpgid = leader, group
        elif parent is not None and parent.vpgid == group:
            target.pgid, target.vpgid = parent.pgid, group
        elif target.vpid is None:
            # Its own number is the only one that a process can name before it knows any other.
            _lead(target, group)
        else:
            target.pgid, target.vpgid = None, group


def _lead(process: Process, number: int) -> None:
    if process.vpid is None and number:
        process.vpid = number
    process.pgid, process.vpgid = process.pid, process.vpid
    if process.parent is not None and process.vpid is not None:
        process.parent.last_group = (process.vpid, process.pid)


def _counts_as_host(process: Process) -> bool:
    """Whether a process's own numbers are those of the initial pid namespace."""
    if process.vpid is not None:
        return process.vpid == process.pid
    return process.container is not None and process.container.is_host
