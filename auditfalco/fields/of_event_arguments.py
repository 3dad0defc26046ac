"""Extractors of evt.*: the event's arguments, by name, by position, and all in one text."""

from __future__ import annotations

from auditfalco.fields.values import Extractor, Value
from auditfalco.fields.world import World
from auditfalco.model.event import Argument, Event
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME, Parameter

_EMPTY_IDS = frozenset({"UID", "GID", "PID"})
"""Types of which Falco reads an empty parameter as 0; of any other number it has none."""


class Printed(int):
    """A number that prints in another way than in decimal digits, as a mode does in octal."""

    _text: str

    def __new__(cls, value: int, text: str) -> Printed:
        """Make a number that prints as `text`."""
        made = super().__new__(cls, value)
        made._text = text
        return made

    def __str__(self) -> str:
        """The digits as Falco prints them."""
        return self._text


def argument_text(event: Event) -> str:
    """evt.args: every argument in Falco's order as name=value, with the resolved text in parentheses if it differs."""
    parts = []
    for parameter in _parameters(event):
        argument = event.arguments.get(parameter.name)
        if argument is None:
            continue
        plain = plain_text(argument)
        resolved = "" if argument.text == plain else f"({argument.text})"
        parts.append(f"{parameter.name}={plain}{resolved}")
    return " ".join(parts)


def plain_text(argument: Argument) -> str:
    """How an argument's value itself prints."""
    if argument.plain is not None:
        return argument.plain
    return argument.text if argument.value is None else str(argument.value)


def _parameters(event: Event) -> tuple[Parameter, ...]:
    """Falco's parameters of an event, in Falco's order."""
    event_type = EVENT_TYPES_BY_NAME.get(event.type)
    return () if event_type is None else event_type.parameters


def argument_named(name: str) -> Extractor:
    """evt.arg.NAME: the text of one argument; absent when the event has none of that name."""

    def extract(event: Event, world: World) -> Value:
        argument = event.arguments.get(name)
        return None if argument is None else argument.text

    return extract


def argument_numbered(index: int) -> Extractor:
    """evt.arg[N]: the text of the argument at a position among Falco's parameters; absent beyond the last."""

    def extract(event: Event, world: World) -> Value:
        parameters = _parameters(event)
        argument = event.arguments.get(parameters[index].name) if 0 <= index < len(parameters) else None
        return None if argument is None else argument.text

    return extract


def raw_argument(name: str) -> Extractor:
    """evt.rawarg.NAME: the value of one argument in its own type; a number prints as Falco prints the parameter."""

    def extract(event: Event, world: World) -> Value:
        argument = event.arguments.get(name)
        if argument is None:
            return None
        value = argument.value
        if value is None:
            parameter = next((known for known in _parameters(event) if known.name == name), None)
            return 0 if parameter is not None and parameter.type in _EMPTY_IDS else None
        if argument.plain is not None and isinstance(value, int) and argument.plain != str(value):
            return Printed(value, argument.plain)
        return value

    return extract


PLAIN: dict[str, Extractor] = {
    "evt.args": lambda event, world: argument_text(event),
    "evt.info": lambda event, world: argument_text(event),
}
"""Fields without an argument."""
