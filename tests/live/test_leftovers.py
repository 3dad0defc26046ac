"""Runs of the agent that are killed: the next one clears away what they leave."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from harness.agent import AgentProcess, StartAgent, environment, run_command
from harness.machine import AuditState
from harness.rulefiles import SHIPPED
from harness.scope import AuditScope

from auditfalco.agent.leftovers import RUN_DIRECTORY, stray_rules
from auditfalco.coverage.keys import KEY
from kernel_sources.audit.control import AuditControl
from kernel_sources.procfs import ProcFS

MOMENTS = (0.6, 0.8, 1.0, 1.2, 1.5, None)  # seconds after the start; None: once it is ready


def notes() -> list[str]:
    return sorted(path.name for path in RUN_DIRECTORY.glob("settings-*")) if Path(RUN_DIRECTORY).exists() else []


def killed_at(moment: float | None, scope: AuditScope) -> int:
    """Kill a run of the agent, and count the audit rules that it leaves."""
    running = AgentProcess(run_command([SHIPPED], scope.login_uid), environment())
    try:
        if moment is None:
            running.wait_ready()
        else:
            time.sleep(moment)
        running.process.kill()
        running.process.wait(10)
        with AuditControl() as control:
            return len(stray_rules(control.list_rules(), ProcFS()))
    finally:
        running.close()


def test_the_next_run_clears_away_what_killed_ones_left(audit_scope: AuditScope, agent: StartAgent) -> None:
    before, noted_before = AuditState.read(), notes()
    left = [killed_at(moment, audit_scope) for moment in MOMENTS]
    assert left[-1] > 0, "a run that was ready had no audit rules"
    running = agent(SHIPPED)
    with AuditControl() as control:
        assert stray_rules(control.list_rules(), ProcFS()) == []
    said = running.messages()
    assert "that a killed run of the agent had left behind" in said, said
    assert running.interrupt().code == 0
    assert before.changes(AuditState.read()) == []
    assert notes() == noted_before
    assert not [rule for rule in AuditState.read().rules if KEY in rule]


@pytest.mark.parametrize("both", [False, True])
def test_a_run_beside_another_leaves_its_rules_alone(agent: StartAgent, both: bool) -> None:
    first = agent(SHIPPED)
    rules = AuditState.read().rules
    second = agent(SHIPPED)
    (second if both else first).interrupt()
    left = AuditState.read().rules
    if both:
        assert set(left) == set(rules)
    assert left
