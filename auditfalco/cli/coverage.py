"""`auditfalco coverage`: for each rule, whether it can fire on this machine."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections import Counter
from collections.abc import Sequence
from typing import Any

from auditfalco.agent.rulefiles import RulesRefused, load_rules
from auditfalco.cli import DONE, FAILED
from auditfalco.cli.options import add_rules
from auditfalco.cli.terminal import shown
from auditfalco.coverage.here import verdicts_here
from auditfalco.coverage.machine.machine import examine
from auditfalco.coverage.verdict import BLIND, FULL, PARTIAL, Verdict
from auditfalco.ruleset.items import Priority
from auditfalco.text import json_text
from kernel_sources.procfs import ProcFS

_LINE = 120
_INDENT = " " * 9


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    made = argparse.ArgumentParser(
        prog="auditfalco coverage",
        description="Tell for each rule whether it can fire on this machine now, as the user and in the namespaces that"
        " it is run in: full (all that it is about is seen), partial (some of it is not), blind (it cannot"
        " fire, or is switched off), with the reasons. What the whole machine lacks, `auditfalco doctor` tells.",
        epilog="example: auditfalco coverage -r my_rules.yaml --json | jq '.[] | select(.state == \"blind\") | .rule'",
    )
    add_rules(made, "rules (default: the shipped ones)")
    made.add_argument("--json", action="store_true", help="one JSON list")
    return made


def main(argv: Sequence[str]) -> int:
    """Run the command."""
    options = parser().parse_args(argv)
    try:
        ruleset, _ = load_rules(options.rules, Priority.DEBUG)
    except RulesRefused as error:
        print(f"auditfalco coverage: {error}", file=sys.stderr)
        return FAILED
    proc = ProcFS()
    verdicts = verdicts_here(ruleset, examine(proc), proc)
    if options.json:
        print(json_text([verdict_json(verdict) for verdict in verdicts]))
        return DONE
    for verdict in verdicts:
        print("\n".join(_lines(verdict)))
    counts = Counter(verdict.state for verdict in verdicts)
    print(", ".join(f"{counts[state]} {state}" for state in (FULL, PARTIAL, BLIND)))
    return DONE


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict as a JSON object."""
    return {
        "rule": verdict.rule,
        "state": verdict.state,
        "reasons": list(verdict.reasons),
        "event_types": list(verdict.event_types),
        "sensors": list(verdict.sensors),
    }


def _lines(verdict: Verdict) -> list[str]:
    """The state and the sensors of a rule, and a line or more for each reason."""
    sensors = f" ({', '.join(verdict.sensors)})" if verdict.sensors else ""
    reasons = (
        textwrap.fill(shown(reason), _LINE, initial_indent=f"{_INDENT}- ", subsequent_indent=f"{_INDENT}  ")
        for reason in verdict.reasons
    )
    return [shown(f"{verdict.state:<8} {verdict.rule}{sensors}"), *reasons]
