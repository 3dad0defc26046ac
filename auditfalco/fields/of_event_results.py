"""Extractors of evt.*: what a call returned, and the counts of failures."""

from __future__ import annotations

from typing import Callable

from auditfalco.fields.of_event import open_descriptor
from auditfalco.fields.values import Extractor, Value
from auditfalco.fields.world import World
from auditfalco.model import descriptor as kinds
from auditfalco.model.event import Event
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME
from kernel_sources.tables import errno_name

_FILES = frozenset({kinds.FILE, kinds.DIRECTORY})
_SOCKETS = frozenset({kinds.IPV4, kinds.IPV6, kinds.UNIX})
_OPENS = frozenset({"open", "creat", "openat", "openat2", "open_by_handle_at"})
_CONNECTS = frozenset({"accept", "accept4", "connect"})
"""Calls whose failures count for files or for the network although they leave no descriptor to tell it."""


def result_text(result: int) -> str:
    """evt.res: SUCCESS, or the error's name (its number where it has none)."""
    return "SUCCESS" if result >= 0 else errno_name(-result) or str(result)


def result_of(event: Event) -> int | None:
    """What the call returned, as Falco has it: nothing of calls that it knows by name alone."""
    event_type = EVENT_TYPES_BY_NAME.get(event.type)
    return event.result if event_type is None or event_type.has_result else None


def of_result(read: Callable[[int], Value]) -> Extractor:
    """A fact about the result."""

    def extract(event: Event, world: World) -> Value:
        result = result_of(event)
        return None if result is None else read(result)

    return extract


def concern(event: Event) -> str:
    """What a call is on, for the counts of failures: "file", "net" or "other".

    Its descriptor tells, and where it has none, its type.
    """
    known = open_descriptor(event)
    if known is not None:
        return "file" if known.kind in _FILES else "net" if known.kind in _SOCKETS else "other"
    if event.type in _OPENS:
        return "file"
    return "net" if event.type in _CONNECTS else "other"


def _is_on_memory(event: Event) -> bool:
    event_type = EVENT_TYPES_BY_NAME.get(event.type)
    return event_type is not None and event_type.category == "memory"


def _failures_on(what: str) -> Extractor:
    count = of_result(lambda result: int(result < 0))

    def extract(event: Event, world: World) -> Value:
        return count(event, world) if concern(event) == what else None

    return extract


def _failures_on_memory(event: Event, world: World) -> Value:
    return _failures(event, world) if _is_on_memory(event) else None


def _failures_on_others(event: Event, world: World) -> Value:
    """Falco counts a call on memory here as well when it has a descriptor, as mmap of a file of no kind it names."""
    if concern(event) != "other" or (_is_on_memory(event) and open_descriptor(event) is None):
        return None
    return _failures(event, world)


_failures = of_result(lambda result: int(result < 0))

PLAIN: dict[str, Extractor] = {
    "evt.res": of_result(result_text),
    "evt.rawres": of_result(lambda result: result),
    "evt.failed": of_result(lambda result: result < 0),
    "evt.count.error": _failures,
    "evt.count.error.file": _failures_on("file"),
    "evt.count.error.net": _failures_on("net"),
    "evt.count.error.memory": _failures_on_memory,
    "evt.count.error.other": _failures_on_others,
}
"""Fields without an argument."""
