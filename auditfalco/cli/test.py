"""`auditfalco test`: unit tests for rules."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from auditfalco.agent.case_files import CaseFile, case_paths, read_case_file
from auditfalco.agent.case_schema import CASE_SCHEMA
from auditfalco.agent.case_trial import Outcome, Trial, untested
from auditfalco.cli import DONE, FAILED
from auditfalco.cli.terminal import shown
from auditfalco.errors import AuditfalcoError
from auditfalco.ruleset.rule import Rule
from auditfalco.text import json_text

_EPILOG = """\
a test file:
  rules: [../my_rules.yaml]             rule files or directories, as seen from this file
  tests:
    - name: a shell on a terminal
      event: {evt.type: execve, container.id: 3f2a91c07d5e, proc.name: sh, proc.tty: 34816}
      alerts: [Terminal shell in container]
      output: process=sh
    - name: a shell without one
      like: a shell on a terminal       the event of that test, but for what stands here; null takes a field away
      event: {proc.tty: 0}
      none: ["*"]
    - name: reading the shadow file
      records: |
        type=SYSCALL msg=audit(1700000000.123:7): arch=c000003e syscall=257 ...
      alerts: [Read sensitive file untrusted]

Of a test are: event (one), events (a list) or records (lines of an audit log, as replay reads them); alerts, the rules
that must alert; none, the rules that must not, "*" for all that are not under alerts; output, text that an output must
contain. A field that an event does not give is absent; evt.type must be given, and nothing is derived: where a rule
asks for evt.is_open_read, the event says so. Rules are tried whether they are enabled or not, and all of them, also
after one has alerted.

exit codes: 0 all tests pass, 1 one fails or a file cannot be used, 2 wrong usage"""


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    made = argparse.ArgumentParser(
        prog="auditfalco test",
        description="Try rules on events and say where an alert is missing, or is one too many.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("files", nargs="*", metavar="FILE|DIR", help="test files, or directories of them")
    made.add_argument("-v", "--verbose", action="store_true", help="name the tests that pass, too")
    made.add_argument(
        "--complete",
        action="store_true",
        help="fail if a rule of these files has no test in which it must alert, or none in which it must not: named"
        ' under none, or with "*" there in a test like one in which it alerts',
    )
    made.add_argument("--schema", action="store_true", help="print the JSON schema of test files, for editors")
    made.add_argument("--json", action="store_true", help="one JSON object")
    return made


@dataclass
class _Report:
    """What all files came to."""

    outcomes: list[tuple[CaseFile, Outcome]] = field(default_factory=list)
    rules: dict[str, Rule] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)

    @property
    def failed(self) -> int:
        return sum(bool(outcome.failures) for _, outcome in self.outcomes)

    def as_json(self) -> dict[str, Any]:
        return {
            "passed": len(self.outcomes) - self.failed,
            "failed": self.failed,
            "incomplete": self.missing,
            "tests": [_outcome_json(outcome) for _, outcome in self.outcomes],
        }

    def print(self, verbose: bool) -> None:
        for _, outcome in self.outcomes:
            place, name = outcome.case.place, outcome.case.name
            if verbose and not outcome.failures:
                print(shown(f"{place}: ok: {name}"))
            for failure in outcome.failures:
                print(shown(f"{place}: FAILED: {name}: {failure}"))
        for line in self.missing:
            print(shown(line))
        files = len({file.path for file, _ in self.outcomes})
        total = len(self.outcomes)
        print(
            f"{total} test{'s' * (total != 1)} in {files} file{'s' * (files != 1)}:"
            f" {total - self.failed} passed, {self.failed} failed"
        )


def main(argv: Sequence[str]) -> int:
    """Run the command."""
    made = parser()
    options = made.parse_args(argv)
    if options.schema:
        print(json.dumps(CASE_SCHEMA, indent=2))
        return DONE
    if not options.files:
        made.error("no test file is named")
    report = _Report()
    try:
        for path in case_paths(options.files):
            _try_file(read_case_file(path), report)
    except AuditfalcoError as error:
        print(f"auditfalco test: {shown(str(error))}", file=sys.stderr)
        return FAILED
    if options.complete:
        _complete(report)
    if options.json:
        print(json_text(report.as_json()))
    else:
        report.print(options.verbose)
    return FAILED if report.failed or report.missing else DONE


def _try_file(file: CaseFile, report: _Report) -> None:
    trial = Trial(file)
    report.rules.update({rule.name: rule for rule in trial.rules})
    report.outcomes += [(file, trial.run(case)) for case in file.cases]


def _complete(report: _Report) -> None:
    cases = [outcome.case for _, outcome in report.outcomes]
    never, always = untested(report.rules.values(), cases)
    report.missing += [f"{report.rules[name].location}: no test wants an alert of {name!r}" for name in never]
    report.missing += [
        f"{report.rules[name].location}: no test is about there being no alert of {name!r}" for name in always
    ]


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    place = outcome.case.place
    return {
        "name": outcome.case.name,
        "file": place.file,
        "line": place.line,
        "column": place.column,
        "passed": not outcome.failures,
        "failures": list(outcome.failures),
        "alerts": [{"rule": raised.rule, "output": raised.output} for raised in outcome.raised],
    }
