"""`auditfalco doctor`: what this machine allows, and the mend where it does not."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from auditfalco.cli import DONE, MACHINE_CANNOT
from auditfalco.cli.terminal import shown
from auditfalco.coverage.checks.check import FAIL, OK, WARN, Check
from auditfalco.coverage.checks.checkup import can_run, check_all
from auditfalco.coverage.machine.machine import examine
from auditfalco.text import json_text
from kernel_sources.procfs import ProcFS

_STYLES = {OK: "green", WARN: "yellow", FAIL: "bold red"}
_VERDICTS = {True: "The agent can run here.", False: "The agent cannot run here."}


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    made = argparse.ArgumentParser(
        prog="auditfalco doctor",
        description="Look at this machine, as the user and in the namespaces that the command is run in: kernel, audit,"
        " capabilities, namespaces, fanotify, process connector, container engines. Each check is ok, warn (something"
        " is not seen or may be lost) or fail, with what was found and the mend. Nothing is changed. Exit code 0 when"
        " the agent can run, 3 when not.",
        epilog="example: auditfalco doctor --json | jq -r '.checks[] | select(.state != \"ok\") | .mend'",
    )
    made.add_argument("--json", action="store_true", help="one JSON object")
    return made


def main(argv: Sequence[str]) -> int:
    """Run the command."""
    options = parser().parse_args(argv)
    checks = check_all(examine(ProcFS()))
    if options.json:
        print(json_text({"can_run": can_run(checks), "checks": [check_json(check) for check in checks]}))
    elif sys.stdout.isatty():
        _print_table(checks)
    else:
        print("\n".join(line for check in checks for line in _lines(check)))
        print(_VERDICTS[can_run(checks)])
    return DONE if can_run(checks) else MACHINE_CANNOT


def check_json(check: Check) -> dict[str, str]:
    """A check as a JSON object."""
    return {"check": check.name, "state": check.state, "found": check.found, "mend": check.mend}


def _lines(check: Check) -> list[str]:
    head = shown(f"{check.state:<5} {check.name}: {check.found}")
    return [head, shown(f"      mend: {check.mend}")] if check.mend else [head]


def _print_table(checks: Sequence[Check]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for check in checks:
        told = Text(shown(check.found))
        if check.mend:
            told.append(f"\nmend: {shown(check.mend)}", style="bold")
        table.add_row(Text(check.state, style=_STYLES[check.state]), Text(check.name), told)
    console = Console(highlight=False)
    console.print(table)
    console.print(Text(_VERDICTS[can_run(checks)], style=_STYLES[OK if can_run(checks) else FAIL]))
