"""What was read and waits for the engine: a queue that is bounded by what it holds, not by how it came."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from auditfalco.model.admission import Admission
from kernel_sources.connector import ProcessEvent
from kernel_sources.fanotify import FileEvent

CAPACITY = 131_072
"""Records, process events and file events that may wait. More than a second of the busiest host, some 50 MB."""


class Batch(NamedTuple):
    """What was readable at one moment.

    `process_events` were all sent by the kernel before the last of `records` could be read: they are to be applied
    first. `records` are (type, text) pairs, a stub in the place of an event that was shed (see agent.shedding).
    `mounts_changed` says that the mount table is not what it was, `events_lost` that process events are missing.
    `file_events` were read after `records`, which the kernel writes at the end of the calls in which those come: of a
    record that is here, the file event is here or was in an earlier batch. The same holds for `admissions`, what the
    gate has seen of execs.
    """

    process_events: list[ProcessEvent]
    records: list[tuple[int, bytes]]
    mounts_changed: bool
    events_lost: bool = False
    file_events: Sequence[FileEvent] = ()
    admissions: Sequence[Admission] = ()

    @property
    def size(self) -> int:
        """How much room it takes; an empty one takes some too."""
        return len(self.process_events) + len(self.records) + len(self.file_events) + len(self.admissions) + 1


class WaitingBatches:
    """Batches in order, from one thread to another.

    Args:
        capacity: how much may wait; who adds more is held up.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.capacity = capacity
        self._batches: deque[Batch] = deque()
        self._size = 0
        self._changed = threading.Condition()

    @property
    def size(self) -> int:
        """How much waits."""
        return self._size

    def qsize(self) -> int:
        """How many batches wait."""
        return len(self._batches)

    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self._batches

    def put(self, batch: Batch) -> None:
        """Add a batch, once there is room."""
        with self._changed:
            while self._size >= self.capacity:
                self._changed.wait()
            self._batches.append(batch)
            self._size += batch.size
            self._changed.notify_all()

    def get(self, timeout: float = 0.0) -> Batch:
        """Take the first batch, waiting for one for some seconds.

        Raises:
            queue.Empty: none came.
        """
        with self._changed:
            if not self._batches and not self._changed.wait_for(lambda: self._batches, timeout):
                raise queue.Empty
            batch = self._batches.popleft()
            self._size -= batch.size
            self._changed.notify_all()
            return batch
