"""How fields look at processes: an aspect of the event's own process, of its parent, of one ancestor, of all."""

from __future__ import annotations

from typing import Callable

from auditfalco.fields.values import Extractor, Value
from auditfalco.fields.world import World
from auditfalco.model.event import Event
from auditfalco.model.process import Image, Process

Aspect = Callable[[Process, Image], Value]
"""Reads one value from a process and what it runs."""


def of_self(aspect: Aspect) -> Extractor:
    """An aspect of the event's own process."""

    def extract(event: Event, world: World) -> Value:
        process = event.process
        return None if process is None else aspect(process, process.image)

    return extract


def of_ancestor(aspect: Aspect, level: int) -> Extractor:
    """An aspect of the ancestor `level` generations up; 0 is the process itself."""
    if level == 0:
        return of_self(aspect)

    def extract(event: Event, world: World) -> Value:
        process = event.process
        if process is None:
            return None
        chain = world.ancestors(process, event.time_ns)
        if level > len(chain):
            return None
        ancestor = chain[level - 1]
        return aspect(ancestor, ancestor.image)

    return extract


def of_every_ancestor(aspect: Aspect) -> Extractor:
    """An aspect of all ancestors, from the parent upwards; absent where there are none."""

    def extract(event: Event, world: World) -> Value:
        process = event.process
        if process is None:
            return None
        values = [aspect(ancestor, ancestor.image) for ancestor in world.ancestors(process, event.time_ns)]
        known = tuple(value for value in values if isinstance(value, (str, int)))
        return known or None

    return extract


def image_fact(read: Callable[[Image], Value]) -> Extractor:
    """A fact about what the event's process runs."""
    return of_self(lambda process, image: read(image))


def process_fact(read: Callable[[Process], Value]) -> Extractor:
    """A fact about the event's process."""
    return of_self(lambda process, image: read(process))


def parent_fact(read: Callable[[Process], Value]) -> Extractor:
    """A fact about the parent of the event's process."""

    def extract(event: Event, world: World) -> Value:
        parent = world.parent(event.process, event.time_ns) if event.process is not None else None
        return None if parent is None else read(parent)

    return extract
