"""Logs recorded live, read again."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from harness.agent import CONSOLE_SCRIPT, Alert, StartAgent
from harness.programs import Compiler
from harness.recording import Recording
from harness.scope import AuditScope

from kernel_sources.audit.control import AuditControl
from kernel_sources.audit.installed import InstalledRules
from kernel_sources.audit.rule import Field, rule
from kernel_sources.tables import machine_number, syscall_number

RENAME_AND_COPY = r"""
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int argc, char **argv) {
    if (chdir(argv[1]))
        return 2;
    int from = open("first", O_RDWR | O_CREAT, 0600), to = open("second", O_RDWR | O_CREAT, 0600);
    if (write(from, "text", 4) != 4)
        return 3;
    long long start = 0;
    if (syscall(SYS_copy_file_range, from, &start, to, NULL, 4L, 0) != 4)
        return 4;
    return syscall(SYS_renameat2, AT_FDCWD, "first", AT_FDCWD, "second", RENAME_EXCHANGE) != 0;
}
"""
HOST_RULES = """\
- rule: Program started
  desc: a program is started
  condition: evt.type in (execve, execveat) and proc.name != sleep
  output: >
    started user=%user.uid login=%user.loginuid name=%proc.name path=%proc.exepath argv0=%proc.exe command=%proc.cmdline
    parent=%proc.pname above=%proc.aname[2] cwd=%proc.cwd terminal=%proc.tty result=%evt.res
  priority: NOTICE

- rule: File written
  desc: a file is opened for writing
  condition: >
    evt.type in (open, openat, openat2) and evt.is_open_write=true and fd.num>=0 and fd.name contains auditfalco-log
  output: >
    written file=%fd.name raw=%fd.nameraw number=%fd.num by=%proc.name parent=%proc.pname above=%proc.aname[2]
    flags=%evt.arg.flags
  priority: WARNING
"""
TIMEOUT = 60.0


def auditfalco(*arguments: str) -> list[dict[str, Any]]:
    """Run a command that prints JSON lines."""
    done = subprocess.run([CONSOLE_SCRIPT, *arguments], capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def asked_for(audit_scope: AuditScope) -> Any:
    """Ask the kernel for calls of the test's own processes, beside any agent."""
    with AuditControl() as control, InstalledRules(control) as installed:

        def ask(*names: str) -> None:
            installed.enable()
            numbers = [number for name in names if (number := syscall_number("x86_64", name)) is not None]
            machine = machine_number("x86_64")
            assert machine is not None
            scope = Field("auid", "=", audit_scope.login_uid)
            refused = installed.add_all(
                [rule("exit", "always", Field("arch", "=", machine), scope, syscalls=numbers, keys=("recorded",))]
            )
            assert refused == []

        yield ask


def test_decode_shows_rename_and_copy(
    asked_for: Any, audit_scope: AuditScope, compile_c: Compiler, tmp_path: Path
) -> None:
    program = compile_c(RENAME_AND_COPY, "rename_and_copy")
    asked_for("openat", "renameat2", "copy_file_range")
    log = tmp_path / "audit.log"
    with Recording(log):
        assert audit_scope.run([str(program), str(tmp_path)]).returncode == 0
    events = {event["type"]: event for event in auditfalco("decode", "--json", str(log))}
    renamed, copied = events["renameat2"], events["copy_file_range"]
    assert renamed["args"] == {
        "res": "0",
        "olddirfd": "AT_FDCWD",
        "oldpath": f"{tmp_path}/first",
        "newdirfd": "AT_FDCWD",
        "newpath": f"{tmp_path}/second",
    }
    assert renamed["fields"]["proc.name"] == "rename_and_copy"
    assert renamed["fields"]["evt.res"] == "SUCCESS"
    assert copied["args"]["res"] == "4"
    assert copied["args"]["fdin"] == f"<f>{tmp_path}/first"
    assert copied["args"]["fdout"] == f"<f>{tmp_path}/second"
    assert "SYSCALL" in copied["records"]


def test_replay_gives_the_alerts_that_live_gave(agent: StartAgent, audit_scope: AuditScope, tmp_path: Path) -> None:
    rules = tmp_path / "host.yaml"
    rules.write_text(HOST_RULES)
    running = agent(rules, options=["-o", "auditfalco.canary_seconds=0"])  # what the canary does would be in the log
    log = tmp_path / "audit.log"
    target = tmp_path / "auditfalco-log"
    acts = tmp_path / "acts"
    acts.write_text(
        f"/bin/true one; (echo x > {target}; /bin/ls / >/dev/null; :)\n"
        f"cd /usr; sh -c '/bin/true \"two words\"; : >> {target}'; /bin/no; ./bin/env -i /bin/true three; true\n"
    )
    with Recording(log):
        audit_scope.run(["/bin/bash", "-c", f"/bin/bash {acts}; /bin/true 'the last'"])
        running.wait_alert(lambda alert: "the last" in alert["output"])
    first = f"bash -c /bin/bash {acts}; /bin/true 'the last'"
    live = from_first(running.interrupt().alerts, first)
    replayed = from_first(auditfalco("replay", "--json", "-r", str(rules), str(log)), first)
    assert [act(alert) for alert in live] == [act(alert) for alert in replayed]
    # Of the processes above the first that it shows, a log knows nothing but the pid.
    inside = [essence(alert) for alert in live if alert["output_fields"]["proc.aname[2]"] in ("bash", "sh")]
    assert len(inside) >= 6, [alert["output"] for alert in live]
    assert {rule for rule, _, _ in inside} == {"Program started", "File written"}
    assert [told for told in inside if told not in [essence(alert) for alert in replayed]] == []


def from_first(alerts: Sequence[Alert], command: str) -> list[Alert]:
    """The alerts from the first of a command on: what ended just before may be in one account and not in the other."""
    begun = next(place for place, alert in enumerate(alerts) if alert["output_fields"].get("proc.cmdline") == command)
    return list(alerts[begun:])


def act(alert: Alert) -> tuple[Any, ...]:
    """What was done, and when; nothing about ancestors."""
    told = alert["output_fields"]
    return alert["rule"], alert["time"], told.get("proc.cmdline"), told.get("fd.name"), told.get("proc.exepath")


def essence(alert: Alert) -> tuple[str, str, str]:
    """Rule, output without the local time in front, and time of an alert."""
    return alert["rule"], alert["output"].partition(": ")[2], alert["time"]
