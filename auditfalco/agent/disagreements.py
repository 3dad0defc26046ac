"""Where audit and fanotify do not tell the same of an open: counted, and told where audit should have seen it."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable

from auditfalco.agent.internal import InternalAlerts
from auditfalco.coverage.asked_for import Opened, asks_for, keeps_quiet
from auditfalco.model.event import Event
from auditfalco.normalise.sightings import OPENS, Sighting
from kernel_sources.audit.rule import AuditRule

UNSEEN_BY_AUDIT = "auditfalco internal: open unseen by audit"

WAIT_SECONDS = 3.0
"""How long records may still come that tell of it after all."""

TELL_SECONDS = 30.0
"""Between two alerts; what is found meanwhile is counted in the next."""

MOST_WAITING = 1024


class Disagreements:
    """Compares the two sensors.

    Args:
        in_force: the audit rules of ours that the kernel has.
        is_marked: whether a file is marked, by device and inode.
        excused: why audit may have missed something that it was asked for, as a count that grows: losses, shedding.
        uses_rings: whether a process uses io_uring, whose records may come when io_uring_enter returns.
        internal: raises alerts.
        clock: monotonic time in seconds.

    Attributes:
        unseen_by_fanotify: opens of marked files that audit told and fanotify did not; one with O_PATH is none to it.
        unseen_by_audit: opens that audit was asked for and fanotify alone told.
    """

    def __init__(
        self,
        in_force: Callable[[], Iterable[AuditRule]],
        is_marked: Callable[[tuple[int, int]], bool],
        excused: Callable[[], int],
        uses_rings: Callable[[int], bool],
        internal: InternalAlerts,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.unseen_by_fanotify = 0
        self.unseen_by_audit = 0
        self._in_force = in_force
        self._is_marked = is_marked
        self._excused = excused
        self._uses_rings = uses_rings
        self._internal = internal
        self._clock = clock
        self._waiting: deque[tuple[float, int, Sighting]] = deque(maxlen=MOST_WAITING)
        self._told_at = -TELL_SECONDS
        self._untold = 0

    def audit_alone(self, event: Event) -> None:
        """An open that audit has told and fanotify had not by then."""
        descriptor = event.descriptor
        if event.type not in OPENS or descriptor is None or event.fd_number in (None, -1) or event.io_uring:
            return
        if descriptor.device is None or descriptor.inode is None:
            return
        major, minor = descriptor.device
        if self._is_marked((os.makedev(major, minor), descriptor.inode)):
            self.unseen_by_fanotify += 1

    def fanotify_alone(self, sighting: Sighting) -> None:
        """An open that fanotify has told and audit had not by then."""
        process = sighting.process
        opened = Opened(process.pid, process.login_uid, str(sighting.path), sighting.device)
        rules = tuple(self._in_force())
        if any(keeps_quiet(rule, process.image.exe_path) for rule in rules):
            return
        if any(asks_for(rule, opened) for rule in rules) and not self._uses_rings(process.pid):
            self._waiting.append((self._clock() + WAIT_SECONDS, self._excused(), sighting))

    def look(self) -> None:
        """Tell what audit has not told by now; to be called now and then."""
        now = self._clock()
        while self._waiting and self._waiting[0][0] <= now:
            _, excused, sighting = self._waiting.popleft()
            if sighting.confirmed or sighting.io_uring:
                continue
            self.unseen_by_audit += 1
            self._untold += 1
            if self._excused() == excused and now - self._told_at >= TELL_SECONDS:
                self._told_at = now
                self._tell(sighting)

    def summary(self) -> list[str]:
        """What there was in the whole run, a line each; nothing where the sensors agreed."""
        counts = {
            "opens that audit was asked for and fanotify alone saw": self.unseen_by_audit,
            "opens of marked files that audit alone saw (with O_PATH, or between two looks at the names)": (
                self.unseen_by_fanotify
            ),
        }
        return [f"{count} {meaning}" for meaning, count in counts.items() if count]

    def _tell(self, sighting: Sighting) -> None:
        process = sighting.process
        count, self._untold = self._untold, 0
        self._internal.tell(
            UNSEEN_BY_AUDIT,
            "Warning",
            "A process opened a file, which audit was asked to record and did not: it may have no audit context, or a"
            " filter hides it",
            {
                "fd.name": str(sighting.path),
                "proc.pid": process.pid,
                "proc.name": process.name,
                "user.loginuid": process.login_uid,
                "opens": count,
            },
            sighting.since_ns,
        )
