"""What a run tells at its start, in the doctor's words."""

from __future__ import annotations

import pytest

from auditfalco.agent.daemon import MachineCannot
from auditfalco.agent.obstacles import dark_rules, obstacles
from auditfalco.coverage.checks.checkup import check_all
from auditfalco.coverage.machine.auditing import Auditing
from auditfalco.coverage.machine.machine import Machine
from auditfalco.coverage.machine.privileges import Privileges
from auditfalco.coverage.verdict import BLIND, FULL, PARTIAL, SWITCHED_OFF, Verdict

ABLE = Machine(privileges=Privileges(frozenset({"CAP_AUDIT_READ"}), net=True), no_connector="silent")


def test_what_is_amiss_is_what_the_doctor_says() -> None:
    said = obstacles(ABLE)
    assert said == [str(check) for check in check_all(ABLE) if check.state == "warn"]
    assert any(line.startswith("no process connector (silent)") for line in said)


def test_a_machine_that_cannot() -> None:
    with pytest.raises(MachineCannot, match="no right; mend: run as root"):
        obstacles(Machine(auditing=Auditing(deaf="no right")))


def test_rules_that_are_blind_for_the_same_reasons_are_told_together() -> None:
    verdicts = [
        Verdict("sees", FULL, (), ("open",), ("audit",)),
        Verdict("half", PARTIAL, ("b",), ("read",), ("audit",)),
        Verdict("first", BLIND, ("a", "c"), ("open",), ()),
        Verdict("second", BLIND, ("a", "c"), ("execve",), ()),
        Verdict("off", BLIND, (SWITCHED_OFF,), (), ()),
    ]
    assert dark_rules(verdicts) == ["blind here: 'first', 'second': a; c", "partly blind here: 'half': b"]
