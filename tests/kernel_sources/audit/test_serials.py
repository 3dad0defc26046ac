"""Gaps in serial numbers: what is late, what is lost, what is another boot."""

from __future__ import annotations

from kernel_sources.audit.serials import MAX_PENDING, MODULUS, PLAUSIBLE_GAP, Loss, SerialTracker


def observe(tracker: SerialTracker, *serials: int, time_ms: int = 0, now: float = 0.0) -> list[Loss]:
    return [loss for serial in serials for loss in tracker.observe(serial, time_ms, now, time_ms)]


def spans(losses: list[Loss]) -> list[tuple[int, int]]:
    return [(loss.first, loss.count) for loss in losses]


def test_the_first_serial_may_be_any() -> None:
    tracker = SerialTracker("")
    assert observe(tracker, 123456, 123457) == []
    assert tracker.close() == []


def test_late_serials_fill_their_gap_whatever_their_order() -> None:
    tracker = SerialTracker("")
    assert observe(tracker, 1, 6, 4, 2, 5, 3) == []
    assert tracker.close() == []
    assert tracker.duplicates == 0


def test_a_gap_is_split_by_what_arrives() -> None:
    tracker = SerialTracker("web")
    observe(tracker, 10, 20, time_ms=1000)
    observe(tracker, 15, 11, 19, time_ms=1000)
    losses = tracker.close()
    assert spans(losses) == [(12, 3), (16, 3)]
    assert {(loss.node, loss.after_ns, loss.before_ns) for loss in losses} == {("web", 10**9, 10**9)}


def test_a_gap_expires_by_either_clock() -> None:
    for now, clock in ((2.5, 0), (0.0, 2500)):
        tracker = SerialTracker("")
        observe(tracker, 1, 3)
        assert tracker.expire(2.0, 2000, 2.0) == []
        assert spans(tracker.expire(now, clock, 2.0)) == [(2, 1)]
        assert tracker.close() == []


def test_what_comes_after_its_gap_expired_is_a_duplicate() -> None:
    tracker = SerialTracker("")
    observe(tracker, 1, 3)
    tracker.expire(9.0, 0, 2.0)
    assert observe(tracker, 2) == []
    assert tracker.duplicates == 1


def test_the_numbers_wrap_around() -> None:
    tracker = SerialTracker("")
    observe(tracker, MODULUS - 2, MODULUS - 1, 0, 1, 3)
    assert spans(tracker.close()) == [(2, 1)]


def test_a_gap_may_lie_across_the_wrap() -> None:
    tracker = SerialTracker("")
    observe(tracker, MODULUS - 2, 2, 0)
    assert spans(tracker.close()) == [(MODULUS - 1, 1), (1, 1)]
    assert tracker.restarts == 0


def test_far_back_is_another_boot_and_no_loss() -> None:
    tracker = SerialTracker("")
    assert observe(tracker, 3_000_000_000, 1, 2) == []
    assert (tracker.restarts, tracker.close()) == (1, [])


def test_a_little_back_with_the_time_well_ahead_is_another_boot() -> None:
    tracker = SerialTracker("")
    observe(tracker, 300, time_ms=1000)
    observe(tracker, 1, 2, 3, time_ms=61_000)
    assert (tracker.restarts, tracker.duplicates, tracker.close()) == (1, 0, [])


def test_a_little_back_is_a_repetition() -> None:
    tracker = SerialTracker("")
    observe(tracker, 300, 299, 300)
    assert (tracker.restarts, tracker.duplicates, tracker.close()) == (0, 2, [])


def test_a_jump_beyond_reason_is_another_boot() -> None:
    tracker = SerialTracker("")
    assert observe(tracker, 1, PLAUSIBLE_GAP + 3) == []
    assert (tracker.restarts, tracker.close()) == (1, [])


def test_what_was_missing_at_a_restart_is_lost() -> None:
    tracker = SerialTracker("")
    observe(tracker, 100_000, 100_005)
    assert spans(observe(tracker, 1)) == [(100_001, 4)]


def test_gaps_that_are_watched_are_bounded() -> None:
    tracker = SerialTracker("")
    losses = observe(tracker, *range(0, 2 * (MAX_PENDING + 10) + 1, 2))
    assert spans(losses) == [(serial, 1) for serial in range(1, 20, 2)]
    assert len(tracker.close()) == MAX_PENDING
