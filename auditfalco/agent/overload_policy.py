"""When audit rules of little worth are withdrawn under overload, and when they are asked for again.

A step at a time: while overload lasts the next class is withdrawn every second; when there was none for a calm span,
the class withdrawn last is asked for again. Whether an overload has ended cannot be seen while what caused it is not
recorded: so coming back is a trial, and when it fails at once, the next one waits twice as long.
"""

from __future__ import annotations

from collections.abc import Sequence

STEP_SECONDS = 1.0
"""From one class to the next: what was on its way when the last one was withdrawn has arrived by then."""

FIRST_CALM_SECONDS = 10.0
LONGEST_CALM_SECONDS = 320.0


class Withdrawal:
    """Decides which classes are withdrawn.

    Attributes:
        below: planned rules of less worth than this are to be withheld; 0 withholds none.
        calm_seconds: the span after which a class is asked for again.
    """

    def __init__(self) -> None:
        self.below = 0
        self.calm_seconds = FIRST_CALM_SECONDS
        self._stepped_at = float("-inf")
        self._overloaded_at = float("-inf")
        self._given_back_at = float("-inf")

    def decide(self, now: float, overloaded: bool, worths: Sequence[int]) -> bool:
        """Take note of how it is at a moment; tells whether `below` has changed.

        Args:
            now: monotonic seconds.
            overloaded: whether there was a sign of overload since the last call.
            worths: of the planned rules that may be withdrawn.
        """
        before = self.below
        if overloaded:
            self._overloaded_at = now
            if now - self._stepped_at >= STEP_SECONDS:
                self._step_up(now, sorted(worths))
        elif self.below and now - max(self._overloaded_at, self._stepped_at) >= self.calm_seconds:
            # The class below the last one, or none.
            self.below = max((worth + 1 for worth in worths if worth + 1 < self.below), default=0)
            self._stepped_at = self._given_back_at = now
        elif not self.below and now - max(self._overloaded_at, self._given_back_at) >= self.calm_seconds:
            self.calm_seconds = FIRST_CALM_SECONDS
        return self.below != before

    def _step_up(self, now: float, worths: Sequence[int]) -> None:
        further = next((worth for worth in worths if worth >= self.below), None)
        if further is None:
            return
        if now - self._given_back_at < self.calm_seconds:
            self.calm_seconds = min(2 * self.calm_seconds, LONGEST_CALM_SECONDS)
            self._given_back_at = float("-inf")  # one failure counts once
        self.below = further + 1
        self._stepped_at = now
