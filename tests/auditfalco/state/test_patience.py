"""Waiting for a container's metadata: bounded for each container, and for all of them together."""

from __future__ import annotations

from auditfalco.state.patience import LONGEST_WAIT_NS, SHARE, Patience

MS = 1_000_000


class Time:
    """A clock that moves when somebody sleeps, or by hand."""

    def __init__(self) -> None:
        self.now_ns = 0

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.now_ns += int(seconds * 1e9)

    def patience(self) -> Patience:
        """Patience by this clock."""
        return Patience(clock=lambda: self.now_ns, sleep=self.sleep)


def never() -> bool:
    return False


def test_what_is_there_soon_is_waited_for() -> None:
    time = Time()
    assert time.patience().until(lambda: time.now_ns >= 30 * MS)
    assert time.now_ns == 30 * MS


def test_what_never_comes_is_given_up() -> None:
    time = Time()
    assert not time.patience().until(never)
    assert LONGEST_WAIT_NS <= time.now_ns < LONGEST_WAIT_NS + 3 * MS


def test_many_containers_do_not_stop_the_pipeline() -> None:
    time = Time()
    patience = time.patience()
    for _ in range(10_000):  # each a millisecond after the one before
        patience.until(never)
        time.now_ns += MS
    assert patience.waited_ns <= 210 * MS + SHARE * time.now_ns
    waited, start = patience.waited_ns, time.now_ns
    time.now_ns += 10_000 * MS
    patience.until(never)
    assert patience.waited_ns - waited >= LONGEST_WAIT_NS
    assert time.now_ns > start


def test_under_load_nothing_is_waited_for() -> None:
    time = Time()
    patience = time.patience()
    patience.in_haste = lambda: True
    assert not patience.until(never)
    assert patience.waited_ns == 0
