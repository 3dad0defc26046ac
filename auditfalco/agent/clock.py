"""The kernel's monotonic time, which the process connector stamps its events with, as time since the epoch."""

from __future__ import annotations

import time
from typing import Callable

MEASURE_INTERVAL_NS = 1_000_000_000
"""How often the difference is measured anew: NTP moves the wall clock by at most 0.5 ms in that time (adjtimex(2))."""

CLOCK_SET_NS = 100_000_000
"""A difference that has changed by more was set by somebody."""

_TRIES = 5


class WallClock:
    """Turns CLOCK_MONOTONIC into CLOCK_REALTIME.

    The difference stays the same between two measurements, so that times of one moment keep their order.

    Args:
        measure: gives the difference in nanoseconds.
        monotonic: gives the monotonic time.

    Attributes:
        offset_ns: what to add to a monotonic time.
    """

    def __init__(
        self, measure: Callable[[], int] | None = None, monotonic: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._measure = measure or measured_offset_ns
        self._monotonic = monotonic
        self._measured_ns = monotonic()
        self.offset_ns = self._measure()

    def update(self) -> int:
        """Measure again if it is time to; returns by how much the clock was set, mostly 0."""
        now_ns = self._monotonic()
        if now_ns - self._measured_ns < MEASURE_INTERVAL_NS:
            return 0
        self._measured_ns = now_ns
        before, self.offset_ns = self.offset_ns, self._measure()
        moved = self.offset_ns - before
        return moved if abs(moved) > CLOCK_SET_NS else 0


def measured_offset_ns() -> int:
    """The difference of the two clocks, as of the quickest of a few readings: the reader may be interrupted."""
    readings = []
    for _ in range(_TRIES):
        before = time.monotonic_ns()
        wall = time.time_ns()
        after = time.monotonic_ns()
        readings.append((after - before, wall - (before + after) // 2))
    return min(readings)[1]
