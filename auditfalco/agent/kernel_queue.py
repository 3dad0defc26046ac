"""What the kernel's own audit queue has dropped, told apart from what only an audit daemon did not get.

The kernel has one counter for everything that it could not pass on (`lost`, kernel/audit.c): records for which its
queue was full or which exceeded the rate limit, and also records that it kept for an audit daemon that is absent or
slow. The latter were multicast like all others. With `audit=1` on the kernel's command line and no daemon, that is
every record from some thousands on.

A full queue first holds up the process that adds to it, which the kernel counts as well. So where it may do that
(`backlog_wait_time` is not 0), and has not done it, nothing was dropped for want of room.
"""

from __future__ import annotations

from collections.abc import Callable

from kernel_sources.audit.status import AuditStatus
from kernel_sources.errors import KernelSourceError


class KernelQueue:
    """Counts the records that the kernel's audit queue dropped.

    Args:
        status: asks the kernel; None without the right to.

    Attributes:
        dropped: records dropped, as far as it was looked.
    """

    def __init__(self, status: Callable[[], AuditStatus | None]) -> None:
        self._status = status
        self.dropped = 0
        self._before = status()

    def look(self) -> None:
        """Ask the kernel; to be done often, for only what two answers have between them can be told apart.

        The kernel may be busy with audit rules and let wait for its answer. When none comes, the next one tells all.
        """
        try:
            now = self._status()
        except (KernelSourceError, OSError):
            return
        before, self._before = self._before, now
        if before is not None and now is not None and now.lost > before.lost and not _kept_for_a_daemon(before, now):
            self.dropped += now.lost - before.lost


def _kept_for_a_daemon(before: AuditStatus, now: AuditStatus) -> bool:
    """Whether what was lost between two moments was multicast all the same."""
    if now.rate_limit or not now.backlog_wait_time or now.backlog_wait_time_actual is None:
        return False
    return now.backlog_wait_time_actual == before.backlog_wait_time_actual
