"""Process events that were read and not applied yet: whose /proc shows a later state than the tables are at.

The engine may be behind the kernel by as long as a burst lasts. What /proc shows of a process that has executed or
ended in the meantime is not what the tables ask for, and a pid may be another process's. The reader knows that first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from kernel_sources.connector import Comm, Exec, Exit, Fork, ProcessEvent


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
    """The events that wait. One thread reads them, another applies them and asks.

    Attributes:
        position: of the event in the batch in work that is being applied.
    """

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._current = _Waiting(())
        self.position = 0

    def read(self, events: Sequence[ProcessEvent]) -> None:
        """Take note of a batch that was read."""
        self._waiting.append(_Waiting(events))

    def begin(self, events: Sequence[ProcessEvent]) -> None:
        """Take note that a batch is being applied, the first of those read if it was."""
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
        for waiting in list(self._waiting):
            signs.extend(waiting.about(pid))
        return signs
