"""How overload shows: what is lost for want of room, and what waits too long.

That processes have waited a moment for room in the kernel's queue is no sign: any burst does that, nothing is lost by
it, and to withdraw rules is to be blind.
"""

from __future__ import annotations

from collections.abc import Callable

from auditfalco.agent.kernel_queue import KernelQueue
from auditfalco.agent.waiting import WaitingBatches

LONG = 0.5
"""Part of the queue's room from which on it is long; opens are shed from there on too."""


class OverloadSigns:
    """Looks for signs of overload.

    Args:
        overruns: how often the receive buffer has overflowed.
        kernel_queue: the kernel's own queue, which is looked at here.
        batches: what waits for the engine.
    """

    def __init__(self, overruns: Callable[[], int], kernel_queue: KernelQueue, batches: WaitingBatches) -> None:
        self._read_overruns = overruns
        self._kernel_queue = kernel_queue
        self._batches = batches
        self._overruns = overruns()
        self._dropped = kernel_queue.dropped
        self._waiting = 0

    def look(self) -> list[str]:
        """What there was since the last look, in words; empty when all is well."""
        overruns, dropped, waiting = self._overruns, self._dropped, self._waiting
        self._overruns = self._read_overruns()
        self._kernel_queue.look()
        self._dropped = self._kernel_queue.dropped
        self._waiting = self._batches.size
        signs = []
        if self._overruns > overruns:
            signs.append("the audit receive buffer overflowed")
        if self._dropped > dropped:
            signs.append("the kernel's audit queue dropped records")
        # A long queue that gets shorter is on its way out.
        if self._waiting >= max(waiting, LONG * self._batches.capacity):
            signs.append("records wait too long to be looked at")
        return signs
