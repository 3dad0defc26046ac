"""Extractors of evt.*: what a call does with files and descriptors: how it opens, whether it reads, writes or waits."""

from __future__ import annotations

from typing import Callable

from auditfalco.fields.of_event import open_descriptor
from auditfalco.fields.of_event_results import result_of
from auditfalco.fields.values import Extractor, Value
from auditfalco.fields.world import World
from auditfalco.model import descriptor as kinds
from auditfalco.model import openflags
from auditfalco.model.descriptor import Descriptor
from auditfalco.model.event import Event
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME, EventType

_SYSLOG = "/dev/log"


def _of_open(read: Callable[[int, Event], bool]) -> Extractor:
    def extract(event: Event, world: World) -> Value:
        return event.open_flags is not None and event.type != "creat" and read(event.open_flags, event)

    return extract


def _creates(flags: int, event: Event) -> bool:
    made_nameless = bool(flags & openflags.O_TMPFILE) and event.result is not None and event.result >= 0
    return bool(flags & openflags.O_F_CREATED) or made_nameless


def _opens_executable(event: Event, world: World) -> Value:
    if event.open_flags is None or event.open_mode is None:
        return False
    makes = event.type == "creat" or bool(event.open_flags & (openflags.O_CREAT | openflags.O_TMPFILE))
    return makes and bool(event.open_mode & 0o111)


def _of_type(read: Callable[[EventType], bool]) -> Extractor:
    """What Falco's table says of the event's type; of types that it does not have, no."""

    def extract(event: Event, world: World) -> Value:
        event_type = EVENT_TYPES_BY_NAME.get(event.type)
        return event_type is not None and read(event_type)

    return extract


def _direction(event: Event, world: World) -> Value:
    event_type = EVENT_TYPES_BY_NAME.get(event.type)
    if event_type is None:
        return None
    return "write" if event_type.writes else "read" if event_type.reads else None


def _is_syslog(event: Event, world: World) -> Value:
    event_type = EVENT_TYPES_BY_NAME.get(event.type)
    known = open_descriptor(event)
    if event_type is None or not event_type.writes or known is None:
        return False
    return known.name is not None and _SYSLOG in known.name


def _length(*categories: str, of: Callable[[Descriptor], bool] = lambda descriptor: True) -> Extractor:
    """evt.buflen: bytes read or written, which the call returned; of calls on descriptors that are known."""

    def extract(event: Event, world: World) -> Value:
        event_type = EVENT_TYPES_BY_NAME.get(event.type)
        known = open_descriptor(event)
        if event_type is None or event_type.category not in categories or known is None or not of(known):
            return None
        result = result_of(event)
        return result if result is not None and result >= 0 else None

    return extract


def _is_file(descriptor: Descriptor) -> bool:
    return descriptor.kind == kinds.FILE


def _is_internet(descriptor: Descriptor) -> bool:
    return descriptor.kind in (kinds.IPV4, kinds.IPV6)


_IN, _OUT = "io_read", "io_write"

PLAIN: dict[str, Extractor] = {
    "evt.is_io": _of_type(lambda event_type: event_type.reads or event_type.writes),
    "evt.is_io_read": _of_type(lambda event_type: event_type.reads),
    "evt.is_io_write": _of_type(lambda event_type: event_type.writes),
    "evt.io_dir": _direction,
    "evt.is_wait": _of_type(lambda event_type: event_type.waits),
    "evt.is_syslog": _is_syslog,
    "evt.buflen": _length(_IN, _OUT),
    "evt.buflen.in": _length(_IN),
    "evt.buflen.out": _length(_OUT),
    "evt.buflen.file": _length(_IN, _OUT, of=_is_file),
    "evt.buflen.file.in": _length(_IN, of=_is_file),
    "evt.buflen.file.out": _length(_OUT, of=_is_file),
    "evt.buflen.net": _length(_IN, _OUT, of=_is_internet),
    "evt.buflen.net.in": _length(_IN, of=_is_internet),
    "evt.buflen.net.out": _length(_OUT, of=_is_internet),
    "evt.is_open_read": _of_open(lambda flags, event: bool(flags & openflags.O_RDONLY)),
    "evt.is_open_write": _of_open(lambda flags, event: bool(flags & openflags.O_WRONLY)),
    "evt.is_open_create": _of_open(_creates),
    "evt.is_open_exec": _opens_executable,
}
"""Fields without an argument."""
