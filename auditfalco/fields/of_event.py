"""Extractors of evt.*: which event it is, and what holds for all of them. Times, results, arguments and input/output
have modules of their own."""

from __future__ import annotations

from auditfalco.fields.values import Extractor, Value
from auditfalco.fields.world import World
from auditfalco.model import descriptor as kinds
from auditfalco.model.descriptor import Descriptor
from auditfalco.model.event import Event
from auditfalco.model.eventtypes import ASYNC_EVENT, EVENT_TYPES_BY_NAME

SOURCE = "syscall"

_WORDS = {"ipc": "IPC"}
"""Categories that Falco prints otherwise than it names them."""

_CLASSES = {
    **dict.fromkeys((kinds.FILE, kinds.DIRECTORY), "file"),
    **dict.fromkeys((kinds.IPV4, kinds.IPV6), "net"),
    **dict.fromkeys((kinds.PIPE, kinds.UNIX, kinds.EVENT, kinds.SIGNAL, kinds.INOTIFY), "ipc"),
}
"""What evt.category says of calls on a descriptor, by the descriptor's kind (sinsp_evt::get_category)."""


def constant(value: Value) -> Extractor:
    """A field that is the same for every event."""
    return lambda event, world: value


def open_descriptor(event: Event) -> Descriptor | None:
    """The descriptor that an event is about; None when it opened none, or when it is not known what it stands for."""
    return event.descriptor if event.fd_number is not None and event.fd_number >= 0 else None


def category(event: Event, world: World) -> Value:
    """evt.category: the event type's; of calls that read, write or handle a descriptor, the descriptor's class."""
    event_type = EVENT_TYPES_BY_NAME.get(event.type)
    if event_type is None:
        return "other"  # as of all calls that Falco knows by name alone
    if not event_type.category.startswith("io_"):
        return _WORDS.get(event_type.category, event_type.category)
    known = open_descriptor(event)
    return "unknown" if known is None else _CLASSES.get(known.kind, "unknown")


def type_is(name: str) -> Extractor:
    """evt.type.is.NAME."""
    return lambda event, world: int(event.type == name)


def _type(event: Event, world: World) -> Value:
    return _own_name(event) or event.type


def _own_name(event: Event) -> str | None:
    """The name that an asynchronous event bears."""
    name = event.arguments.get("name") if event.type == ASYNC_EVENT else None
    return None if name is None else name.text


def _call(event: Event, world: World) -> Value:
    """syscall.type: absent for what is no system call; whatever Falco's table does not name is one."""
    event_type = EVENT_TYPES_BY_NAME.get(event.type)
    return event.type if event_type is None or event_type.is_syscall else None


def _direction(event: Event, world: World) -> Value:
    event_type = EVENT_TYPES_BY_NAME.get(event.type)
    return ">" if event_type is not None and event_type.begins else "<"


def _is_async(event: Event, world: World) -> Value:
    event_type = EVENT_TYPES_BY_NAME.get(event.type)
    return event_type is not None and event_type.is_meta


def _process_summary(event: Event, world: World) -> Value:
    return int(event.type == "procinfo" and event.process is not None)


PLAIN: dict[str, Extractor] = {
    "evt.num": lambda event, world: event.number,
    "evt.type": _type,
    "syscall.type": _call,
    "evt.category": category,
    "evt.dir": _direction,
    "evt.source": constant(SOURCE),
    "evt.hostname": lambda event, world: world.hostname,
    "evt.is_async": _is_async,
    "evt.is_io_uring": lambda event, world: event.io_uring,
    "evt.sensors": lambda event, world: ",".join(event.sources),
    "evt.is_32bit": lambda event, world: event.narrow,
    "evt.asynctype": lambda event, world: _own_name(event),
    "evt.count": constant(1),
    "evt.count.exit": lambda event, world: 1 if _direction(event, world) == "<" else None,
    "evt.count.procinfo": _process_summary,
    "evt.count.threadinfo": lambda event, world: int(event.type == "procinfo"),
}
"""Fields without an argument."""
