"""The canary: silent while the agent sees, an alarm while it is blind."""

from __future__ import annotations

import time
from pathlib import Path

from harness.agent import StartAgent
from harness.machine import program
from harness.scope import AuditScope

BLIND = "auditfalco internal: blind"
OPTIONS = ("-o", "auditfalco.canary_seconds=0.5", "-o", "auditfalco.tampering.repair=none")
EVERYTHING = (
    "- rule: any\n  desc: d\n  condition: evt.type=execve\n  output: ran %evt.arg.filename\n  priority: NOTICE\n"
)


def test_blindness_is_an_alarm_and_its_end_is_told(agent: StartAgent, audit_scope: AuditScope, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(EVERYTHING)
    running = agent(rules, options=OPTIONS)
    auditctl = program("auditctl") or "auditctl"
    time.sleep(3)  # some canaries come and go
    assert [one for one in running.alerts() if one["rule"] == BLIND or "canary" in one["output"]] == []
    try:
        audit_scope.run([auditctl, "-e", "0"])
        alert = running.wait_alert(lambda one: one["rule"] == BLIND)
        assert alert["priority"] == "Critical"
        assert "audit was switched off" in alert["output"], alert
    finally:
        audit_scope.run([auditctl, "-e", "1"])
    running.wait_alert(lambda one: one["rule"] == BLIND and one["priority"] == "Notice")
    running.interrupt()
    assert [one for one in running.alerts() if "canary-" in one["output"]] == []
