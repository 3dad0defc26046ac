"""What was not delivered: every counter of loss, by the layer that lost it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

LAYERS = {
    "serials": "events missing from the sequence of audit serials",
    "receive_buffer": "times the audit receive buffer overflowed",
    "kernel_queue": "records that the kernel's audit queue dropped",
    "connector": "process events lost",
    "malformed": "records that could not be read",
    "outputs": "alerts that a full output queue dropped or an output refused",
}
"""The layers, from the kernel outwards, and what a count of each means."""


class Losses:
    """Watches counters that only grow and tells what was added since it last looked.

    Args:
        counters: by layer, a function that gives the count now.
    """

    def __init__(self, counters: Mapping[str, Callable[[], int]]) -> None:
        self._counters = counters
        self._base = {layer: read() for layer, read in counters.items()}
        self._told = dict(self._base)

    def totals(self) -> dict[str, int]:
        """The loss of this run by layer."""
        return {layer: read() - self._base[layer] for layer, read in self._counters.items()}

    def news(self) -> dict[str, int]:
        """What was lost since the last call, layers without loss left out."""
        fresh = {}
        for layer, read in self._counters.items():
            now = read()
            if now > self._told[layer]:
                fresh[layer] = now - self._told[layer]
            self._told[layer] = now
        return fresh
