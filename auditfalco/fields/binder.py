"""From a field as a condition uses it to the function that reads it from live events."""

from __future__ import annotations

from typing import Callable

from auditfalco.fields import of_container, of_descriptor, of_event, of_process, of_user
from auditfalco.fields.values import Extractor, Value
from auditfalco.fields.world import World
from auditfalco.language.types import FieldRef, Shape
from auditfalco.model.event import Event

_PLAIN: dict[str, Extractor] = {
    **of_event.PLAIN,
    **of_process.PLAIN,
    **of_descriptor.PLAIN,
    **of_container.PLAIN,
    **of_user.PLAIN,
}

_ANCESTOR_FIELDS = {f"proc.a{name}": aspect for name, aspect in of_process.ASPECTS.items()}


def extractor_of(ref: FieldRef) -> Extractor | None:
    """The function that gives a field's value; None for a field that no source fills, which is then always absent."""
    if ref.name in _ANCESTOR_FIELDS:
        return _ancestor_field(ref)
    if ref.argument is None:
        return _PLAIN.get(ref.name)
    if ref.name == "proc.args":
        return of_process.argument_at(int(ref.argument))
    if ref.name == "evt.arg":
        numbered = ref.argument.lstrip("-").isdigit()
        return of_event.argument_numbered(int(ref.argument)) if numbered else of_event.argument_named(ref.argument)
    if ref.name == "evt.rawarg":
        return of_event.raw_argument(ref.argument)
    return None


def _ancestor_field(ref: FieldRef) -> Extractor:
    aspect = _ANCESTOR_FIELDS[ref.name]
    if ref.argument is not None:
        return of_process.of_ancestor(aspect, max(int(ref.argument), 0))
    if ref.shape is Shape.ANCESTORS and ref.name != "proc.aargs":
        return of_process.of_every_ancestor(aspect)
    return of_process.joined_arguments_of_ancestors


class EventBinder:
    """Binds fields to events seen against a world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __call__(self, ref: FieldRef) -> Callable[[Event], Value]:
        """The getter of a field."""
        extract = extractor_of(ref)
        world = self._world
        if extract is None:
            return lambda event: None
        return lambda event: extract(event, world)
