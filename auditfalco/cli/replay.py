"""`auditfalco replay`: rules on audit logs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TextIO

from auditfalco.agent.alerting import Alerting
from auditfalco.agent.archive import Archive
from auditfalco.agent.rulefiles import load_rules
from auditfalco.cli import DONE, FAILED
from auditfalco.cli.options import add_rules
from auditfalco.errors import AuditfalcoError
from auditfalco.outputs.form import AlertForm
from auditfalco.outputs.statistics import AlertCounts
from auditfalco.ruleset.items import Priority
from auditfalco.ruleset.rule import Ruleset
from kernel_sources.audit.logfile import UnreadableLog


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    made = argparse.ArgumentParser(
        prog="auditfalco replay",
        description="Run rules on audit logs and print alerts as the agent would. The machine it runs on is not looked"
        " at: what a log does not say, such as containers, is absent.",
        epilog="example: auditfalco replay /var/log/audit/audit.log -r my_rules.yaml --json",
    )
    made.add_argument("logs", nargs="+", metavar="LOG", help="audit log (plain or gzip), or - for standard input")
    add_rules(made, "rules (default: the shipped ones)")
    made.add_argument("--json", action="store_true", help="one JSON alert a line")
    return made


def main(argv: Sequence[str]) -> int:
    """Run the command."""
    options = parser().parse_args(argv)
    try:
        ruleset, _ = load_rules(options.rules, Priority.DEBUG)
        replay = Replay(ruleset, AlertForm(json_output=options.json, iso_time=True))
        replay.run(Archive(options.logs))
    except (AuditfalcoError, UnreadableLog) as error:
        sys.stdout.flush()
        print(f"auditfalco replay: {error}", file=sys.stderr)
        return FAILED
    return DONE


class Replay:
    """Rules applied to an archive, host by host."""

    def __init__(self, ruleset: Ruleset, form: AlertForm, matching: str = "first") -> None:
        self._ruleset = ruleset
        self._matching = matching
        self._form = form
        self._by_host: dict[int, Alerting] = {}

    def run(self, archive: Archive, summary: TextIO | None = None) -> None:
        """Print the alerts, then on standard error what was read, and on `summary` (None: there too) what fired.

        Raises:
            UnreadableLog: at the first log that cannot be read, after the alerts before it.
        """
        counts = AlertCounts()
        for event, host in archive.events():
            alerting = self._by_host.get(id(host))
            if alerting is None:
                alerting = self._by_host[id(host)] = Alerting(self._ruleset, host, self._matching)
                host.watch_programs(alerting.named_programs)
            for alert in alerting.alerts(event):
                counts.count(alert)
                print(self._form.line(alert))
        sys.stdout.flush()
        for line in archive.closing_lines():
            print(line, file=sys.stderr)
        for line in counts.summary([rule.name for rule in self._ruleset]):
            print(line, file=summary or sys.stderr)
