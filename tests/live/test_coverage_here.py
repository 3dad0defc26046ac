"""`coverage` on this machine and on less than the whole of it, and what the agent then really sees."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness.agent import CONSOLE_SCRIPT, AgentProcess, environment, run_command
from harness.machine import AuditState, program
from harness.rulefiles import SHIPPED
from harness.scope import AuditScope
from harness.situations import SITUATIONS, is_reachable, run_in

AUDITCTL = program("auditctl") or "auditctl"
TIMEOUT = 30.0
RULES = """
- rule: Program started
  desc: an execution
  condition: evt.type in (execve, execveat) and proc.name in (mkdir, sleep)
  output: "%proc.name"
  priority: INFO
- rule: Directory made
  desc: a call that only audit tells of
  condition: evt.type in (mkdir, mkdirat) and fs.path.name contains "coverage-probe"
  output: "%fs.path.name"
  priority: INFO
- rule: Name of an address
  desc: needs a field that is never set
  condition: evt.type = connect and fd.sip.name = example.org
  output: "%fd.name"
  priority: INFO
- rule: Bytes written
  desc: io_uring does the same unseen
  condition: evt.type = write and proc.name = coverage-probe
  output: "%fd.name"
  priority: INFO
"""
STARTED, MADE, NAME, WRITTEN = "Program started", "Directory made", "Name of an address", "Bytes written"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    return path


def coverage(situation: str, *rules: Path) -> dict[str, dict[str, Any]]:
    before = AuditState.read()
    named = [argument for path in rules for argument in ("-r", str(path))]
    done = run_in(situation, str(CONSOLE_SCRIPT), "coverage", *named, "--json")
    assert AuditState.read() == before
    assert (done.returncode, done.stderr) == (0, "")
    return {verdict["rule"]: verdict for verdict in json.loads(done.stdout)}


def states(situation: str, *rules: Path) -> list[str]:
    return [verdict["state"] for verdict in coverage(situation, *rules).values()]


@pytest.fixture
def seen_in(audit_scope: AuditScope, rules: Path) -> Iterator[Any]:
    """Runs the agent in a situation while a directory is made; gives the names of the rules that fired."""
    started: list[AgentProcess] = []

    def watch(situation: str, directory: Path) -> set[str]:
        command = [*SITUATIONS[situation], *run_command([rules], audit_scope.login_uid)]
        agent = AgentProcess(command, environment())
        started.append(agent)
        agent.wait_ready()
        audit_scope.run(["mkdir", str(directory)])
        audit_scope.run(["sleep", "0.2"])
        agent.wait_alert(lambda alert: alert["output_fields"].get("proc.name") == "sleep")
        return {alert["rule"] for alert in agent.interrupt().alerts}

    yield watch
    for agent in started:
        agent.close()


def test_the_machine_itself(rules: Path, audit_scope: AuditScope, seen_in: Any, tmp_path: Path) -> None:
    assert states("the machine itself", rules) == ["full", "full", "blind", "partial"]
    assert seen_in("the machine itself", tmp_path / "coverage-probe") == {STARTED, MADE}


def test_without_the_right_to_change_audit_rules(rules: Path, seen_in: Any, tmp_path: Path) -> None:
    found = coverage("without CAP_AUDIT_CONTROL", rules)
    assert [verdict["state"] for verdict in found.values()] == ["partial", "blind", "blind", "blind"]
    assert found[STARTED]["sensors"] == ["fanotify", "connector"]
    assert "audit rules can be neither added nor listed here" in found[MADE]["reasons"][0]
    assert seen_in("without CAP_AUDIT_CONTROL", tmp_path / "coverage-probe") == {STARTED}


@pytest.mark.parametrize(
    "situation", ["a user namespace", "a network namespace", "without CAP_AUDIT_READ", "a pid namespace"]
)
def test_where_nothing_is_seen(rules: Path, audit_scope: AuditScope, situation: str) -> None:
    assert states(situation, rules) == ["blind"] * 4


def test_as_nobody(audit_scope: AuditScope) -> None:
    if not is_reachable(CONSOLE_SCRIPT):
        pytest.fail("the checkout lies where other users cannot read it")
    assert set(states("nobody")) == {"blind"}


def test_without_fanotify_audit_sees_all_the_same(rules: Path, audit_scope: AuditScope) -> None:
    assert states("without CAP_SYS_ADMIN", rules)[:2] == ["full", "full"]


def test_under_task_never(rules: Path, audit_scope: AuditScope) -> None:
    try:
        subprocess.run([AUDITCTL, "-a", "task,never"], check=True, capture_output=True, timeout=TIMEOUT)
        found = coverage("the machine itself", rules)
    finally:
        subprocess.run([AUDITCTL, "-d", "task,never"], check=False, capture_output=True, timeout=TIMEOUT)
    assert [verdict["state"] for verdict in found.values()] == ["partial", "blind", "blind", "blind"]
    assert "no process that starts from now on is audited" in found[MADE]["reasons"][0]


def test_the_shipped_rules_can_all_fire_here(audit_scope: AuditScope) -> None:
    assert "blind" not in [verdict["state"] for verdict in coverage("the machine itself", SHIPPED).values()]
