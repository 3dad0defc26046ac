"""Planned audit rules, withheld and given back; the kernel's side is made up."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from auditfalco.agent.asked import Asked
from auditfalco.coverage.rulemaking import PlannedRule
from auditfalco.coverage.worth import NAMES, OPENS, VITAL
from kernel_sources.audit.rule import AuditRule, rule
from kernel_sources.errors import NotPermitted, RuleRefused


class Installed:
    """The rules that the kernel has."""

    def __init__(self) -> None:
        self.ours: list[AuditRule] = []

    def add_all(self, rules: Iterable[AuditRule]) -> list[RuleRefused]:
        self.ours += [one for one in rules if one not in self.ours]
        return []

    def remove(self, one: AuditRule) -> bool:
        if one not in self.ours:
            return False
        self.ours.remove(one)
        return True


def planned(number: int, worth: int) -> PlannedRule:
    return PlannedRule(rule("exit", "always", syscalls=[number]), (f"rule {number}",), worth)


def test_rules_of_little_worth_are_withdrawn_and_given_back() -> None:
    installed = Installed()
    asked = Asked(installed)  # type: ignore[arg-type]
    opens, names, vital = planned(1, OPENS), planned(2, NAMES), planned(3, VITAL)
    asked.add([vital, opens, names])
    asked.withdraw(NAMES)
    assert (installed.ours, asked.withdrawn) == ([vital.rule, names.rule], (opens,))
    late = planned(4, OPENS)
    asked.add([late])
    assert late.rule not in installed.ours
    asked.remove(opens.rule)
    asked.withdraw(0)
    assert (installed.ours, asked.withdrawn) == ([vital.rule, names.rule, late.rule], ())
    assert asked.wanted == (vital, names, late)


def test_what_is_vital_is_never_withheld() -> None:
    installed = Installed()
    asked = Asked(installed)  # type: ignore[arg-type]
    asked.add([planned(1, OPENS), planned(2, VITAL)])
    asked.withdraw(VITAL + 1)
    assert installed.ours == [planned(2, VITAL).rule]


def test_a_failure_leaves_what_was_withheld_before() -> None:
    class Locked(Installed):
        def remove(self, one: AuditRule) -> bool:
            raise NotPermitted("locked")

    asked = Asked(Locked())  # type: ignore[arg-type]
    asked.add([planned(1, OPENS)])
    with pytest.raises(NotPermitted):
        asked.withdraw(NAMES)
    assert asked.withdrawn == ()
