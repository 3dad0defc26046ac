"""What the gate has seen of execs, kept until the records of them come, and then put in the place of guesses.

The gate looks at a process while its exec is stopped, so what it tells was so at that moment, however short the process
lives afterwards. The exec's event takes that moment, and ancestors are those of it.
"""

from __future__ import annotations

from collections import deque

from auditfalco.model.admission import Admission
from auditfalco.model.process import Image, Process
from auditfalco.state.containers import ContainerTable
from auditfalco.state.environments import Environments
from auditfalco.state.lives import CLOCK_ERROR_NS
from auditfalco.state.processes import SAME_START_NS, ProcessTable

CAPACITY = 4096
"""Admissions kept; each has what an exec passes, some kilobytes as a rule."""


class Admissions:
    """Admissions that wait for their records.

    Attributes:
        evictions: admissions forgotten for want of room.
        used: records for which there was one.
    """

    def __init__(
        self,
        processes: ProcessTable,
        containers: ContainerTable,
        environments: Environments,
        capacity: int = CAPACITY,
    ) -> None:
        self._processes = processes
        self._containers = containers
        self._environments = environments
        self._capacity = capacity
        self._by_pid: dict[int, deque[Admission]] = {}
        self._order: deque[tuple[int, int]] = deque()
        self.evictions = 0
        self.used = 0

    def __len__(self) -> int:
        return sum(map(len, self._by_pid.values()))

    def add(self, admission: Admission) -> None:
        """Keep one until its record comes; its time is since the epoch."""
        self._by_pid.setdefault(admission.pid, deque()).append(admission)
        self._order.append((admission.pid, admission.time_ns))
        if len(self._order) > self._capacity:
            pid, time_ns = self._order.popleft()
            waiting = self._by_pid.get(pid)
            if waiting and waiting[0].time_ns == time_ns:
                self._drop(pid, waiting)
                self.evictions += 1

    def earliest(self, pid: int, record_ns: int, argv: list[str] | None) -> int:
        """When an exec can have been at the earliest, as a record's time: that of the record, or later if one with
        these arguments was stopped later. It tells apart execs within one tick of the clock that records have.
        """
        for seen in self._by_pid.get(pid, ()):
            if seen.time_ns >= record_ns and seen.argv is not None and list(seen.argv) == argv:
                return seen.time_ns + CLOCK_ERROR_NS
        return record_ns

    def apply(self, process: Process, image: Image, record_ns: int) -> int | None:
        """Put what was seen of an exec into its process; returns the moment, None when nothing was seen.

        Args:
            process: who executes.
            image: what it executes from now on.
            record_ns: the time of the exec's record.
        """
        seen = self._take(process.pid, record_ns, image.exec_ns)
        if seen is None or (process.start_known and abs(seen.start_ns - process.start_ns) > SAME_START_NS):
            return None
        self.used += 1
        process.tty, process.sid, process.pgid = seen.tty, seen.sid, seen.pgid
        process.vpid, process.vpgid, process.vsid = seen.vpid, seen.vpgid, seen.vsid
        process.group_read = True
        container = self._containers.of_paths(process.pid, seen.cgroups)
        inside = process.container is not None and not process.container.is_host
        if container is not None and not (inside and container.is_host):
            process.container, process.place_read = container, True
        if seen.environment is not None:
            self._environments.told(image, list(seen.environment), seen.whole)
        self._processes.witness(process, seen.ancestors, seen.time_ns)
        return seen.time_ns

    def _take(self, pid: int, record_ns: int, exec_ns: int) -> Admission | None:
        """The last that was stopped before the exec was done, and not before its record's time; earlier ones go."""
        waiting = self._by_pid.get(pid)
        found = None
        while waiting and waiting[0].time_ns <= max(exec_ns, record_ns):
            found = self._drop(pid, waiting)
        if found is None and waiting and exec_ns <= record_ns:
            found = self._drop(pid, waiting)  # without the connector the record's time is all that is known
        return found if found is not None and found.time_ns >= record_ns - CLOCK_ERROR_NS else None

    def _drop(self, pid: int, waiting: deque[Admission]) -> Admission:
        dropped = waiting.popleft()
        if not waiting:
            del self._by_pid[pid]
        return dropped
