"""`auditfalco fields`: the catalogue of fields, and which of them are ever set here."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from auditfalco.cli import DONE
from auditfalco.cli.listing import field_classes, type_text, written
from auditfalco.errors import ConditionTypeError
from auditfalco.fields.binder import extractor_of
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.fields.field import Field
from auditfalco.text import json_text

_SAMPLE_ARGUMENTS = (None, "1", "path", "name")
"""Arguments of which every field takes one."""


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    made = argparse.ArgumentParser(
        prog="auditfalco fields",
        description="List the fields that conditions and output lines may use.",
        epilog="example: auditfalco fields --json | jq -r '.[] | select(.served) | .name'",
    )
    made.add_argument("--json", action="store_true", help="one JSON list")
    return made


def main(argv: Sequence[str]) -> int:
    """Run the command."""
    options = parser().parse_args(argv)
    if options.json:
        print(json_text([field_json(field) for field in CATALOGUE]))
        return DONE
    width = max(len(written(field)) for field in CATALOGUE)
    for one in field_classes():
        print(f"{one.name}: {one.description}")
        for field in one.fields:
            unserved = "" if is_served(field) else " (no source here: never set)"
            print(f"  {written(field):<{width}}  {type_text(field):<14}  {field.description}{unserved}")
        print()
    return DONE


def field_json(field: Field) -> dict[str, Any]:
    """A field as a JSON object.

    ``source`` is the source of events that has it; ``served`` whether this agent ever sets it.
    """
    return {
        "name": field.name,
        "type": field.type,
        "list": field.is_list,
        "argument": field.argument.value,
        "argument_required": field.argument_required,
        "description": field.description,
        "deprecated": field.deprecated,
        "filterable": field.filterable,
        "printable": field.printable,
        "source": "syscall",
        "served": is_served(field),
    }


def is_served(field: Field) -> bool:
    """Whether the agent has a way to set a field, in one of the forms in which it may be written."""
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
