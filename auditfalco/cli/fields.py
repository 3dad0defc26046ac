"""`auditfalco fields`: the catalogue of fields, and what each is made of here."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Sequence
from typing import Any

from auditfalco.cli import DONE
from auditfalco.cli.listing import OWN, field_classes, type_text, written
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.fields.field import Field
from auditfalco.fields.served import is_served
from auditfalco.fields.sources import REASONS, SOURCES
from auditfalco.text import json_text

_LINE = 110


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    made = argparse.ArgumentParser(
        prog="auditfalco fields",
        description="List the fields that conditions and output lines may use, and what each is made of.",
        epilog="example: auditfalco fields --json | jq -r '.[] | select(.served | not) | [.name, .reason] | @tsv'",
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
    for one in (*field_classes(), OWN):
        print(f"{one.name}: {one.description}")
        for field in one.fields:
            print("\n".join(_lines(field, width)))
        print()
    return DONE


def _lines(field: Field, width: int) -> list[str]:
    """Name, type and description, and below them what the field is made of."""
    head = f"  {written(field):<{width}}  {type_text(field):<14}  "
    blank = " " * len(head)
    described = textwrap.fill(field.description, _LINE + len(head) // 2, initial_indent=head, subsequent_indent=blank)
    origin = f"from: {', '.join(sources_of(field))}" if is_served(field) else f"never set: {reason_of(field)}"
    return [described, textwrap.fill(origin, _LINE + len(head) // 2, initial_indent=blank, subsequent_indent=blank)]


def field_json(field: Field) -> dict[str, Any]:
    """A field as a JSON object.

    ``source`` is the source of events that has it; ``served`` whether this agent ever sets it; ``sources`` tells what
    it is made of then, and ``reason`` why it cannot be had otherwise.
    """
    served = is_served(field)
    return {
        "name": field.name,
        "type": field.type,
        "is_list": field.is_list,
        "argument": field.argument.value,
        "argument_required": field.argument_required,
        "description": field.description,
        "deprecated": field.deprecated,
        "filterable": field.filterable,
        "printable": field.printable,
        "source": "syscall",
        "served": served,
        **({"sources": sources_of(field)} if served else {"reason": reason_of(field)}),
    }


def sources_of(field: Field) -> list[str]:
    """What a field is made of, the first source first."""
    return [source.value for source in SOURCES[field.name]]


def reason_of(field: Field) -> str:
    """Why a field cannot be had."""
    return REASONS[field.name]
