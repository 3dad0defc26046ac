"""Where audit is blind: opens and executions are seen all the same, by fanotify and the process connector."""

from __future__ import annotations

import errno
import io
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from harness.docker import Docker
from harness.scope import AuditScope

from auditfalco.agent.alerting import Alerting
from auditfalco.agent.daemon import Daemon
from auditfalco.agent.drops import DropSettings
from auditfalco.agent.sensors import Buffering
from auditfalco.coverage.needs import needs_of
from auditfalco.coverage.plan import Plan
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.model.alert import Alert
from auditfalco.outputs.queued import QueuedSink
from auditfalco.ruleset.load import load
from kernel_sources.audit import control, status
from kernel_sources.netlink import NetlinkSocket

OUTPUT = "%evt.sensors %proc.pid %proc.name %proc.cmdline %proc.exepath %proc.pname %user.uid %fd.name %container.id"
RULES = f"""\
- rule: Written
  desc: as rules about changed files ask
  condition: evt.type in (open, openat, openat2) and evt.is_open_write=true and fd.num>=0 and fd.name = SECRET
  output: "{OUTPUT}"
  priority: WARNING
- rule: Read
  desc: as rules about sensitive files ask
  condition: evt.type in (open, openat, openat2) and evt.is_open_read=true and fd.num>=0 and fd.name = SECRET
  output: "{OUTPUT}"
  priority: WARNING
- rule: Executed
  desc: as rules about programs ask
  condition: evt.type in (execve, execveat) and evt.dir=< and proc.name in (cat, id, quick)
  output: "{OUTPUT}"
  priority: WARNING
"""
AGENT_SECONDS = 8.0
READY_SECONDS = 20.0


class Collected:
    """A sink that keeps alerts."""

    name = "collected"

    def __init__(self) -> None:
        self.alerts: list[Alert] = []

    def write(self, alert: Alert) -> None:
        self.alerts.append(alert)

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing to close."""


@pytest.fixture
def secret() -> Iterator[Path]:
    """A file that the rules name."""
    directory = Path(f"/var/tmp/auditfalco-blind-{os.getpid()}")
    directory.mkdir()
    (directory / "secret").write_text("secret\n")
    yield directory / "secret"
    shutil.rmtree(directory)


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that says it is locked (`auditctl -e 2`), and refuses every change with EPERM."""
    ask, command = NetlinkSocket.ask, control.AuditControl._command

    def asked(self: NetlinkSocket, kind: int, *arguments: object, **named: object) -> bytes:
        answer = ask(self, kind, *arguments, **named)  # type: ignore[arg-type]
        if kind != control.AUDIT_GET:
            return answer
        return answer[:4] + (2).to_bytes(4, "little") + answer[8:]

    def commanded(self: control.AuditControl, kind: int, payload: bytes) -> int:
        if kind in (control.AUDIT_SET, control.AUDIT_ADD_RULE, control.AUDIT_DEL_RULE):
            return errno.EPERM
        return command(self, kind, payload)

    monkeypatch.setattr(NetlinkSocket, "ask", asked)
    monkeypatch.setattr(control.AuditControl, "_command", commanded)
    assert status.decode(bytes(4) + (2).to_bytes(4, "little") + bytes(32)).locked


class Run:
    """A run of the agent in this process, with something that happens meanwhile."""

    def __init__(self, tmp_path: Path, scope: AuditScope, secret: str) -> None:
        rules = tmp_path / "rules.yaml"
        rules.write_text(RULES.replace("SECRET", secret))
        ruleset = load([rules]).ruleset
        assert ruleset is not None
        self._collected = Collected()
        self._log = io.StringIO()
        self._daemon = Daemon(
            Plan(needs_of(ruleset, CATALOGUE.resolve_output), (scope.login_uid,)),
            lambda host: Alerting(ruleset, host),
            [QueuedSink(self._collected)],  # type: ignore[arg-type]
            (),
            Buffering(),
            DropSettings(),
            log=self._log,
        )

    def during(self, acts: Sequence[Callable[[], object]]) -> list[dict[str, object]]:
        """Run the agent and let each act happen; returns the fields of all alerts, with the rule as "rule"."""
        with ThreadPoolExecutor(1) as beside:
            acted = beside.submit(self._act, acts)
            self._daemon.run(AGENT_SECONDS)
            acted.result(READY_SECONDS)
        return [{"rule": alert.rule, **alert.output_fields} for alert in self._collected.alerts]

    @property
    def said(self) -> str:
        return self._log.getvalue()

    def _act(self, acts: Sequence[Callable[[], object]]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while "ready" not in self.said:
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)
        for act in acts:
            act()


def test_a_locked_kernel(locked: None, tmp_path: Path, audit_scope: AuditScope, secret: Path) -> None:
    run = Run(tmp_path, audit_scope, str(secret))
    told = run.during(
        [
            lambda: audit_scope.run(["sh", "-c", f"sleep 0.3; sleep 0.3 | cat {secret} -"]),
            lambda: audit_scope.run(["sh", "-c", f"sleep 0.3; echo x >>{secret}; sleep 0.3"]),
            lambda: audit_scope.run(["sh", "-c", "sleep 0.3; id; sleep 0.2"]),
        ]
    )
    assert "audit is blind (audit is locked, and no audit rule that is there asks for it)" in run.said
    by_rule = [(alert["rule"], alert["proc.name"]) for alert in told]
    assert sorted(by_rule) == [("Executed", "cat"), ("Executed", "id"), ("Read", "cat"), ("Written", "sh")], told
    for alert in told:
        assert "audit" not in str(alert["evt.sensors"])
        assert alert["user.uid"] == 0
        # Of a program that is gone before its control group is read, its place is not known.
        assert alert["container.id"] == "host" or (alert["proc.name"] != "sh" and alert["container.id"] is None)
    executed = next(alert for alert in told if (alert["rule"], alert["proc.name"]) == ("Executed", "id"))
    assert executed["proc.pname"] == "sh"


def test_in_a_container(locked: None, tmp_path: Path, audit_scope: AuditScope, dockerd: Docker) -> None:
    container = dockerd.run("sleep", "600")
    try:
        run = Run(tmp_path, audit_scope, "/etc/shadow")
        told = run.during(
            [lambda: dockerd.execute(container, "sh", "-c", "sleep 0.5; sleep 0.5 | /bin/cat /etc/shadow -")]
        )
        by_rule = {str(alert["rule"]): alert for alert in told}
        assert set(by_rule) == {"Read", "Executed"}, told
        for alert in told:
            assert (alert["container.id"], alert["proc.name"]) == (container[:12], "cat")
        assert by_rule["Read"]["evt.sensors"] == "fanotify"
    finally:
        dockerd.remove(container)


def test_processes_that_audit_is_kept_from(tmp_path: Path, audit_scope: AuditScope, secret: Path) -> None:
    """`task,never` for a login uid: new processes of it have no audit context."""
    rule = ("task,never", "-F", f"auid={audit_scope.login_uid}")
    subprocess.run(["auditctl", "-a", *rule], check=True, capture_output=True)
    try:
        run = Run(tmp_path, audit_scope, str(secret))
        told = run.during([lambda: audit_scope.run(["sh", "-c", f"sleep 0.2; read line <{secret}; sleep 0.3"])])
    finally:
        subprocess.run(["auditctl", "-d", *rule], check=False, capture_output=True)
    assert [(alert["rule"], alert["proc.name"]) for alert in told if alert["rule"] == "Read"] == [("Read", "sh")], told
