"""Extractors of evt.*: when the event happened, and how long after others.

Some keep what they saw: :data:`STATEFUL` makes an extractor for each place where such a field is used.
"""

from __future__ import annotations

from typing import Callable

from auditfalco.fields.of_event import constant
from auditfalco.fields.values import Extractor, Value
from auditfalco.fields.world import World
from auditfalco.model.event import Event

SECOND = 1_000_000_000


def _time(event: Event, world: World) -> int:
    return event.time_ns


def _since_first(event: Event, world: World) -> int:
    return max(event.time_ns - world.first_time_ns, 0)


def seconds(of: Callable[[Event, World], int]) -> Extractor:
    """The whole seconds of a time."""
    return lambda event, world: of(event, world) // SECOND


def rest(of: Callable[[Event, World], int]) -> Extractor:
    """The nanoseconds that a time has beyond its whole seconds."""
    return lambda event, world: of(event, world) % SECOND


class SinceLast:
    """evt.deltatime: nanoseconds since the event for which this field was read before, 0 for the first.

    Falco keeps that per check, so an event that the check is not reached for does not count. Read again for the same
    event, as an output line does, it gives the same; an event that is older than the one before is 0 after it.
    """

    __slots__ = ("_delta", "_event", "_time_ns")

    def __init__(self) -> None:
        self._event: Event | None = None
        self._time_ns = 0
        self._delta = 0

    def __call__(self, event: Event, world: World) -> int:
        """The time between."""
        if event is not self._event:
            self._delta = max(event.time_ns - self._time_ns, 0) if self._event is not None else 0
            self._event, self._time_ns = event, event.time_ns
        return self._delta


class Counter:
    """util.cnt: for how many events this field has been read, this one included."""

    __slots__ = ("_count", "_event")

    def __init__(self) -> None:
        self._event: Event | None = None
        self._count = 0

    def __call__(self, event: Event, world: World) -> Value:
        """The count."""
        if event is not self._event:
            self._event = event
            self._count += 1
        return self._count


STATEFUL: dict[str, Callable[[], Extractor]] = {
    "evt.deltatime": SinceLast,
    "evt.deltatime.s": lambda: seconds(SinceLast()),
    "evt.deltatime.ns": lambda: rest(SinceLast()),
    "util.cnt": Counter,
}
"""What makes the extractor for one use of a field that remembers."""

PLAIN: dict[str, Extractor] = {
    **dict.fromkeys(("evt.time", "evt.time.s", "evt.time.iso8601", "evt.datetime", "evt.datetime.s"), _time),
    "evt.outputtime": _time,
    "evt.rawtime": _time,
    "evt.rawtime.s": seconds(_time),
    "evt.rawtime.ns": rest(_time),
    "evt.reltime": _since_first,
    "evt.reltime.s": seconds(_since_first),
    "evt.reltime.ns": rest(_since_first),
    **dict.fromkeys(("evt.latency", "evt.latency.s", "evt.latency.ns", "evt.latency.quantized"), constant(0)),
    "evt.latency.human": constant("0ns"),
    "evt.wait_latency": constant(0),
}
"""Fields without an argument. Times of day are nanoseconds since the epoch here; the engine prints them."""


def around(event: Event, world: World) -> Value:
    """evt.around[T]: the event's time, which the check compares with T."""
    return event.time_ns
