"""`make run`: one command from a checkout to alerts, and back to the machine as it was."""

from __future__ import annotations

from harness.agent import AgentProcess, environment
from harness.docker import Docker
from harness.machine import AuditState
from harness.rulefiles import CHECKOUT, TERMINAL_SHELL
from harness.scope import AuditScope
from harness.shell import OpenShell

SETUP_TIMEOUT = 300.0  # seconds; what is set up already takes none


def test_make_run_alerts_and_leaves_no_trace(
    audit_scope: AuditScope, container_shell: OpenShell, dockerd: Docker
) -> None:
    before = AuditState.read()
    options = f"-U -o json_output=true --only-loginuid {audit_scope.login_uid}"
    running = AgentProcess(
        ["make", "-C", str(CHECKOUT), "--no-print-directory", "run", f"ARGS={options}"], environment()
    )
    try:
        running.wait_ready(SETUP_TIMEOUT)
        assert AuditState.read() != before
        shell = container_shell()
        alert = running.wait_alert(
            lambda alert: (
                alert["rule"] == TERMINAL_SHELL and alert["output_fields"]["container.id"] == shell.container[:12]
            )
        )
        assert alert["priority"] == "Notice"
        end = running.interrupt()
    finally:
        running.close()
    assert f"Events detected: {len(end.alerts)}" in end.summary
    assert f"   {TERMINAL_SHELL}: 1" in end.summary
    assert "   NOTICE: 1" in end.summary
    assert AuditState.read() == before
