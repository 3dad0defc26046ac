"""What the agent does every now and then, beside handling events."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class _Round:
    every: float
    do: Callable[[], None]
    due: float


class Rounds:
    """Duties at intervals, done in the thread that asks.

    Args:
        clock: monotonic time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rounds: list[_Round] = []

    def every(self, seconds: float, do: Callable[[], None]) -> None:
        """Do something every so many seconds, for the first time after the first of these spans."""
        self._rounds.append(_Round(seconds, do, self._clock() + seconds))

    def go(self) -> None:
        """Do what is due. What is long overdue is done once."""
        now = self._clock()
        for one in self._rounds:
            if one.due <= now:
                one.due = now + one.every
                one.do()
