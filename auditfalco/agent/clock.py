"""The kernel's monotonic time, which the process connector stamps its events with, as time since the epoch."""

from __future__ import annotations

import time
from typing import Callable

MEASURE_INTERVAL_NS = 1_000_000_000
"""How often the difference is measured anew: NTP moves the wall clock by at most 0.5 ms in that time (adjtimex(2))."""

LARGEST_ERROR_NS = 1_000_000
"""How far the difference in use may be from the present one; beyond, the present one is taken over."""

_TRIES = 5


class WallClock:
    """Turns CLOCK_MONOTONIC into CLOCK_REALTIME.

    Times of one moment must keep their order, so the difference stays the same as long as it can; whoever remembers
    times moves them when it does not.

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
        """Measure again if it is time to; returns by how much the difference in use has changed, mostly 0."""
        now_ns = self._monotonic()
        if now_ns - self._measured_ns < MEASURE_INTERVAL_NS:
            return 0
        self._measured_ns = now_ns
        moved = self._measure() - self.offset_ns
        if abs(moved) <= LARGEST_ERROR_NS:
            return 0
        self.offset_ns += moved
        return moved


def measured_offset_ns() -> int:
    """The difference of the two clocks, as of the quickest of a few readings: the reader may be interrupted."""
    readings = []
    for _ in range(_TRIES):
        before = time.monotonic_ns()
        wall = time.time_ns()
        after = time.monotonic_ns()
        readings.append((after - before, wall - (before + after) // 2))
    return min(readings)[1]
