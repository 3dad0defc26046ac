"""Extractors of proc.env and proc.aenv: the environments that programs were started with."""

from __future__ import annotations

from auditfalco.fields.aspects import ancestors_of
from auditfalco.fields.values import Extractor, Value
from auditfalco.fields.world import World
from auditfalco.language.types import FieldRef, Shape
from auditfalco.model.event import Event
from auditfalco.model.process import Environment, Process

_HIGHEST = 20
"""How many ancestors are looked at for a variable."""


def extractor_of(ref: FieldRef) -> Extractor | None:
    """The extractor of proc.env, proc.env[NAME], proc.aenv, proc.aenv[N] or proc.aenv[NAME]; None for other fields."""
    if ref.name == "proc.env":
        return _joined(0) if ref.argument is None else _variable(ref.argument)
    if ref.name != "proc.aenv":
        return None
    if ref.argument is None:
        return _of_all if ref.shape is Shape.ANCESTORS else _joined(0)
    return _joined(int(ref.argument)) if ref.argument.isdigit() else _nearest_variable(ref.argument)


def variable(environment: Environment, name: str) -> str | None:
    """The value of a variable, without blanks around it, "" when it is not set; None when it may have been cut off."""
    prefix = name + "="
    for entry in environment.variables:
        if entry.startswith(prefix):
            return entry[len(prefix) :].strip(" ")
    return "" if environment.whole else None


def _is_set(environment: Environment, name: str) -> bool:
    return any(entry.startswith(name + "=") for entry in environment.variables)


def _environments(event: Event, world: World, own: bool) -> list[Environment | None]:
    """The environments of the ancestors from the parent upwards, led by the process's own if asked."""
    if event.process is None:
        return []
    chain = ancestors_of(event.process, event, world)[:_HIGHEST]
    found = [_of_ancestor(ancestor, event, world) for ancestor in chain]
    return [world.environment(event.process, event.process.image), *found] if own else found


def _of_ancestor(ancestor: Process, event: Event, world: World) -> Environment | None:
    return world.environment(ancestor, world.image(ancestor, event.moment_ns, event.until_ns))


def _joined(level: int) -> Extractor:
    def extract(event: Event, world: World) -> Value:
        if event.process is None:
            return None
        process = event.process
        if level:
            chain = ancestors_of(process, event, world)
            if level > len(chain):
                return None
            environment = _of_ancestor(chain[level - 1], event, world)
        else:
            environment = world.environment(process, process.image)
        return None if environment is None else " ".join(environment.variables)

    return extract


def _variable(name: str) -> Extractor:
    def extract(event: Event, world: World) -> Value:
        process = event.process
        environment = world.environment(process, process.image) if process is not None else None
        return None if environment is None else variable(environment, name)

    return extract


def _nearest_variable(name: str) -> Extractor:
    """The value in the nearest ancestor that has it; "" when none has, unknown when one that is not known might."""

    def extract(event: Event, world: World) -> Value:
        known = True
        for environment in _environments(event, world, own=False):
            if environment is None or (not environment.whole and not _is_set(environment, name)):
                known = False
            elif _is_set(environment, name):
                return variable(environment, name)
        return "" if known and event.process is not None else None

    return extract


def _of_all(event: Event, world: World) -> Value:
    values = (environment for environment in _environments(event, world, own=False) if environment is not None)
    return tuple(" ".join(environment.variables) for environment in values) or None
