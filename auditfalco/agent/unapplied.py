"""Process events that were read and not applied yet: whose /proc shows a later state than the tables are at.

The engine may be behind the kernel by as long as a burst lasts. What /proc shows of a process that has executed or
ended in the meantime is not what the tables ask for, and a pid may be another process's. The reader knows that first.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Iterable

from kernel_sources.connector import Comm, Exec, Exit, Fork, ProcessEvent


class Unapplied:
    """Counts, by pid, the events that wait. One thread reads events, another applies them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._births: Counter[int] = Counter()
        self._ends: Counter[int] = Counter()
        self._changes: Counter[int] = Counter()
        self._last_parents: dict[int, deque[int]] = {}

    def read(self, events: Iterable[ProcessEvent]) -> None:
        """Take note of events that were read."""
        with self._lock:
            for event in events:
                self._count(event, 1)

    def applied(self, event: ProcessEvent) -> None:
        """Take note that an event has been applied to the tables, or never will be."""
        with self._lock:
            self._count(event, -1)

    def is_taken_again(self, pid: int) -> bool:
        """Whether a pid was given to a new process since."""
        return pid in self._births

    def has_changed(self, pid: int) -> bool:
        """Whether the process with a pid has ended, executed something or been renamed since."""
        return pid in self._ends or pid in self._changes or pid in self._births

    def has_ended(self, pid: int) -> bool:
        """Whether the process with a pid has ended since."""
        return pid in self._ends or pid in self._births

    def last_parent(self, pid: int) -> int | None:
        """The parent that the process with a pid had when it ended; None when it has not, or that was not told."""
        with self._lock:
            parents = self._last_parents.get(pid)
            return (parents[0] or None) if parents else None

    def _count(self, event: ProcessEvent, by: int) -> None:
        if isinstance(event, Fork):
            counts, pid, counted = self._births, event.child_pid, not event.is_thread
        elif isinstance(event, Exit):
            counts, pid, counted = self._ends, event.tgid, not event.is_thread
            if counted and by > 0:
                self._last_parents.setdefault(pid, deque()).append(event.parent_tgid)
            elif counted:
                self._forget_parent(pid)
        else:
            counts, pid, counted = self._changes, event.tgid, isinstance(event, (Exec, Comm))
        if counted:
            counts[pid] += by
            if not counts[pid]:
                del counts[pid]

    def _forget_parent(self, pid: int) -> None:
        parents = self._last_parents.get(pid)
        if parents:
            parents.popleft()
        if not parents:
            self._last_parents.pop(pid, None)
