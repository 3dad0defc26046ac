"""`auditfalco events`: the catalogue of event types."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from auditfalco.cli import DONE
from auditfalco.cli.listing import event_json, event_types, events_document
from auditfalco.model.eventtypes import EventType
from auditfalco.normalise.told import told_parameters
from auditfalco.text import json_text


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    made = argparse.ArgumentParser(
        prog="auditfalco events",
        description="List the event types that evt.type can be, with the parameters that evt.arg can name.",
        epilog="example: auditfalco events --json | jq -r '.[] | select(.arguments_told) | .name'",
    )
    made.add_argument("--json", action="store_true", help="one JSON list")
    return made


def main(argv: Sequence[str]) -> int:
    """Run the command."""
    options = parser().parse_args(argv)
    if options.json:
        print(json_text([_json(one) for one in event_types()]))
        return DONE
    print(events_document("text"))
    print("Parameters that are told here, of the calls that Falco has parameters of:\n")
    for one in event_types():
        if one.is_syscall and one.parameters:
            print(f"{one.name}: {_told_text(one)}")
    return DONE


def _told_text(event_type: EventType) -> str:
    told = told_parameters(event_type.name)
    untold = [parameter.name for parameter in event_type.parameters if parameter.name not in told]
    return ", ".join(told or ["none"]) + (f" (not: {', '.join(untold)})" if told and untold else "")


def _json(event_type: EventType) -> dict[str, Any]:
    """An event type as a JSON object.

    ``arguments_told`` says whether this agent gives more than its name and result, ``told`` which parameters.
    """
    told = list(told_parameters(event_type.name))
    return {**event_json(event_type), "arguments_told": bool(told), "told": told}
