"""How long events may wait for the metadata of a container that is new."""

from __future__ import annotations

import time
from collections.abc import Callable

LONGEST_WAIT_NS = 50_000_000
"""For one container, at its first event."""

SHARE = 0.1
"""Part of the time that may be spent waiting, however many containers there are."""

_STEP_NS = 2_000_000
_SAVED_NS = 200_000_000
"""The most time that can be saved up while nothing is waited for."""


class Patience:
    """Waits until something is there, within a budget that grows with time.

    Attributes:
        waited_ns: time spent waiting so far.
    """

    def __init__(
        self,
        clock: Callable[[], int] = time.monotonic_ns,
        sleep: Callable[[float], object] = time.sleep,
        in_haste: Callable[[], bool] = lambda: False,
    ) -> None:
        """Start with the most that can be saved up.

        Args:
            clock: nanoseconds that only grow.
            sleep: waits for seconds.
            in_haste: whether events are waiting to be handled, so that there is no time.
        """
        self._clock = clock
        self._sleep = sleep
        self.in_haste = in_haste
        self._saved_ns = _SAVED_NS
        self._last_ns = clock()
        self.waited_ns = 0

    def until(self, is_there: Callable[[], bool]) -> bool:
        """Ask every 2 ms whether it is there, for LONGEST_WAIT_NS at most; return the last answer."""
        started = self._clock()
        self._saved_ns = min(_SAVED_NS, self._saved_ns + int((started - self._last_ns) * SHARE))
        end = started + min(LONGEST_WAIT_NS, self._saved_ns)
        now = started
        found = False
        while not found and now < end and not self.in_haste():
            self._sleep(_STEP_NS / 1e9)
            found = is_there()
            now = self._clock()
        self._last_ns = now
        self._saved_ns -= now - started
        self.waited_ns += now - started
        return found
