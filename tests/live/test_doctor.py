"""`doctor` on this machine and on less than the whole of it, against what the kernel and auditctl say; `run` agrees."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from harness.agent import CONSOLE_SCRIPT, run_command
from harness.machine import AuditState, program
from harness.rulefiles import SHIPPED
from harness.scope import AuditScope
from harness.situations import SITUATIONS, capabilities, is_reachable, run_in, shares

AUDITCTL = program("auditctl") or "auditctl"
RUN_TIMEOUT = 60.0
NAMESPACES = {"user": "user", "pid": "pid", "network": "net", "mount": "mnt"}
VARYING = frozenset({"audit queue", "audit lost"})  # counters, which move between two looks
MAKES_FANOTIFY = "import ctypes, sys; sys.exit(ctypes.CDLL(None).fanotify_init(0, 0) < 0)"

pytestmark = pytest.mark.usefixtures("audit_scope")


def doctor(situation: str) -> tuple[int, dict[str, dict[str, str]]]:
    """The exit code, and the checks by name."""
    if not is_reachable(CONSOLE_SCRIPT):
        pytest.fail("the checkout lies where other users cannot read it")
    before = AuditState.read()
    done = run_in(situation, str(CONSOLE_SCRIPT), "doctor", "--json")
    assert AuditState.read() == before
    assert done.stderr == ""
    document = json.loads(done.stdout)
    assert document["can_run"] is (done.returncode == 0)
    return done.returncode, {check["check"]: check for check in document["checks"]}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_it_says_what_the_kernel_says(situation: str) -> None:
    code, checks = doctor(situation)
    in_force = capabilities(situation)
    for name in ("AUDIT_READ", "AUDIT_CONTROL", "SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE", "DAC_READ_SEARCH"):
        said = f"CAP_{name} is missing" in checks["capabilities"]["found"]
        assert said is (f"CAP_{name}" not in in_force), name
    for name, kind in NAMESPACES.items():
        assert (checks[f"{name} namespace"]["state"] == "ok") is shares(situation, kind), name
    answers = "enabled" in run_in(situation, AUDITCTL, "-s").stdout
    assert (checks["audit rules"]["state"] == "ok") is answers
    makes_groups = run_in(situation, "/usr/bin/python3", "-c", MAKES_FANOTIFY).returncode == 0
    assert (checks["fanotify"]["state"] == "ok") is makes_groups
    hears = "CAP_AUDIT_READ" in in_force and shares(situation, "user") and shares(situation, "net")
    assert (checks["audit records"]["state"] == "ok") is hears
    assert code == (0 if hears else 3)
    assert all(check["mend"] for check in checks.values() if check["state"] != "ok")


@pytest.mark.parametrize("situation", SITUATIONS)
def test_run_says_the_same(situation: str, audit_scope: AuditScope) -> None:
    code, checks = doctor(situation)
    before = AuditState.read()
    command = run_command([SHIPPED], audit_scope.login_uid, ["-M", "1"])
    done = run_in(situation, *command, timeout=RUN_TIMEOUT)
    assert AuditState.read() == before
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    if code:
        first = next(check for check in checks.values() if check["state"] == "fail")
        assert done.stderr == f"Error: {first['found']}; mend: {first['mend']}\n"
        return
    for name, check in checks.items():
        if name not in VARYING:
            assert (f"{check['found']}; mend: {check['mend']}" in done.stderr) is (check["state"] == "warn"), name
    assert "ready" in done.stderr


def test_audit_is_as_auditctl_shows_it() -> None:
    shown = dict(line.split(maxsplit=1) for line in _auditctl("-s").splitlines() if line)
    _, checks = doctor("the machine itself")
    assert f"of {shown['backlog_limit']} records" in checks["audit queue"]["found"]
    assert (checks["audit enabled"]["found"] == "on") is (shown["enabled"] == "1")
    assert (checks["audit daemon"]["found"].startswith("none")) is (shown["pid"] == "0")
    assert (checks["audit rate"]["state"] == "ok") is (shown["rate_limit"] == "0")
    assert (checks["audit lost"]["state"] == "ok") is (shown["lost"] == "0")
    count = 0 if "No rules" in _auditctl("-l") else len(_auditctl("-l").splitlines())
    assert f"{count} audit rule" in checks["audit rules"]["found"]


def test_task_never_is_said_first_and_its_mend_mends() -> None:
    before = AuditState.read()
    try:
        _auditctl("-a", "task,never")
        _, checks = doctor("the machine itself")
        first: dict[str, Any] = next(iter(checks.values()))
        command = first["mend"].partition(";")[0].split()
        assert command[0] == "auditctl"
        _auditctl(*command[1:])
        assert AuditState.read() == before
    finally:
        subprocess.run([AUDITCTL, "-d", "task,never"], capture_output=True, timeout=RUN_TIMEOUT, check=False)
    assert (first["check"], first["state"]) == ("task,never", "warn")
    assert "no process that starts from now on is audited" in first["found"]


def test_run_says_a_rule_that_silences_first(audit_scope: AuditScope) -> None:
    quiet = ("never,task", "-F", "uid=64242")  # a user that nobody is
    try:
        _auditctl("-a", *quiet)
        done = run_in("the machine itself", *run_command([SHIPPED], audit_scope.login_uid, ["-M", "1"]))
    finally:
        subprocess.run([AUDITCTL, "-d", *quiet], capture_output=True, timeout=RUN_TIMEOUT, check=False)
    lines = [line for line in done.stderr.splitlines() if "mend: " in line]
    assert "-a never,task -F uid=64242: the processes that it is about are not audited" in lines[0]


def _auditctl(*arguments: str) -> str:
    command = [AUDITCTL, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=RUN_TIMEOUT).stdout


def test_for_people() -> None:
    done = run_in("the machine itself", str(CONSOLE_SCRIPT), "doctor")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "The agent can run here.")
    assert "\x1b" not in done.stdout
