"""Opens as two sensors tell them: fanotify, which says at once which file, and audit, which says how it was named.

The kernel queues an open's fanotify event within the call and its audit records at the call's end, or of io_uring even
later. So what fanotify has seen waits a moment for the records: if they come, both have told of one event; if not, it
is an event by itself, and records that come later still are about what has been told.

fanotify merges what one process does to one file while its events wait: a sighting stands for all opens up to the time
at which it was read.
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import replace
from typing import Callable

from auditfalco.model.descriptor import Descriptor
from auditfalco.model.event import Event
from auditfalco.model.names import Names, named
from auditfalco.model.process import Process
from kernel_sources.fanotify import CLOSE_NOWRITE, CLOSE_WRITE, OPEN_EXEC, FileEvent

HOLD_SECONDS = 0.15
"""How long a sighting waits for the records."""

KEPT_SECONDS = 60.0
"""How long it is remembered, for records that come late: those of io_uring_enter come when it returns."""

MOST_SIGHTINGS = 8192
"""Files of processes that are remembered; the oldest are forgotten beyond, and told if they still waited."""

NEAR_NS = 1_000_000_000
"""How far an io_uring operation of which no record tells the file may be from the sighting that does."""

TICK_NS = 10_000_000
"""By how much a record's coarse time may be later than that of a sighting of the same call."""

OPENS = frozenset({"open", "openat", "openat2", "creat", "open_by_handle_at"})
BOTH = ("audit", "fanotify")

_DELETED = " (deleted)"
_Key = tuple[Process, int, tuple[int, int]]


class Sighting:
    """What fanotify has seen one process do to one file.

    `since_ns` and `until_ns` are when the first and the last of it were read, `mask` is all of it, `open_flags` are the
    `O_*` bits of the descriptors that the process had on the file then. `confirmed` says that records tell of it too,
    `told` that it was an event by itself, `io_uring` that an operation did it.
    """

    __slots__ = (
        "confirmed",
        "device",
        "file_type",
        "inode",
        "io_uring",
        "kept_until",
        "mask",
        "open_flags",
        "path",
        "process",
        "since_ns",
        "told",
        "until_ns",
    )

    def __init__(self, process: Process, event: FileEvent, kept_until: float, also: str | None = None) -> None:
        self.process = process
        self.device = (os.major(event.device), os.minor(event.device))
        self.inode = event.inode
        self.file_type = event.mode & 0o170000
        path = event.path[: -len(_DELETED)] if event.path.endswith(_DELETED) else event.path
        self.path = named(path, (also,))
        self.since_ns = self.until_ns = event.time_ns
        self.mask = event.mask
        self.open_flags: frozenset[int] = frozenset(event.open_flags or ())
        self.kept_until = kept_until
        self.confirmed = False
        self.told = False
        self.io_uring = False

    @property
    def sources(self) -> tuple[str, ...]:
        """The sensors that tell of it."""
        return BOTH if self.io_uring or self.confirmed else ("fanotify",)

    @property
    def writes(self) -> bool | None:
        """Whether it was open for writing, as its closing tells; None while it was not closed."""
        if self.mask & CLOSE_WRITE:
            return True
        return False if self.mask & CLOSE_NOWRITE else None

    def add(self, event: FileEvent) -> None:
        """The process has done more to the file."""
        self.mask |= event.mask
        self.until_ns = event.time_ns
        self.open_flags |= frozenset(event.open_flags or ())


class Sightings:
    """Brings what fanotify sees and what records tell together.

    Args:
        clock: monotonic time in seconds.

    Attributes:
        evictions: sightings forgotten for want of room.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.evictions = 0
        self._clock = clock
        self._kept: OrderedDict[_Key, Sighting] = OrderedDict()
        self._waiting: deque[tuple[float, Sighting]] = deque()

    def saw(self, process: Process, event: FileEvent, also: str | None = None) -> None:
        """Take in a file event of a process. Files that are executed are no opens of Falco's.

        Args:
            process: who did it.
            event: what.
            also: another name of the file, by which rules know it.
        """
        now = self._clock()
        key = _key(process, event)
        known = self._kept.get(key)
        if not event.opened:
            if known is not None:
                known.add(event)
            return
        if event.mask & OPEN_EXEC:
            return
        if known is not None and not (known.told or known.confirmed):
            known.add(event)
            return
        if known is not None:
            del self._kept[key]
        self._kept[key] = sighting = Sighting(process, event, now + KEPT_SECONDS, also)
        self._waiting.append((now + HOLD_SECONDS, sighting))

    def admits(self, event: Event) -> bool:
        """Whether an event that records tell is to go on: not if it was one already, by fanotify alone.

        An open that fanotify has seen too says so from now on, and has fanotify's name for it as well.
        """
        descriptor, process = event.descriptor, event.process
        if event.type not in OPENS or descriptor is None or process is None or event.fd_number in (None, -1):
            return True
        sighting = self._of(process, descriptor, event)
        if sighting is None:
            return True
        if descriptor.inode is None:
            sighting.io_uring = True  # it knows the file, and the records do not: it is told, now or at its time
            return False
        sighting.confirmed = True
        if sighting.told:
            return False
        sighting.io_uring = sighting.io_uring or event.io_uring
        event.sources = BOTH
        event.descriptor = replace(descriptor, name=_joined(descriptor.name, sighting.path))
        return True

    def due(self) -> Iterator[Sighting]:
        """What has waited long enough, and nobody else has told of."""
        now = self._clock()
        while self._waiting and (self._waiting[0][0] <= now or len(self._kept) > MOST_SIGHTINGS):
            yield from self._tell(self._waiting.popleft()[1])
        while self._kept:
            oldest = next(iter(self._kept.values()))
            if len(self._kept) <= MOST_SIGHTINGS and oldest.kept_until > now:
                return
            self.evictions += oldest.kept_until > now
            self._kept.popitem(last=False)

    def close(self) -> Iterator[Sighting]:
        """What still waits, at the end."""
        while self._waiting:
            yield from self._tell(self._waiting.popleft()[1])

    def _tell(self, sighting: Sighting) -> Iterator[Sighting]:
        if not sighting.confirmed:
            sighting.told = True
            yield sighting

    def _of(self, process: Process, descriptor: Descriptor, event: Event) -> Sighting | None:
        """The sighting of what an event of the records is about; None when there is none."""
        if descriptor.inode is not None:
            device = descriptor.device or (0, 0)
            found = self._kept.get((process, descriptor.inode, _told_apart(device)))
            return found if found is not None and event.time_ns <= found.until_ns + TICK_NS else None
        if not event.io_uring:
            return None
        own = [one for one in self._kept.values() if one.process is process]
        if descriptor.name is not None:
            names = _all(descriptor.name)
            return next((one for one in own if any(path in names for path in _all(one.path))), None)
        near = (one for one in own if not one.confirmed and not one.io_uring)
        return next((one for one in near if abs(one.since_ns - event.time_ns) < NEAR_NS), None)


def _key(process: Process, event: FileEvent) -> _Key:
    device = (os.major(event.device), os.minor(event.device))
    return process, event.inode, _told_apart(device)


def _told_apart(device: tuple[int, int]) -> tuple[int, int]:
    """A device as far as stat(2) and records agree on it: overlays and btrfs give files devices of their own."""
    return (0, 0) if device[0] == 0 else device


def _joined(name: str | None, seen: str) -> str | None:
    """A name from records and those that fanotify gives, which count as well where they are others."""
    if name is None:
        return seen
    names = name if isinstance(name, Names) else Names(name)
    others = [one for one in _all(seen) if one not in names.all and one.startswith("/")]
    return named(str(name), (*names.also, *others), names.trusted) if others else name


def _all(name: str) -> tuple[str, ...]:
    return name.all if isinstance(name, Names) else (name,)
