"""Process events that were read and not applied yet: whose /proc shows a later state than the tables are at.

The engine may be behind the kernel by as long as a burst lasts. What /proc shows of a process that has executed or
ended in the meantime is not what the tables ask for, and a pid may be another process's. The reader knows that first.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from typing import Callable, NamedTuple

from kernel_sources.connector import Comm, Exec, Exit, Fork, ProcessEvent

_MOST_LOOKS = 64
"""Readings in a row; where the kernel tells faster than that, the rest has to wait."""


class _Sign(NamedTuple):
    """An event about a process: where it stands in its batch, its class, and of an end the parent, 0 if not told."""

    position: int
    kind: type[ProcessEvent]
    parent_pid: int


class _Waiting:
    """The events of one batch. They are sorted by pid when somebody asks: mostly nobody does."""

    __slots__ = ("_by_pid", "events")

    def __init__(self, events: Sequence[ProcessEvent]) -> None:
        self.events = events
        self._by_pid: dict[int, list[_Sign]] | None = None

    def about(self, pid: int) -> Sequence[_Sign]:
        """What there is about a process, in order."""
        if self._by_pid is None:
            self._by_pid = {}
            for position, event in enumerate(self.events):
                if isinstance(event, Fork):
                    if not event.is_thread:
                        self._by_pid.setdefault(event.child_pid, []).append(_Sign(position, Fork, 0))
                elif isinstance(event, Exit):
                    if not event.is_thread:
                        self._by_pid.setdefault(event.tgid, []).append(_Sign(position, Exit, event.parent_tgid))
                elif isinstance(event, (Exec, Comm)):
                    self._by_pid.setdefault(event.tgid, []).append(_Sign(position, type(event), 0))
        return self._by_pid.get(pid, ())


class Unapplied:
    """The events that wait. One thread takes them in batches, another applies these and asks.

    Whoever asks has looked at /proc just before: so what the kernel has told up to now is read first.

    Args:
        read: gives what the kernel has told since the last call, nothing when there is nothing.

    Attributes:
        position: of the event in the batch in work that is being applied.
    """

    def __init__(self, read: Callable[[], Sequence[ProcessEvent]] = lambda: ()) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._early: list[_Waiting] = []
        self._waiting: deque[_Waiting] = deque()
        self._current = _Waiting(())
        self.position = 0

    def take(self) -> list[ProcessEvent]:
        """Take everything that the kernel has told and that was not taken yet, to be applied in its turn."""
        with self._lock:
            self._look()
            events = [event for chunk in self._early for event in chunk.events]
            self._early = []
            if events:
                self._waiting.append(_Waiting(events))
            return events

    def begin(self, events: Sequence[ProcessEvent]) -> None:
        """Take note that a batch is being applied, the first of those taken if it was."""
        if self._waiting and self._waiting[0].events is events:
            self._current = self._waiting.popleft()
        else:
            self._current = _Waiting(events)
        self.position = -1

    def is_taken_again(self, pid: int) -> bool:
        """Whether a pid was given to a new process since."""
        return any(sign.kind is Fork for sign in self._ahead(pid))

    def has_changed(self, pid: int) -> bool:
        """Whether the process with a pid has ended, executed something or been renamed since."""
        return bool(self._ahead(pid))

    def has_ended(self, pid: int) -> bool:
        """Whether the process with a pid has ended since."""
        return any(sign.kind in (Fork, Exit) for sign in self._ahead(pid))

    def last_parent(self, pid: int) -> int | None:
        """The parent that the process with a pid had when it ended; None when it has not, or that was not told."""
        return next((sign.parent_pid or None for sign in self._ahead(pid) if sign.kind is Exit), None)

    def _ahead(self, pid: int) -> list[_Sign]:
        signs = [sign for sign in self._current.about(pid) if sign.position > self.position]
        with self._lock:
            self._look()
            for waiting in (*self._waiting, *self._early):
                signs.extend(waiting.about(pid))
        return signs

    def _look(self) -> None:
        for _ in range(_MOST_LOOKS):
            events = self._read()
            if not events:
                return
            self._early.append(_Waiting(events))
