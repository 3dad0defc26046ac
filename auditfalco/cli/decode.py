"""`auditfalco decode`: audit logs as normalised events."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from auditfalco.agent.archive import Archive
from auditfalco.cli import DONE, FAILED
from auditfalco.engine.values import json_value
from auditfalco.fields.binder import EventBinder
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.language.operands import Getter
from auditfalco.language.types import ValueType
from auditfalco.model.event import Event
from auditfalco.outputs.form import iso_time, rfc3339
from auditfalco.state.host import HostState
from auditfalco.text import escape, json_text
from kernel_sources.audit.logfile import UnreadableLog

_LEFT_OUT = (
    "evt.time",
    "evt.datetime",
    "evt.latency",
    "evt.rawtime",
    "evt.reltime",
    "evt.count",
    "evt.info",
    "evt.is_async",
)
"""Beginnings of field names that repeat what stands beside the fields, or are the same for every event."""


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    made = argparse.ArgumentParser(
        prog="auditfalco decode",
        description="Print the normalised events of audit logs. What the log does not say is absent.",
        epilog="example: auditfalco decode --json /var/log/audit/audit.log | head",
    )
    made.add_argument("logs", nargs="+", metavar="LOG", help="audit log (plain or gzip), or - for standard input")
    made.add_argument("--json", action="store_true", help="one JSON object a line")
    return made


def main(argv: Sequence[str]) -> int:
    """Run the command."""
    options = parser().parse_args(argv)
    archive = Archive(options.logs)
    printers: dict[int, FieldPrinter] = {}
    try:
        for event, host in archive.events():
            printer = printers.get(id(host))
            if printer is None:
                printer = printers[id(host)] = FieldPrinter(host)
            print(printer.json_line(event) if options.json else printer.text_line(event))
    except UnreadableLog as error:
        print(f"auditfalco decode: {error}", file=sys.stderr)
        return FAILED
    sys.stdout.flush()
    for line in archive.closing_lines():
        print(line, file=sys.stderr)
    return DONE


class FieldPrinter:
    """Prints the events of one host with every field that has a value."""

    def __init__(self, host: HostState) -> None:
        bind = EventBinder(host)
        self._getters: dict[str, tuple[Getter, ValueType]] = {}
        for field in CATALOGUE:
            alone = field.filterable and field.printable and not field.argument_required
            if alone and not field.name.startswith(_LEFT_OUT):
                ref = CATALOGUE.resolve(field.name, None)
                self._getters[field.name] = bind(ref), ref.type

    def json_line(self, event: Event) -> str:
        """One event as a JSON object."""
        return json_text(
            {
                "serial": event.serial,
                "time": rfc3339(event.time_ns),
                "type": event.type,
                "fields": self._fields(event),
                "args": {name: argument.text for name, argument in event.arguments.items()},
                "records": list(event.record_types),
            }
        )

    def text_line(self, event: Event) -> str:
        """One event as a line for a person: time, serial, process, call and arguments."""
        process = event.process
        who = f"{process.name or '?'}({process.pid})" if process is not None else "?"
        arguments = " ".join(f"{name}={argument.text}" for name, argument in event.arguments.items())
        return escape(f"{iso_time(event.time_ns)} {event.serial} {who} {event.type} {arguments}".rstrip())

    def _fields(self, event: Event) -> dict[str, Any]:
        found = {name: json_value(get(event), value_type) for name, (get, value_type) in self._getters.items()}
        return {name: value for name, value in found.items() if value is not None}
