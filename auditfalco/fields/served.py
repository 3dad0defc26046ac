"""Which fields of the catalogue the binder binds."""

from __future__ import annotations

from auditfalco.errors import ConditionTypeError
from auditfalco.fields.binder import extractor_of
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.fields.field import Field

_SAMPLE_ARGUMENTS = (None, "1", "path", "name", "src")
"""Arguments of which every field takes one."""


def is_served(field: Field) -> bool:
    """Whether there is a way to read a field from events, in one of the forms in which it may be written."""
    bare = [(field.name, argument) for argument in _SAMPLE_ARGUMENTS]
    dotted = [(f"{field.name}.{argument}", None) for argument in _SAMPLE_ARGUMENTS if argument is not None]
    return any(_has_extractor(name, argument) for name, argument in (*bare, *dotted))


def _has_extractor(name: str, argument: str | None) -> bool:
    for resolve in (CATALOGUE.resolve, CATALOGUE.resolve_output):
        try:
            if extractor_of(resolve(name, argument)) is not None:
                return True
        except ConditionTypeError:
            continue
    return False
