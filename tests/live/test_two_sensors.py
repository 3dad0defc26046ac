"""fanotify beside audit: one event for an open that both see, and an event for one that audit does not."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness.agent import AgentProcess, Alert, StartAgent
from harness.docker import Docker
from harness.scope import AuditScope, SpawnScoped

RULES = """\
- rule: Read
  desc: as rules about sensitive files ask
  condition: evt.type in (open, openat, openat2) and evt.is_open_read=true and fd.num>=0 and fd.name = %(file)s
  output: "%%evt.sensors %%fd.name %%proc.pid %%proc.name %%proc.cmdline %%user.uid %%user.loginuid %%container.id"
  priority: WARNING
- rule: Written
  desc: as rules about changed files ask
  condition: evt.type in (open, openat, openat2) and evt.is_open_write=true and fd.num>=0 and fd.name = %(file)s
  output: "%%evt.sensors"
  priority: WARNING
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory whose name is nobody else's."""
    directory = Path(f"/var/tmp/auditfalco-two-{os.getpid()}")
    directory.mkdir()
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def watched(place: Path) -> Path:
    """The file that the rules name."""
    file = place / "secret"
    file.write_text("secret\n")
    return file


def rules_file(tmp_path: Path, file: str) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES % {"file": file})
    return path


def read_alert(running: AgentProcess, pid: int) -> dict[str, Any]:
    def fits(alert: Alert) -> bool:
        return bool(alert["rule"] == "Read" and alert["output_fields"]["proc.pid"] == pid)

    told: dict[str, Any] = running.wait_alert(fits)["output_fields"]
    return told


UNMENDED = ("-o", "auditfalco.tampering.repair=none")
"""Options with which the agent leaves a foreign rule in front of its own: it would be heard again in a moment."""


class Unrecorded:
    """A shell whose opens an audit rule of another keeps out of the records."""

    def __init__(self, spawn_scoped: SpawnScoped) -> None:
        self.process = spawn_scoped(
            ["sh", "-c", 'read line; eval "$line"; read line'], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.pid = self.process.pid
        calls = ("-S", "open", "-S", "openat", "-S", "openat2")
        self._rule = [("exit,never", "-F", f"arch={arch}", *calls, "-F", f"pid={self.pid}") for arch in ("b64", "b32")]

    def __enter__(self) -> Unrecorded:
        for rule in self._rule:
            subprocess.run(["auditctl", "-A", *rule], check=True, capture_output=True)
        return self

    def __exit__(self, *exception: object) -> None:
        for rule in self._rule:
            subprocess.run(["auditctl", "-d", *rule], check=False, capture_output=True)

    def does(self, script: str) -> None:
        """Let it run a line of shell; it stays afterwards."""
        assert self.process.stdin is not None
        self.process.stdin.write(script.encode() + b"\n")
        self.process.stdin.flush()


def test_an_open_that_both_see_is_one_event(
    agent: StartAgent, audit_scope: AuditScope, spawn_scoped: SpawnScoped, tmp_path: Path, watched: Path
) -> None:
    running = agent(rules_file(tmp_path, str(watched)))
    first = spawn_scoped(["cat", str(watched)], stdout=subprocess.DEVNULL)
    first.wait(10)
    again = spawn_scoped(["sh", "-c", f"for i in 1 2 3; do read line <{watched}; done"])
    again.wait(10)
    read_alert(running, first.pid)
    read_alert(running, again.pid)
    running.interrupt()
    assert [alert["output_fields"]["evt.sensors"] for alert in running.alerts("Read")] == ["audit,fanotify"] * 4
    assert running.alerts("Written") == []


@pytest.mark.parametrize("way", ["the file's own name", "a hard link", "a symbolic link"])
def test_an_open_that_audit_does_not_see(
    agent: StartAgent, audit_scope: AuditScope, spawn_scoped: SpawnScoped, tmp_path: Path, watched: Path, way: str
) -> None:
    name = watched
    if way == "a hard link":
        name = watched.parent / "link"
        os.link(watched, name)
    elif way == "a symbolic link":
        name = watched.parent / "link"
        name.symlink_to(watched)
    running = agent(rules_file(tmp_path, str(watched)), options=UNMENDED)
    with Unrecorded(spawn_scoped) as shell:
        shell.does(f"read secret <{name}")
        told = read_alert(running, shell.pid)
        assert told["evt.sensors"] == "fanotify"
        assert told["fd.name"] == str(name if way == "a hard link" else watched)
        assert (told["proc.name"], told["user.uid"], told["container.id"]) == ("sh", 0, "host")
        assert told["user.loginuid"] == audit_scope.login_uid
        assert told["proc.cmdline"].startswith("sh -c read line")
    running.interrupt()
    assert len(running.alerts("Read")) == 1
    assert running.alerts("Written") == []


def test_what_audit_should_have_seen_is_told(
    agent: StartAgent, spawn_scoped: SpawnScoped, tmp_path: Path, watched: Path
) -> None:
    running = agent(rules_file(tmp_path, str(watched)), options=UNMENDED)
    with Unrecorded(spawn_scoped) as shell:
        shell.does(f"read secret <{watched}")
        told = running.wait_alert(lambda alert: alert["rule"] == "auditfalco internal: open unseen by audit")
    assert told["output_fields"]["fd.name"] == str(watched)
    assert told["output_fields"]["proc.pid"] == shell.pid
    assert "1 opens that audit was asked for" in running.interrupt().summary


def test_a_file_that_is_replaced_is_watched_again(
    agent: StartAgent, spawn_scoped: SpawnScoped, tmp_path: Path, watched: Path
) -> None:
    running = agent(rules_file(tmp_path, str(watched)), options=UNMENDED)
    new = watched.parent / "new"
    new.write_text("new\n")
    new.rename(watched)
    with Unrecorded(spawn_scoped) as shell:
        shell.does(f"while sleep 0.2; do read secret <{watched}; done")
        # Audit may tell of the first ones: the new file is marked a moment later, and the agent mends what hides opens.
        running.wait_alert(
            lambda alert: alert["rule"] == "Read" and "fanotify" in alert["output_fields"]["evt.sensors"]
        )


def test_other_login_uids_are_left_out(
    agent: StartAgent, spawn_scoped: SpawnScoped, tmp_path: Path, watched: Path
) -> None:
    running = agent(rules_file(tmp_path, str(watched)))
    watched.read_text()
    other = subprocess.Popen(["cat", str(watched)], stdout=subprocess.DEVNULL)
    other.wait(10)
    ours = spawn_scoped(["cat", str(watched)], stdout=subprocess.DEVNULL)
    ours.wait(10)
    read_alert(running, ours.pid)
    running.interrupt()
    assert [alert["output_fields"]["proc.pid"] for alert in running.alerts("Read")] == [ours.pid]


def test_a_container_s_own_file(agent: StartAgent, dockerd: Docker, tmp_path: Path) -> None:
    running = agent(rules_file(tmp_path, "/etc/shadow"))
    container = dockerd.run("sleep", "600")
    try:
        told: dict[str, Any] = {}
        for attempt in range(10):  # its files are marked a moment after it began
            dockerd.execute(container, "sh", "-c", "sleep 0.5; cat /etc/shadow")
            alert = running.wait_alert(lambda alert: alert["rule"] == "Read", after=attempt)
            told = alert["output_fields"]
            if told["evt.sensors"] == "audit,fanotify":
                break
        assert (told["evt.sensors"], told["fd.name"]) == ("audit,fanotify", "/etc/shadow")
        assert (told["container.id"], told["proc.name"]) == (container[:12], "cat")
    finally:
        dockerd.remove(container)
