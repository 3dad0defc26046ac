"""Extractors of evt.*: what the event itself says."""

from __future__ import annotations

from typing import Callable

from auditfalco.fields.values import Extractor, Value
from auditfalco.fields.world import World
from auditfalco.model import openflags
from auditfalco.model.event import Event
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME
from kernel_sources.tables import errno_name

SOURCE = "syscall"


def result_text(result: int) -> str:
    """evt.res: SUCCESS, or the error's name (its number where it has none)."""
    return "SUCCESS" if result >= 0 else errno_name(-result) or str(result)


def argument_text(event: Event) -> str:
    """evt.args: every argument in Falco's order as name=value, with the resolved text in parentheses if it differs."""
    parts = []
    for name in _parameters(event):
        argument = event.arguments.get(name)
        if argument is None:
            continue
        plain = str(argument.value) if argument.plain is None else argument.plain
        parts.append(f"{name}={plain}" if argument.text == plain else f"{name}={plain}({argument.text})")
    return " ".join(parts)


def _parameters(event: Event) -> list[str]:
    """The names of Falco's parameters of an event, in Falco's order."""
    event_type = EVENT_TYPES_BY_NAME.get(event.type)
    return [] if event_type is None else [parameter.name for parameter in event_type.parameters]


def _of_result(read: Callable[[int], Value]) -> Extractor:
    """For facts about the result, which Falco does not have of calls that it knows by name alone."""

    def extract(event: Event, world: World) -> Value:
        if event.result is None:
            return None
        event_type = EVENT_TYPES_BY_NAME.get(event.type)
        return None if event_type is not None and event_type.generic else read(event.result)

    return extract


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


def argument_named(name: str) -> Extractor:
    """evt.arg.NAME: the text of one argument; absent when the event has none of that name."""

    def extract(event: Event, world: World) -> Value:
        argument = event.arguments.get(name)
        return None if argument is None else argument.text

    return extract


def argument_numbered(index: int) -> Extractor:
    """evt.arg[N]: the text of the argument at a position among Falco's parameters; absent beyond the last."""

    def extract(event: Event, world: World) -> Value:
        names = _parameters(event)
        argument = event.arguments.get(names[index]) if 0 <= index < len(names) else None
        return None if argument is None else argument.text

    return extract


def raw_argument(name: str) -> Extractor:
    """evt.rawarg.NAME: the value of one argument in its own type."""

    def extract(event: Event, world: World) -> Value:
        argument = event.arguments.get(name)
        return None if argument is None else argument.value

    return extract


def _constant(value: Value) -> Extractor:
    return lambda event, world: value


def _time(event: Event, world: World) -> Value:
    return event.time_ns


def _since_first(event: Event, world: World) -> int:
    return max(event.time_ns - world.first_time_ns, 0)


def _error_name(result: int) -> str | None:
    return result_text(result)


PLAIN: dict[str, Extractor] = {
    "evt.num": lambda event, world: event.number,
    "evt.time": _time,
    "evt.time.s": _time,
    "evt.time.iso8601": _time,
    "evt.datetime": _time,
    "evt.datetime.s": _time,
    "evt.outputtime": _time,
    "evt.rawtime": _time,
    "evt.rawtime.s": lambda event, world: event.time_ns // 1_000_000_000,
    "evt.rawtime.ns": lambda event, world: event.time_ns % 1_000_000_000,
    "evt.reltime": _since_first,
    "evt.reltime.s": lambda event, world: _since_first(event, world) // 1_000_000_000,
    "evt.reltime.ns": lambda event, world: _since_first(event, world) % 1_000_000_000,
    "evt.source": _constant(SOURCE),
    "evt.is_async": _constant(False),
    "evt.hostname": lambda event, world: world.hostname,
    "evt.latency": _constant(0),
    "evt.latency.s": _constant(0),
    "evt.latency.ns": _constant(0),
    "evt.dir": _constant("<"),
    "evt.type": lambda event, world: event.type,
    "syscall.type": lambda event, world: event.type,
    "evt.args": lambda event, world: argument_text(event),
    "evt.info": lambda event, world: argument_text(event),
    "evt.res": _of_result(_error_name),
    "evt.rawres": _of_result(lambda result: result),
    "evt.failed": _of_result(lambda result: result < 0),
    "evt.count": _constant(1),
    "evt.count.error": _of_result(lambda result: int(result < 0)),
    "evt.count.exit": _constant(1),
    "evt.is_open_read": _of_open(lambda flags, event: bool(flags & openflags.O_RDONLY)),
    "evt.is_open_write": _of_open(lambda flags, event: bool(flags & openflags.O_WRONLY)),
    "evt.is_open_create": _of_open(_creates),
    "evt.is_open_exec": _opens_executable,
}
"""Fields without an argument."""
