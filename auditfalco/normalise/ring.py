"""The way of io_uring operations through the normaliser: from their records to their events, in the right process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Callable

from auditfalco.model.event import Event
from auditfalco.model.process import Process
from auditfalco.model.uringoperations import OPERATIONS
from auditfalco.normalise import uring
from auditfalco.normalise.submissions import Done, Submissions
from auditfalco.state.host import HostState
from kernel_sources.audit import facts
from kernel_sources.audit.facts import UringFacts
from kernel_sources.audit.rawevent import RawEvent


class Ring:
    """Makes events of operations, and holds those whose names are still to come.

    Args:
        host: the state that they are seen against.
        numbered: gives an event its number.
    """

    def __init__(self, host: HostState, numbered: Callable[[Event], Event]) -> None:
        self._host = host
        self._numbered = numbered
        self._submissions = Submissions(
            lambda process, path: host.recorded_files.descriptor_on(process, path) is not None
        )

    @property
    def evictions(self) -> int:
        """Names and operations given up for want of room."""
        return self._submissions.evictions

    def ran(self, raw: RawEvent, operations: Iterable[UringFacts]) -> list[Event]:
        """Operations that were reported by themselves; returns the events that are complete."""
        complete: list[Done] = []
        for operation in operations:
            process = self._process(raw, operation)
            done = self._done(raw, operation, process) if process is not None else None
            if done is not None:
                done.paths, done.cwd, done.address = facts.paths(raw), facts.cwd(raw), facts.sockaddr(raw)
                complete += self._submissions.ran(done)
        return self._events(complete)

    def entered(self, raw: RawEvent, operations: Iterable[UringFacts], enter: Event) -> list[Event]:
        """An io_uring_enter, whose own event is `enter`; returns the events of operations that are complete by it."""
        process = enter.process
        if process is None:
            return []
        address = facts.sockaddr(raw)
        of_address = address.path if address is not None else None
        names = [path for path in facts.paths(raw) if path.name is not None and path.name != of_address]
        done = [one for one in (self._done(raw, operation, process) for operation in operations) if one is not None]
        complete = self._submissions.entered(process, done, names, facts.cwd(raw), address, raw.time_ns)
        return self._events(complete)

    def overdue(self, time_ns: int) -> list[Event]:
        """The events of operations whose names have not come by some time."""
        return self._events(self._submissions.expired(time_ns)) if self._submissions else []

    def close(self) -> list[Event]:
        """The events of all operations that still wait."""
        return self._events(self._submissions.close())

    def _process(self, raw: RawEvent, operation: UringFacts) -> Process | None:
        """The process that an operation was carried out for; a worker's thread group is its."""
        if operation.pid is None:
            return None
        processes = self._host.processes
        process = processes.obtain(operation.pid, raw.time_ns, operation.ppid)
        processes.catch_up(process, raw.time_ns)
        return process

    def _done(self, raw: RawEvent, operation: UringFacts, process: Process) -> Done | None:
        kind = OPERATIONS.get(operation.name or "")
        return None if kind is None else Done(kind, operation, raw, process)

    def _events(self, complete: Iterable[Done]) -> list[Event]:
        events = []
        for done in complete:
            _take_over(done.process, done.facts)
            self._host.complete(done.process, done.time_ns)
            events.append(self._numbered(uring.event_of(done, self._host)))
        return events


def _take_over(process: Process, operation: UringFacts) -> None:
    """The credentials that an operation ran with; its record has no login uid, session or terminal."""
    if operation.uid is not None and operation.gid is not None:
        process.uid, process.euid, process.fsuid = operation.uid, operation.euid, operation.fsuid
        process.gid, process.egid, process.fsgid = operation.gid, operation.egid, operation.fsgid
