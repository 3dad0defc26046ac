"""From a field as a condition uses it to the function that reads it from live events."""

from __future__ import annotations

from typing import Callable

from auditfalco.fields import (
    aspects,
    of_container,
    of_descriptor,
    of_environment,
    of_event,
    of_event_arguments,
    of_event_io,
    of_event_results,
    of_event_times,
    of_executable,
    of_path,
    of_process,
    of_resources,
    of_session,
    of_socket,
    of_user,
)
from auditfalco.fields.values import Extractor, Value
from auditfalco.fields.world import World
from auditfalco.language.types import FieldRef, Shape
from auditfalco.model.event import Event

_PLAIN: dict[str, Extractor] = {
    **of_event.PLAIN,
    **of_event_times.PLAIN,
    **of_event_results.PLAIN,
    **of_event_arguments.PLAIN,
    **of_event_io.PLAIN,
    **of_path.PLAIN,
    **of_process.PLAIN,
    **of_executable.PLAIN,
    **of_session.PLAIN,
    **of_resources.PLAIN,
    **of_descriptor.PLAIN,
    **of_socket.PLAIN,
    **of_container.PLAIN,
    **of_user.PLAIN,
}

_OF_ARGUMENT: dict[str, Callable[[str], Extractor]] = {
    "evt.abspath": of_path.absolute_path,
    "evt.arg": lambda argument: _event_argument(argument),
    "evt.rawarg": of_event_arguments.raw_argument,
    "evt.type.is": of_event.type_is,
    "evt.around": lambda argument: of_event_times.around,
    "thread.cgroup": of_resources.control_group,
    "proc.args": lambda argument: of_process.argument_at(int(argument)),
    **of_container.WITH_ARGUMENT,
    **of_descriptor.WITH_ARGUMENT,
}
"""Fields with an argument: what makes the extractor for one."""

_ANCESTOR_FIELDS = {f"proc.a{name}": aspect for name, aspect in of_process.ASPECTS.items()}


def extractor_of(ref: FieldRef) -> Extractor | None:
    """The function that gives a field's value; None for a field that no source fills, which is then always absent.

    It is for one use of the field: some remember what they gave before.
    """
    if ref.name in _ANCESTOR_FIELDS:
        return _ancestor_field(ref)
    of_environments = of_environment.extractor_of(ref)
    if of_environments is not None:
        return of_environments
    if ref.argument is not None:
        make = _OF_ARGUMENT.get(ref.name)
        return None if make is None else make(ref.argument)
    fresh = of_event_times.STATEFUL.get(ref.name)
    return fresh() if fresh is not None else _PLAIN.get(ref.name)


def _event_argument(argument: str) -> Extractor:
    numbered = argument.lstrip("-").isdigit()
    if numbered:
        return of_event_arguments.argument_numbered(int(argument))
    return of_event_arguments.argument_named(argument)


def _ancestor_field(ref: FieldRef) -> Extractor:
    aspect = _ANCESTOR_FIELDS[ref.name]
    if ref.argument is not None:
        return aspects.of_ancestor(aspect, max(int(ref.argument), 0))
    if ref.shape is Shape.ANCESTORS and ref.name != "proc.aargs":
        return aspects.of_every_ancestor(aspect)
    return of_process.joined_arguments_of_ancestors


class EventBinder:
    """Binds fields to events seen against a world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __call__(self, ref: FieldRef) -> Callable[[Event], Value]:
        """The getter of a field."""
        extract = extractor_of(ref)
        world = self._world
        world.expect(ref.name, ref.argument)
        if extract is None:
            return lambda event: None
        return lambda event: extract(event, world)
