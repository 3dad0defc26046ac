"""Gaps in the serial numbers of audit events: records that were sent and never arrived.

The kernel numbers events one by one (``audit_serial()`` in kernel/audit.c), and every number leads to at least one
record: a number that never shows up is an event lost. Numbers arrive nearly in order, for processors race to queue
their records; so a missing number counts as lost only when it has stayed away for a while.

A number is taken when the first record of an event is begun, after the exclude list and the queue were looked at. So
neither excluded records nor what a full queue turns away leave a gap; messages of processes have numbers and arrive
like all others. What the kernel drops by its rate limit has a number and does leave one, beside the kernel's own count
of records. All of this was seen on Linux 6.18: no gap while idle, under load and with every record of an event
excluded; and with a rate limit one that fits the kernel's count.

The daemon's own messages (1200 to 1299) carry numbers of the daemon's and are not to be shown to a tracker.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

MODULUS = 1 << 32
"""Serials are 32-bit numbers that wrap around."""

REORDER_WINDOW = 4096
"""How far behind the newest a serial may be and still be a late one; further back means that the host was restarted."""

PLAUSIBLE_GAP = 1 << 24
"""More events than this cannot be lost at once; such a jump is a restart or another host."""

RESTART_MS = 5000
"""A serial that goes back while the time goes forward by this much means that the host was restarted.

A late record has an older time than those that overtook it; a boot takes longer than this.
"""

MAX_PENDING = 256
"""Gaps watched at a time; the oldest is given up for lost when there are more."""


@dataclass(frozen=True)
class Loss:
    """Events that were sent and not received.

    Attributes:
        node: the host they happened on; empty when the records name none.
        first: the first serial that is missing.
        count: how many serials in a row are missing.
        after_ns: time of the newest event before the gap, nanoseconds since the epoch.
        before_ns: time of the event after the gap.
    """

    node: str
    first: int
    count: int
    after_ns: int
    before_ns: int


@dataclass
class _Gap:
    loss: Loss
    noticed_at: float
    noticed_clock: int


class SerialTracker:
    """Watches the serials of one node.

    Attributes:
        duplicates: serials seen again although their event had been closed.
        restarts: how often the numbering began anew.
    """

    def __init__(self, node: str) -> None:
        self.duplicates = 0
        self.restarts = 0
        self._node = node
        self._newest = -1
        self._time_ms = 0
        self._gaps: deque[_Gap] = deque()

    @property
    def missing(self) -> int:
        """Serials that are missing and may still come."""
        return sum(gap.loss.count for gap in self._gaps)

    def observe(self, serial: int, time_ms: int, now: float, clock: int) -> list[Loss]:
        """Take note of the serial of an event that begins.

        Args:
            serial: 0 to 2^32 - 1.
            time_ms: the event's own time, milliseconds since the epoch.
            now: wall clock or monotonic clock, seconds.
            clock: newest time seen in the records, milliseconds since the epoch.

        Returns:
            Losses that became certain by it: those pending when the host was restarted, or too many to watch.
        """
        certain: list[Loss] = []
        ahead = (serial - self._newest) % MODULUS
        if ahead == 1 or self._newest < 0:
            self._newest = serial
        elif ahead == 0:
            self.duplicates += 1
        elif ahead <= PLAUSIBLE_GAP:
            certain = self._open_gap(ahead - 1, time_ms, now, clock)
            self._newest = serial
        elif not self._fill(serial):
            if MODULUS - ahead > REORDER_WINDOW or time_ms > self._time_ms + RESTART_MS:
                certain = self.restart(serial, time_ms)
            else:
                self.duplicates += 1
        self._time_ms = max(self._time_ms, time_ms)
        return certain

    def restart(self, serial: int, time_ms: int) -> list[Loss]:
        """Begin anew at a serial, for the host was booted; what was still missing before is lost."""
        self.restarts += 1
        self._newest = serial
        self._time_ms = time_ms
        return self.close()

    def expire(self, now: float, clock: int, seconds: float) -> list[Loss]:
        """Return the gaps that have not been filled within ``seconds`` of either clock."""
        certain = []
        while self._gaps:
            gap = self._gaps[0]
            if now - gap.noticed_at <= seconds and clock - gap.noticed_clock <= seconds * 1000:
                break
            certain.append(self._gaps.popleft().loss)
        return certain

    def close(self) -> list[Loss]:
        """Return every gap that is still open."""
        certain = [gap.loss for gap in self._gaps]
        self._gaps.clear()
        return certain

    def _open_gap(self, count: int, time_ms: int, now: float, clock: int) -> list[Loss]:
        first = (self._newest + 1) % MODULUS
        loss = Loss(self._node, first, count, self._time_ms * 1_000_000, time_ms * 1_000_000)
        self._gaps.append(_Gap(loss, now, clock))
        return [self._gaps.popleft().loss] if len(self._gaps) > MAX_PENDING else []

    def _fill(self, serial: int) -> bool:
        """Take a late serial out of the gap it was missing from; tell whether there was one."""
        for index, gap in enumerate(self._gaps):
            loss = gap.loss
            offset = (serial - loss.first) % MODULUS
            if offset < loss.count:
                del self._gaps[index]
                rest = loss.count - offset - 1
                for first, count in ((serial + 1, rest), (loss.first, offset)):
                    if count:
                        part = Loss(loss.node, first % MODULUS, count, loss.after_ns, loss.before_ns)
                        self._gaps.insert(index, _Gap(part, gap.noticed_at, gap.noticed_clock))
                return True
        return False
