"""Falco's event types: their names, categories and parameters.

Source: driver/event_table.c of Falco's libs, through :mod:`auditfalco.model.eventtypes_data`.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from auditfalco.model.eventtypes_data import EVENT_TYPES, GENERIC_SYSCALLS, VALUE_NAMES

ASYNC_EVENT = "asyncevent"

_PARAMETER = re.compile(r"(?P<name>\w+):(?P<type>\w+)(?::(?P<base>hex|oct))?(?:@(?P<at>\d+))?(?:=(?P<values>\d+))?")
_BASES = {None: 10, "hex": 16, "oct": 8}


@dataclass(frozen=True)
class Parameter:
    """One parameter of an event, ``evt.arg.NAME`` in conditions.

    Attributes:
        name: as conditions write it.
        type: Falco's type name.
        base: 10, 16 or 8: how its number prints.
        directory: for a path that counts from a directory descriptor, the position of that descriptor's parameter.
        values: for flags and enumerations, the names of Falco's own bits or numbers, in Falco's order.
    """

    name: str
    type: str
    base: int = 10
    directory: int | None = None
    values: tuple[tuple[str, int], ...] = ()


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
        begins: whether Falco shows it as the begin of something (evt.dir is >); calls are shown once they end.
        is_meta: whether it is made beside what happens on the system (evt.is_async).
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
    begins: bool = False
    is_meta: bool = False

    @property
    def has_result(self) -> bool:
        """Whether the call's result is among the parameters: it is the first of them, wherever there are any."""
        return self.is_syscall and bool(self.parameters)

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name; None when events of this type have none."""
        return next((parameter for parameter in self.parameters if parameter.name == name), None)


def is_event_type(name: str) -> bool:
    """Tell whether ``evt.type`` may be compared with `name`."""
    return name in EVENT_TYPES_BY_NAME


def _parse() -> dict[str, EventType]:
    types: dict[str, EventType] = {}
    values = [_named_values(line) for line in VALUE_NAMES.replace("\n ", " ").splitlines()]
    for line in EVENT_TYPES.replace("\n ", " ").splitlines():
        name, category, origin, flags, codes, *parameters = line.split()
        types[name] = EventType(
            name,
            category,
            origin == "s",
            tuple(_parameter(parameter, values) for parameter in parameters),
            int(codes),
            creates_fd="c" in flags,
            closes_fd="d" in flags,
            uses_fd="u" in flags,
            reads="r" in flags,
            writes="w" in flags,
            waits="a" in flags,
            begins="e" in flags,
            is_meta="m" in flags,
        )
    for name in GENERIC_SYSCALLS.split():
        types[name] = EventType(name, "other", True, (), 0, generic=True)
    return types


def _parameter(text: str, values: list[tuple[tuple[str, int], ...]]) -> Parameter:
    match = _PARAMETER.fullmatch(text)
    assert match is not None, text
    at, line = match.group("at"), match.group("values")
    return Parameter(
        match.group("name"),
        match.group("type"),
        _BASES[match.group("base")],
        None if at is None else int(at),
        () if line is None else values[int(line)],
    )


def _named_values(line: str) -> tuple[tuple[str, int], ...]:
    pairs = (word.rpartition(":") for word in line.split())
    return tuple((name, int(number)) for name, _, number in pairs)


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
