"""The connector's times as wall clock times: in order within a second, and after somebody sets the clock."""

from __future__ import annotations

import time

from auditfalco.agent.clock import LARGEST_ERROR_NS, MEASURE_INTERVAL_NS, WallClock, measured_offset_ns


class MadeUpClocks:
    """Two clocks that the test sets."""

    def __init__(self) -> None:
        self.offset, self.now = 1000, 0
        self.clock = WallClock(lambda: self.offset, lambda: self.now)

    def after(self, passed_ns: int, moved_ns: int) -> tuple[int, int]:
        """What an update says and the offset then, after some time in which the wall clock moved."""
        self.now += passed_ns
        self.offset += moved_ns
        return self.clock.update(), self.clock.offset_ns


def test_the_offset_stays_for_a_while() -> None:
    assert MadeUpClocks().after(MEASURE_INTERVAL_NS - 1, 7) == (0, 1000)


def test_small_differences_change_nothing_until_they_add_up() -> None:
    clocks = MadeUpClocks()
    assert clocks.after(MEASURE_INTERVAL_NS, LARGEST_ERROR_NS - 5) == (0, 1000)
    assert clocks.after(MEASURE_INTERVAL_NS, 6) == (LARGEST_ERROR_NS + 1, 1001 + LARGEST_ERROR_NS)


def test_a_clock_that_has_moved_is_told() -> None:
    for moved in (LARGEST_ERROR_NS + 1, -LARGEST_ERROR_NS - 1):
        assert MadeUpClocks().after(MEASURE_INTERVAL_NS, moved) == (moved, 1000 + moved)


def test_the_two_clocks_of_this_machine() -> None:
    assert abs(time.monotonic_ns() + measured_offset_ns() - time.time_ns()) < 10**9
