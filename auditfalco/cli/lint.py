"""`auditfalco lint`: advice on rules that are valid."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from auditfalco.agent.rulefiles import RulesRefused, expand, load_files
from auditfalco.cli import DONE, FAILED
from auditfalco.cli.terminal import shown
from auditfalco.ruleset.items import Priority
from auditfalco.ruleset.lint import advice
from auditfalco.ruleset.traps import Trap
from auditfalco.text import json_text


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    made = argparse.ArgumentParser(
        prog="auditfalco lint",
        description=(
            "Tell where valid rules mean something else than they seem to, can be slipped past, or do nothing."
            " Nothing found: exit code 0, else 1."
        ),
        epilog="example: auditfalco lint my_rules.yaml",
    )
    made.add_argument("rules", nargs="+", metavar="FILE|DIR", help="rules, in the order in which they are loaded")
    made.add_argument("--json", action="store_true", help="one JSON list")
    return made


def main(argv: Sequence[str]) -> int:
    """Run the command."""
    options = parser().parse_args(argv)
    try:
        files = expand(options.rules)
        loaded = load_files(files.paths, Priority.DEBUG)
    except RulesRefused as error:
        print(f"auditfalco lint: {error}", file=sys.stderr)
        return FAILED
    for passed_over in files.passed_over:
        print(f"auditfalco lint: {passed_over}", file=sys.stderr)
    found = advice(loaded)
    if options.json:
        print(json_text([_json(trap) for trap in found]))
    else:
        for trap in found:
            print(shown(f"{trap.place}: {trap.name}: {trap.message}; {trap.mend}"))
    return FAILED if found else DONE


def _json(trap: Trap) -> dict[str, str | int]:
    return {
        "file": trap.place.file,
        "line": trap.place.line,
        "column": trap.place.column,
        "check": trap.name,
        "message": trap.message,
        "mend": trap.mend,
    }
