"""How much time may be spent on looking at things again that may have changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SHARE = 0.1
"""Part of the time that looks may take."""

MOST_SAVED_NS = 100_000_000
"""The most that is saved up while nothing is looked at."""


class Effort:
    """A budget of time that grows with time: looks are free until somebody forces too many of them.

    Attributes:
        refused: looks that there was no time for.
    """

    def __init__(self, clock: Callable[[], int] = time.monotonic_ns) -> None:
        """Start with the most that can be saved up; `clock` gives nanoseconds that only grow."""
        self._clock = clock
        self._saved_ns = float(MOST_SAVED_NS)
        self._last_ns = clock()
        self.refused = 0

    def allows(self) -> bool:
        """Whether there is time for a look; a refusal is counted."""
        now = self._clock()
        self._saved_ns = min(MOST_SAVED_NS, self._saved_ns + (now - self._last_ns) * SHARE)
        self._last_ns = now
        if self._saved_ns > 0:
            return True
        self.refused += 1
        return False

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Take the time of a look from what is saved."""
        started = self._clock()
        yield
        self._saved_ns -= self._clock() - started
