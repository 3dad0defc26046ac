"""Which name belongs to which io_uring operation.

The kernel takes an operation's names and address when the operation is submitted, and lists them in the record of that
io_uring_enter. What it carries out at once is reported in the same event. What a worker thread carries out is reported
in an event of its own, which has the inodes of what was made or removed, but no names; it may come before the other or
after it. Only the ring's own thread (SQPOLL) does both, and reports all in one event.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Callable

from auditfalco.model.process import Process
from auditfalco.model.uringoperations import Operation
from kernel_sources.audit.facts import PathFacts, SockaddrFacts, UringFacts
from kernel_sources.audit.rawevent import RawEvent

UNKNOWN_DESCRIPTOR = 0x7FFFFFFF
"""Stands for a descriptor that exists but whose number no record tells: a number that no descriptor can have.

Rules ask whether fd.num is negative, which it is not. (The kernel's limit, sysctl_nr_open_max in fs/file.c, is lower.)
"""

MOST_PROCESSES = 1024
MOST_KEPT = 256
"""Names without operation, and operations without name, of one process; the oldest are given up beyond."""

KEPT_NS = 2_000_000_000
"""How long an operation waits for its names, and a name for its operation.

An io_uring_enter that waits for other operations is recorded when it returns, which may take longer. An operation is
told without names then, and again with them when they have come.
"""

_LOOK_NS = 100_000_000
"""How often it is looked for what waits no longer."""

_AGAIN, _QUEUED, _REQUEUED = -11, -529, -3072
"""Results of an operation that was not carried out yet (include/linux/errno.h, io_uring/refs.h): it will be."""


class Done:
    """One operation that was carried out, or in the case of connect begun.

    `paths` are the records of its own event, `named` those of its names in the order of its arguments, `final` whether
    the latter show what the operation found (False for names that were recorded before it ran), `begun` that a
    connection was asked for and not known to be made.
    """

    __slots__ = ("address", "begun", "cwd", "facts", "final", "kind", "named", "paths", "process", "raw", "time_ns")

    def __init__(self, kind: Operation, facts: UringFacts, raw: RawEvent, process: Process) -> None:
        self.kind = kind
        self.facts = facts
        self.raw = raw
        self.process = process
        self.time_ns = raw.time_ns
        self.paths: Sequence[PathFacts] = ()
        self.named: list[PathFacts] = []
        self.cwd: str | None = None
        self.address: SockaddrFacts | None = None
        self.final = True
        self.begun = False

    @property
    def parents(self) -> set[tuple[tuple[int, int] | None, int | None]]:
        """Device and inode of the directories that its own records name."""
        return {(path.dev, path.inode) for path in self.paths if path.nametype == "PARENT"}


def is_carried_out(facts: UringFacts) -> bool:
    """Whether a record is about an operation that was carried out, and not one that is to be tried again."""
    return facts.exit not in (_AGAIN, _QUEUED, _REQUEUED)


class _Ring:
    """What is open of one process: names without operation, operations without name, connections begun.

    `late` are operations that were told without their names.
    """

    __slots__ = ("address", "attempts", "cwd", "late", "names", "since_ns", "waiting")

    def __init__(self) -> None:
        self.names: list[PathFacts] = []
        self.address: SockaddrFacts | None = None
        self.cwd: str | None = None
        self.since_ns = 0
        self.waiting: list[Done] = []
        self.late: list[Done] = []
        self.attempts = 0


class Submissions:
    """Brings names and operations together, process by process.

    Args:
        is_open: whether a process has a file open, where that can be looked up: decides between names.

    Attributes:
        evictions: processes, names and operations given up for want of room.
    """

    def __init__(self, is_open: Callable[[Process, PathFacts], bool]) -> None:
        self.evictions = 0
        self._is_open = is_open
        self._given_up: list[Done] = []
        self._next_look_ns = 0
        self._rings: OrderedDict[Process, _Ring] = OrderedDict()

    def ran(self, operation: Done) -> list[Done]:
        """An operation that was reported by itself; returns what is complete by it."""
        ring = self._ring(operation.process)
        if not self._counts(ring, operation):
            return []
        operation.named = [path for path in operation.paths if path.name is not None and path.nametype != "PARENT"]
        if operation.named or _is_complete(operation):
            return [operation]
        if self._supply(ring, operation):
            operation.final = False
            return [operation]
        ring.waiting.append(operation)
        if len(ring.waiting) <= MOST_KEPT:
            return []
        self.evictions += 1
        return [ring.waiting.pop(0)]

    def entered(
        self,
        process: Process,
        operations: list[Done],
        names: Sequence[PathFacts],
        cwd: str | None,
        address: SockaddrFacts | None,
        time_ns: int,
    ) -> list[Done]:
        """An io_uring_enter, with the operations that it carried out itself; returns what is complete by it."""
        ring = self._ring(process)
        left = list(names)
        complete = self._carried_out_at_once(ring, operations, left)
        for operation in complete:
            operation.cwd = cwd
        ring.names, ring.cwd, ring.address, ring.since_ns = [*ring.names, *left], cwd, address, time_ns
        takers = [one for one in (*ring.late, *ring.waiting, *complete) if _lacks_address(one)]
        if takers:
            takers[-1].address, ring.address = address, None  # the record has the last address only
        ring.late, late = self._supplied(ring, ring.late)
        ring.waiting, waiting = self._supplied(ring, ring.waiting)
        complete += [*late, *waiting]
        self.evictions += max(len(ring.names) - MOST_KEPT, 0)
        ring.names = ring.names[-MOST_KEPT:]
        return sorted(complete, key=lambda one: one.raw.serial)

    def expired(self, time_ns: int) -> list[Done]:
        """Give up waiting for what should have come by some time; returns the operations, to be told as they are."""
        given_up, self._given_up = self._given_up, []
        if time_ns < self._next_look_ns:
            return given_up
        self._next_look_ns = time_ns + _LOOK_NS
        for process, ring in list(self._rings.items()):
            overdue = [one for one in ring.waiting if one.time_ns + KEPT_NS < time_ns]
            if overdue:
                given_up += overdue
                ring.waiting = [one for one in ring.waiting if one.time_ns + KEPT_NS >= time_ns]
                ring.late = [*ring.late, *overdue][-MOST_KEPT:]
            if ring.since_ns + KEPT_NS < time_ns:
                ring.names, ring.address = [], None
                if not (ring.waiting or ring.attempts or (ring.late and process.is_alive)):
                    del self._rings[process]
        return given_up

    def close(self) -> list[Done]:
        """Give up waiting; returns the operations that still do."""
        given_up = [*self._given_up, *(one for ring in self._rings.values() for one in ring.waiting)]
        self._rings.clear()
        self._given_up.clear()
        return given_up

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self._rings or self._given_up)

    def _ring(self, process: Process) -> _Ring:
        ring = self._rings.get(process)
        if ring is None:
            ring = self._rings[process] = _Ring()
            if len(self._rings) > MOST_PROCESSES:
                _, evicted = self._rings.popitem(last=False)
                self._given_up += evicted.waiting
                self.evictions += 1
        return ring

    def _counts(self, ring: _Ring, operation: Done) -> bool:
        """Whether an operation is an event: once, however often it was tried.

        A connection that is not made at once is an event when it is begun, and not a second time when it is made.
        """
        carried_out = is_carried_out(operation.facts)
        if operation.kind.name != "connect":
            return carried_out
        if not carried_out:
            ring.attempts += 1
            operation.begun = True
            return True
        if ring.attempts:
            ring.attempts -= 1
            return False
        return True

    def _carried_out_at_once(self, ring: _Ring, operations: list[Done], left: list[PathFacts]) -> list[Done]:
        """Give the operations of an io_uring_enter their names, which leave `left`; returns those that are events.

        Each record tells how many names there were by then. An operation that stands alone is submitted and carried
        out before the next is looked at, so its names are the last so far; of operations that are linked to each other
        all are submitted first.
        """
        complete = []
        kept: list[PathFacts] = []
        before = 0
        for operation in operations:
            until = operation.facts.items or 0
            fresh, before = until - before, max(before, until)
            candidates = [path for path in left if path.item is None or path.item < until]
            wanted = operation.kind.names
            if self._counts(ring, operation):
                complete.append(operation)
                alone = fresh == wanted
                operation.named = candidates[-wanted:] if alone and wanted else _best(candidates, wanted)
                taken = operation.named
            else:
                taken = candidates[-wanted:] if fresh == wanted and wanted else []
                kept += taken  # for the worker that will carry it out
            for path in taken:
                left.remove(path)
        left[:] = sorted([*left, *kept], key=lambda path: path.item or 0)
        return complete

    def _supplied(self, ring: _Ring, operations: list[Done]) -> tuple[list[Done], list[Done]]:
        """Give operations what they lack; returns those that still lack it, and those that do not."""
        lacking: list[Done] = []
        complete: list[Done] = []
        for operation in operations:
            (complete if self._supply(ring, operation) else lacking).append(operation)
        return lacking, complete

    def _supply(self, ring: _Ring, operation: Done) -> bool:
        """Give an operation what it lacks from what its process submitted; tells whether that was there."""
        kind = operation.kind
        if kind.takes_address and operation.address is None:
            operation.address, ring.address = ring.address, None
        if kind.names and not operation.named:
            operation.named = self._chosen(ring.names, operation)
            for path in operation.named:
                ring.names.remove(path)
            operation.cwd = operation.cwd or ring.cwd
        return _is_complete(operation)

    def _chosen(self, names: list[PathFacts], operation: Done) -> list[PathFacts]:
        """The names that an operation was most likely given, in their order; empty when there are too few."""
        parents = operation.parents
        wanted = operation.kind.names
        if parents:
            fitting = [path for path in names if path.nametype != "PARENT" or (path.dev, path.inode) in parents]
            if wanted == 1:
                fitting.sort(key=lambda path: path.nametype != "PARENT")
        else:
            fitting = sorted(names, key=lambda path: _RANKS.get(path.nametype or "", 1))
            held = [path for path in fitting if self._is_open(operation.process, path)] if len(fitting) > 1 else []
            fitting = held or fitting
        return fitting[:wanted] if len(fitting) >= wanted else []


_RANKS = {"NORMAL": 0, "CREATE": 0, "DELETE": 0, "UNKNOWN": 1, "PARENT": 2}


def _best(candidates: list[PathFacts], wanted: int) -> list[PathFacts]:
    """The first names that were found; else the first that there are."""
    found = [path for path in candidates if path.inode is not None]
    return (found if len(found) >= wanted else candidates)[:wanted]


def _lacks_address(operation: Done) -> bool:
    return operation.kind.takes_address and operation.address is None


def _is_complete(operation: Done) -> bool:
    """Whether an operation has all that its event needs; an address may be left out of a message, or a reception."""
    if operation.kind.name in ("connect", "bind"):
        return operation.address is not None
    return len(operation.named) >= operation.kind.names
