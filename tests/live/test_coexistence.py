"""Beside an audit daemon: both keep working, and its rules stay as they were."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.agent import StartAgent
from harness.machine import AuditState, audit_obstacle, program
from harness.scope import AuditScope, end_process

TAMPERING = "auditfalco internal: audit tampering"
RULES = (
    "- rule: ran\n  desc: d\n  condition: evt.type=execve and proc.args contains probe-\n"
    "  output: ran %proc.cmdline\n  priority: NOTICE\n"
)
SETTINGS = """local_events = yes
write_logs = yes
log_file = {directory}/audit.log
log_format = RAW
log_group = root
flush = NONE
max_log_file = 8
num_logs = 2
max_log_file_action = ROTATE
space_left = 2
space_left_action = IGNORE
admin_space_left = 1
admin_space_left_action = IGNORE
disk_full_action = IGNORE
disk_error_action = IGNORE
"""


class Auditd:
    """Debian's audit daemon with a configuration and a log of its own."""

    def __init__(self, directory: Path) -> None:
        self.log = directory / "audit.log"
        (directory / "auditd.conf").write_text(SETTINGS.format(directory=directory))
        (directory / "auditd.conf").chmod(0o640)
        (directory / "plugins.d").mkdir()
        command = [program("auditd") or "auditd", "-n", "-s", "enable", "-c", str(directory)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while f"pid {self.process.pid}" not in auditctl("-s"):
            assert self.process.poll() is None, "the daemon ends at once"
            assert time.monotonic() < deadline, "the daemon does not register"
            time.sleep(0.05)

    def has(self, word: str) -> bool:
        """Whether its log comes to hold a word within ten seconds."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if self.log.exists() and word in self.log.read_text(errors="replace"):
                return True
            time.sleep(0.1)
        return False


def auditctl(*arguments: str) -> str:
    command = [program("auditctl") or "auditctl", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    if audit_obstacle() is not None or program("auditd") is None:
        pytest.skip(audit_obstacle() or "needs auditd")
    before = AuditState.read()
    made = tmp_path / "auditd"
    made.mkdir(mode=0o750)
    yield made
    settings = dict(before.settings)
    auditctl("-e", str(settings["enabled"]))


def test_both_work_and_the_daemons_rules_stay(agent: StartAgent, audit_scope: AuditScope, directory: Path) -> None:
    (directory.parent / "rules.yaml").write_text(RULES)
    scope = f"auid={audit_scope.login_uid}"
    first = ("always,exit", "-F", "arch=b64", "-S", "mkdir,mkdirat", "-F", scope, "-k", "theirs-before")
    later = ("always,exit", "-F", "arch=b64", "-S", "rmdir", "-F", scope, "-k", "theirs-after")
    daemon = Auditd(directory)
    try:
        auditctl("-a", *first)
        running = agent(directory.parent / "rules.yaml")
        auditctl("-a", *later)
        place = directory.parent / "made-and-removed"
        audit_scope.run(["/bin/mkdir", str(place)])
        audit_scope.run(["/bin/rmdir", str(place)])
        audit_scope.run(["/bin/true", "probe-1-"])
        running.wait_alert(lambda one: one["rule"] == "ran" and "probe-1-" in one["output"])
        assert daemon.has("theirs-before")
        assert daemon.has("theirs-after")
        assert running.alerts(TAMPERING) == []
        with_ours = auditctl("-l")
        assert running.interrupt().code == 0
        left = auditctl("-l")
        assert left == "".join(line for line in with_ours.splitlines(keepends=True) if "auditfalco" not in line)
        assert [line for line in left.splitlines() if "theirs-" in line] == left.splitlines()
        assert f"pid {daemon.process.pid}" in auditctl("-s")
    finally:
        for rule in (first, later):
            subprocess.run([program("auditctl") or "auditctl", "-d", *rule], capture_output=True)
        end_process(daemon.process)


def test_a_daemon_that_comes_goes_or_is_killed_is_told(
    agent: StartAgent, audit_scope: AuditScope, directory: Path
) -> None:
    (directory.parent / "rules.yaml").write_text(RULES)
    running = agent(directory.parent / "rules.yaml")

    def told(after: int) -> str:
        alert = running.wait_alert(
            lambda one: one["rule"] == TAMPERING and one["output_fields"].get("what") == "daemon", 10.0, after
        )
        return str(alert["priority"])

    count = running.alert_count()
    daemon = Auditd(directory)
    try:
        assert told(count) == "Notice"
        count = running.alert_count()
        os.kill(daemon.process.pid, signal.SIGKILL)
        daemon.process.wait(10)
        audit_scope.run(["/bin/true", "probe-2-"])
        running.wait_alert(lambda one: "probe-2-" in one["output"])
        assert told(count) == "Warning"
    finally:
        end_process(daemon.process)


TAKE_OVER = """
import os, socket, struct, time
taken = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)
taken.bind((os.getpid(), 0))
status = struct.pack("=11I", 4, 0, 0, os.getpid(), *[0] * 7)
taken.send(struct.pack("=IHHII", 16 + len(status), 1001, 5, 1, 0) + status)
time.sleep(2)
"""


def test_another_program_in_the_daemons_place_is_an_alarm(
    agent: StartAgent, audit_scope: AuditScope, directory: Path
) -> None:
    (directory.parent / "rules.yaml").write_text(RULES)
    running = agent(directory.parent / "rules.yaml")
    taken = audit_scope.spawn(["/usr/bin/python3", "-c", TAKE_OVER])
    try:
        alert = running.wait_alert(
            lambda one: one["rule"] == TAMPERING and one["output_fields"].get("what") == "daemon", 2.0
        )
        assert alert["priority"] == "Critical", alert
        assert alert["output_fields"]["auid"] == audit_scope.login_uid
        assert "python3" in alert["output_fields"]["exe"]
    finally:
        end_process(taken)
    audit_scope.run(["/bin/true", "probe-3-"])
    running.wait_alert(lambda one: "probe-3-" in one["output"])
