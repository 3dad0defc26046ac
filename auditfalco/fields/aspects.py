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


def of_other(aspect: Aspect, process: Process, event: Event, world: World) -> Value:
    """An aspect of another process than the event's, as of the event."""
    return aspect(process, world.image(process, event.moment_ns, event.until_ns))


def ancestors_of(process: Process, event: Event, world: World) -> list[Process]:
    """The ancestors of the event's process, from the parent upwards, as of the event."""
    if event.ancestors is None:
        event.ancestors = world.ancestors(process, event.moment_ns, event.until_ns)
    return event.ancestors


def of_ancestor(aspect: Aspect, level: int) -> Extractor:
    """An aspect of the ancestor `level` generations up; 0 is the process itself."""
    if level == 0:
        return of_self(aspect)

    def extract(event: Event, world: World) -> Value:
        process = event.process
        if process is None:
            return None
        chain = ancestors_of(process, event, world)
        return of_other(aspect, chain[level - 1], event, world) if level <= len(chain) else None

    return extract


def of_every_ancestor(aspect: Aspect) -> Extractor:
    """An aspect of all ancestors, from the parent upwards; absent where there are none."""

    def extract(event: Event, world: World) -> Value:
        process = event.process
        if process is None:
            return None
        chain = ancestors_of(process, event, world)
        values = [of_other(aspect, ancestor, event, world) for ancestor in chain]
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
        process = event.process
        parent = world.parent(process, event.moment_ns, event.until_ns) if process is not None else None
        return None if parent is None else read(parent)

    return extract
