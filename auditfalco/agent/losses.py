"""What was not delivered: every counter of loss, by the layer that lost it, with the time in which it was lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

LAYERS = {
    "serials": "events missing from the sequence of audit serials",
    "partial": "events that came without their first or last records",
    "receive_buffer": "times the audit receive buffer overflowed",
    "kernel_queue": "records that the kernel's audit queue or rate limit dropped",
    "connector": "process events lost",
    "fanotify": "times the queue of file events overflowed, and file events that could not be read",
    "malformed": "records that could not be read",
    "shed": "events of little worth that were given up unread, for the engine could not keep up",
    "outputs": "alerts that a full output queue dropped or an output refused",
}
"""The layers, from the kernel outwards, and what a count of each means."""

EVENT_LAYERS = frozenset({"serials", "partial", "kernel_queue", "connector", "shed"})
"""Layers whose count is one of events, or near it: what the kernel's queue drops is mostly the first record of one."""


class Window(NamedTuple):
    """When something was lost, in nanoseconds since the epoch: not before `since_ns`, not after `until_ns`."""

    since_ns: int
    until_ns: int

    def joined(self, other: Window) -> Window:
        """The window around both."""
        return Window(min(self.since_ns, other.since_ns), max(self.until_ns, other.until_ns))


@dataclass(frozen=True)
class LayerLoss:
    """What one layer has lost, and when."""

    layer: str
    count: int
    window: Window

    def joined(self, other: LayerLoss) -> LayerLoss:
        """This loss and a later one of the same layer."""
        return LayerLoss(self.layer, self.count + other.count, self.window.joined(other.window))


class Losses:
    """Watches counters that only grow and tells what was added since it last looked.

    The window of a loss is the time between two looks, but for layers that know it better.

    Args:
        counters: by layer, a function that gives the count now.
        windows: by layer, a function that gives the windows of what was lost since it was asked last.
        clock: nanoseconds since the epoch.
    """

    def __init__(
        self,
        counters: Mapping[str, Callable[[], int]],
        windows: Mapping[str, Callable[[], Iterable[Window]]],
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._counters = counters
        self._windows = windows
        self._clock = clock
        self._base = {layer: read() for layer, read in counters.items()}
        self._seen = dict(self._base)
        self._looked_ns = clock()
        self._all: dict[str, LayerLoss] = {}

    def totals(self) -> tuple[LayerLoss, ...]:
        """All that has been told in this run, by layer."""
        return tuple(self._all.values())

    def news(self) -> tuple[LayerLoss, ...]:
        """What was lost since the last call, layers without loss left out."""
        now_ns = self._clock()
        window = Window(min(self._looked_ns, now_ns), now_ns)  # the wall clock may have been set back
        self._looked_ns = now_ns
        fresh = []
        for layer, read in self._counters.items():
            before, self._seen[layer] = self._seen[layer], read()
            if self._seen[layer] > before:
                known = self._windows[layer]() if layer in self._windows else ()
                fresh.append(LayerLoss(layer, self._seen[layer] - before, around(known) or window))
        for one in fresh:
            self._all[one.layer] = self._all[one.layer].joined(one) if one.layer in self._all else one
        return tuple(fresh)


def around(windows: Iterable[Window]) -> Window | None:
    """The window around some; None when there are none."""
    found = list(windows)
    return reduce(Window.joined, found) if found else None
