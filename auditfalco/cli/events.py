"""`auditfalco events`: the catalogue of event types."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from auditfalco.cli import DONE
from auditfalco.cli.listing import event_json, event_types, events_document
from auditfalco.model.eventtypes import EventType
from auditfalco.normalise.normaliser import BUILDERS
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
    print(json_text([_json(one) for one in event_types()]) if options.json else events_document("text"), end="\n")
    return DONE


def _json(event_type: EventType) -> dict[str, Any]:
    """An event type as a JSON object; ``arguments_told``: whether this agent gives more than its name and result."""
    return {**event_json(event_type), "arguments_told": event_type.name in BUILDERS}
