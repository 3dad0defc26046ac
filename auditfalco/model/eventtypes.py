"""Falco's event types: their names, categories and parameters.

Source: driver/event_table.c of Falco's libs, through :mod:`auditfalco.model.eventtypes_data`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from auditfalco.model.eventtypes_data import EVENT_TYPES, GENERIC_SYSCALLS

ASYNC_EVENT = "asyncevent"


@dataclass(frozen=True)
class Parameter:
    """One parameter of an event, ``evt.arg.NAME`` in conditions; `type` is Falco's type name."""

    name: str
    type: str


@dataclass(frozen=True)
class EventType:
    """One event type.

    Attributes:
        name: what ``evt.type`` gives.
        category: what ``evt.category`` gives; read and write events get theirs from the descriptor.
        is_syscall: whether it is a system call, and so has ``syscall.type``.
        parameters: in Falco's order.
        codes: how many of Falco's event codes bear the name.
        generic: whether Falco knows nothing but the name: no parameters, no result.
        creates_fd, closes_fd, uses_fd, reads, writes, waits: what the call does.
    """

    name: str
    category: str
    is_syscall: bool
    parameters: tuple[Parameter, ...]
    codes: int
    generic: bool = False
    creates_fd: bool = False
    closes_fd: bool = False
    uses_fd: bool = False
    reads: bool = False
    writes: bool = False
    waits: bool = False


def is_event_type(name: str) -> bool:
    """Tell whether ``evt.type`` may be compared with `name`."""
    return name in EVENT_TYPES_BY_NAME


def _parse() -> dict[str, EventType]:
    types: dict[str, EventType] = {}
    for line in EVENT_TYPES.replace("\n ", " ").splitlines():
        name, category, origin, flags, codes, *parameters = line.split()
        types[name] = EventType(
            name,
            category,
            origin == "s",
            tuple(Parameter(*parameter.split(":")) for parameter in parameters),
            int(codes),
            creates_fd="c" in flags,
            closes_fd="d" in flags,
            uses_fd="u" in flags,
            reads="r" in flags,
            writes="w" in flags,
            waits="a" in flags,
        )
    for name in GENERIC_SYSCALLS.split():
        types[name] = EventType(name, "other", True, (), 0, generic=True)
    return types


EVENT_TYPES_BY_NAME: dict[str, EventType] = _parse()


def _parameter_types() -> dict[str, str]:
    found: dict[str, Counter[str]] = {}
    for event_type in EVENT_TYPES_BY_NAME.values():
        for parameter in event_type.parameters:
            found.setdefault(parameter.name, Counter())[parameter.type] += 1
    return {name: types.most_common(1)[0][0] for name, types in found.items()}


# Every parameter name, and the type that it has in most event types.
PARAMETER_TYPES: dict[str, str] = _parameter_types()


def names() -> list[str]:
    """Return the names of all event types, sorted."""
    return sorted(EVENT_TYPES_BY_NAME)
