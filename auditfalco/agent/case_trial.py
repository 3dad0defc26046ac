"""Cases of test files tried on their rules.

Every rule is tried on every event, also those that are disabled, and whether an earlier one has alerted or not: a test
is about what rules mean, not about which of them run.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from auditfalco.agent.alerting import Alerting
from auditfalco.agent.archive import Archive
from auditfalco.agent.case_files import ALL_OTHERS, CaseFile, NamedRule, RawRecords, RuleCase
from auditfalco.agent.case_reader import line_place
from auditfalco.agent.rulefiles import expand, load_files
from auditfalco.engine.engine import Engine
from auditfalco.engine.field_event import FieldEvent, bind_field_event
from auditfalco.engine.template import Template
from auditfalco.errors import AuditfalcoError
from auditfalco.ruleset.items import Priority
from auditfalco.ruleset.rule import Rule
from kernel_sources.audit.logfile import LogCount, read_stream

_ALL = "all"
"""How rules are matched: all that an event fulfils, not the first alone."""


@dataclass(frozen=True)
class Raised:
    """An alert: the rule, and what it says."""

    rule: str
    output: str


@dataclass(frozen=True)
class Outcome:
    """What came of a case.

    Attributes:
        case: the case.
        raised: the alerts, in order.
        failures: what is not as it must be, one line each; none when the case passes.
    """

    case: RuleCase
    raised: tuple[Raised, ...]
    failures: tuple[str, ...]


class Trial:
    """The rules of one test file, ready for its cases.

    Attributes:
        rules: all of them, enabled.

    Raises:
        RulesRefused: a rule file cannot be read or has errors.
    """

    def __init__(self, file: CaseFile) -> None:
        paths = expand(file.rules).paths
        if not paths:
            raise AuditfalcoError(f"{file.path}: there is no rule file in {', '.join(file.rules)}")
        loaded = load_files(paths, Priority.DEBUG).ruleset
        self.rules: tuple[Rule, ...] = tuple(replace(rule, enabled=True) for rule in loaded)
        self._names = frozenset(rule.name for rule in self.rules)
        self._engine = Engine(self.rules, bind_field_event, _ALL)
        self._outputs = {rule.name: Template("*" + rule.output, bind_field_event) for rule in self.rules}

    def run(self, case: RuleCase) -> Outcome:
        """Try the rules on what the case tells.

        Raises:
            AuditfalcoError: it names a rule that there is not, or a record that is none; with the place.
        """
        for named in (*case.alerts, *case.none):
            self._check_name(named)
        raised = tuple(self._of_records(case.records) if case.records else self._of_events(case.events))
        return Outcome(case, raised, tuple(_failures(case, raised)))

    def _check_name(self, named: NamedRule) -> None:
        if named.name not in self._names and named.name != ALL_OTHERS:
            raise AuditfalcoError(f"there is no rule {named.name!r}", named.place, "auditfalco run -L lists the rules")

    def _of_events(self, events: Iterable[Mapping[str, object]]) -> Iterable[Raised]:
        for values in events:
            event = FieldEvent(values)
            for match in self._engine.evaluate(event):
                yield Raised(match.rule.name, self._outputs[match.rule.name].render(event))

    def _of_records(self, records: RawRecords) -> Iterable[Raised]:
        archive, alertings = Archive(()), {}
        count = LogCount()
        text = records.text.encode("utf-8", "surrogateescape")
        for event, host in archive.events_of(read_stream(io.BytesIO(text), records.place.file, count)):
            if id(host) not in alertings:
                alertings[id(host)] = Alerting(self.rules, host, _ALL)
            yield from (Raised(alert.rule, alert.output) for alert in alertings[id(host)].alerts(event))
        if count.faults:
            fault = count.faults[0]
            place = line_place(records.place, records.first_line + fault.line - 1)
            raise AuditfalcoError(f"not an audit record: {fault.reason}", place)


def _failures(case: RuleCase, raised: Iterable[Raised]) -> Iterable[str]:
    outputs: dict[str, list[str]] = {}
    for alert in raised:
        outputs.setdefault(alert.rule, []).append(alert.output)
    wanted = [named.name for named in case.alerts]
    refused = [named.name for named in case.none]
    for name in wanted:
        if name not in outputs:
            yield f"no alert of {name!r}"
    for name in outputs:
        if name in refused or (ALL_OTHERS in refused and name not in wanted):
            yield f"an alert of {name!r}: {outputs[name][0]}"
    told = [line for lines in outputs.values() for line in lines]
    for text in case.output:
        if told and not any(text in line for line in told):
            yield f"no output contains {text!r}: {told[0]}"


def untested(rules: Iterable[Rule], cases: Iterable[RuleCase]) -> tuple[list[str], list[str]]:
    """The names of the rules that no case wants an alert of, and of those that no case is about the silence of.

    A case is about those that it names under `none`, and with ALL_OTHERS about those that alert in the case that it
    changes: of an event that has nothing to do with a rule its silence proves nothing.
    """
    alerts: set[str] = set()
    none: set[str] = set()
    for case in cases:
        wanted = {named.name for named in case.alerts}
        refused = {named.name for named in case.none}
        if ALL_OTHERS in refused and case.model is not None:
            refused |= {named.name for named in case.model.alerts} - wanted
        alerts |= wanted
        none |= refused
    names = [rule.name for rule in rules]
    return [name for name in names if name not in alerts], [name for name in names if name not in none]
