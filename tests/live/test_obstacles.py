"""Where the kernel refuses: the agent says what is missing, goes on where it can, and ends with 3 where it cannot."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from harness.agent import environment, run_command
from harness.machine import AuditState
from harness.rulefiles import SHIPPED
from harness.scope import AuditScope

TIMEOUT = 60.0
NOBODY = 65534


@pytest.fixture
def command(audit_scope: AuditScope) -> list[str]:
    return run_command([SHIPPED], audit_scope.login_uid, ["-M", "1"])


def run(*argv: str, user: int | None = None) -> subprocess.CompletedProcess[str]:
    before = AuditState.read()
    done = subprocess.run(
        argv, capture_output=True, text=True, timeout=TIMEOUT, check=False, env=environment(), user=user, cwd="/"
    )
    assert AuditState.read() == before
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_an_ordinary_user(command: list[str]) -> None:
    if not _is_reachable(Path(command[0])):
        pytest.fail("the checkout lies where other users cannot read it")
    done = run(*command, user=NOBODY)
    assert done.returncode == 3
    assert "ermitted" in done.stderr or "CAP_AUDIT" in done.stderr
    assert done.stderr.count("\n") == 1


def _is_reachable(path: Path) -> bool:
    return all(directory.stat().st_mode & 0o001 for directory in path.parents)


def test_another_network_namespace(command: list[str]) -> None:
    done = run("unshare", "--net", *command)
    assert done.returncode == 3
    assert "initial" in done.stderr


def test_without_the_right_to_change_audit_rules(command: list[str]) -> None:
    done = run("setpriv", "--bounding-set=-audit_control", "--inh-caps=-audit_control", *command)
    assert done.returncode == 0, done.stderr
    assert "audit rules cannot be changed" in done.stderr
    assert "ready" in done.stderr
    assert "Events detected:" in done.stdout
