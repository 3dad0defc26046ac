"""The harness itself: what the other live tests take for granted. Needs no agent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.agent import AgentError, AgentProcess
from harness.docker import Docker, DockerFailed
from harness.machine import AuditState, docker_obstacle
from harness.programs import Compiler
from harness.scope import AuditScope, SpawnScoped, end_process, is_zombie, login_uid_of
from harness.shell import OpenShell
from harness.terminal import StartTerminal, TerminalError

# An agent in small: takes the agent's place so that its keeper can be tried out.
LITTLE_AGENT = r"""
import signal, sys

def end(*_):
    print("Events detected: 1")
    sys.exit(0)

signal.signal(signal.SIGINT, end)
print("plain talk", flush=True)
print("auditfalco is ready", file=sys.stderr, flush=True)
print('{"rule": "Shell", "output": "a shell", "priority": "Notice"}', flush=True)
print("{not an alert}", flush=True)
while True:
    signal.pause()
"""

PRINT_WORD_SIZE = """
#include <stdio.h>
int main(void) { printf("%zu bits\\n", 8 * sizeof(void *)); return 7; }
"""


@pytest.fixture
def other_scope(audit_scope: AuditScope) -> Iterator[AuditScope]:
    """A second login uid, which no session has as its own: process ids end below 2**22."""
    scope = AuditScope(audit_scope.login_uid + 2**23)
    yield scope
    scope.end()


@pytest.fixture
def little_agent() -> Iterator[AgentProcess]:
    process = AgentProcess([sys.executable, "-c", LITTLE_AGENT])
    yield process
    process.close()


def test_changes_of_the_audit_state_are_told() -> None:
    before = AuditState((("enabled", 0), ("backlog_limit", 64)), ("-w /a", "-w /b"))
    after = AuditState((("enabled", 1), ("backlog_limit", 64)), ("-w /b", "-w /c"))
    assert before.changes(before) == []
    assert before.changes(after) == ["enabled 0 -> 1", "rule gone: -w /a", "rule left: -w /c"]


def test_login_uid_reaches_children_and_no_one_else(audit_scope: AuditScope) -> None:
    answer = audit_scope.run(["sh", "-c", "cat /proc/self/loginuid"])
    assert answer.stdout == str(audit_scope.login_uid)
    assert login_uid_of(os.getpid()) != audit_scope.login_uid
    assert login_uid_of(2**22 + 1) is None  # beyond the kernel's highest process id


def test_scope_ends_what_detached_itself(other_scope: AuditScope) -> None:
    answer = other_scope.run(["setsid", "--fork", "sh", "-c", "echo $$; exec sleep 600 >&- 2>&-"])
    pid = int(answer.stdout)
    assert other_scope.pids() == [pid]
    assert other_scope.end() == [pid]
    assert other_scope.pids() == []
    assert is_zombie(pid)
    assert not other_scope.kill(pid)


def test_scope_kills_nobody_else(audit_scope: AuditScope, spawn_scoped: SpawnScoped) -> None:
    with subprocess.Popen(["sleep", "600"]) as stranger:
        assert not audit_scope.kill(stranger.pid)
        assert stranger.poll() is None
        assert end_process(stranger) == -signal.SIGTERM
    member = spawn_scoped(["sh", "-c", "echo started; exec sleep 600"], stdout=subprocess.PIPE)
    assert member.stdout is not None
    assert member.stdout.readline() == b"started\n"
    assert audit_scope.kill(member.pid)
    assert member.wait(10) == -signal.SIGKILL


def test_end_process_insists() -> None:
    with subprocess.Popen(
        ["sh", "-c", "trap '' TERM; echo; while :; do sleep 1; done"], stdout=subprocess.PIPE
    ) as deaf:
        assert deaf.stdout is not None
        deaf.stdout.readline()
        assert end_process(deaf, timeout=0.2) == -signal.SIGKILL


def test_terminal_is_a_controlling_terminal(terminal: StartTerminal, audit_scope: AuditScope) -> None:
    shell = terminal(["sh"])
    assert shell.run("cat /proc/self/loginuid") == (0, str(audit_scope.login_uid))
    assert shell.run("echo $$") == (0, f"{shell.process.pid}\n")
    status, device = shell.run("tty < /dev/tty && tty")
    assert status == 0
    assert device.split()[1].startswith("/dev/pts/")
    assert shell.run("sh -c 'exit 3'") == (3, "")
    shell.send("cat")
    shell.send("said")
    shell.read_until(r"said\r\n[\s\S]*said\r\n")  # once from the terminal, once from cat: it runs
    shell.type("\x03")
    shell.read_until(r"\^C[\s\S]*# ")  # the terminal drops what is typed before it has handled the Ctrl-C
    assert shell.run("echo $?")[0] == 0
    with pytest.raises(TerminalError, match="no 'never'"):
        shell.read_until("never", timeout=0)
    shell.send("exit 5")
    assert shell.wait() == 5


def test_container_on_a_terminal(dockerd: Docker, container_shell: OpenShell, audit_scope: AuditScope) -> None:
    shell = container_shell(name="harness-shell", options=["--user=alice"])
    assert shell.run("echo hello; id -un; cat /proc/self/loginuid") == (0, f"hello\nalice\n{audit_scope.login_uid}")
    assert len(shell.container) == 64
    assert shell.pid == dockerd.init_pid("harness-shell")
    assert login_uid_of(shell.pid) == audit_scope.login_uid
    assert shell.run("tty") == (0, "/dev/pts/0\n")
    assert (dockerd.data_root / "containers" / shell.container / "config.v2.json").is_file()
    assert shell.container in Path(f"/proc/{shell.pid}/cgroup").read_text()
    assert dockerd.mounts() != []


def test_shell_joins_a_running_container(dockerd: Docker, container_shell: OpenShell) -> None:
    container = dockerd.run("sleep", "600", name="harness-sleeper")
    shell = container_shell("harness-sleeper")
    assert shell.container == container
    assert shell.pid != dockerd.init_pid(container)
    assert Path(f"/proc/{shell.pid}/root/bin/busybox").exists()
    assert dockerd.execute(container, "cat", "/etc/hostname") == container[:12]
    shell.close()
    assert is_zombie(shell.pid)
    dockerd.remove(container)
    with pytest.raises(DockerFailed, match="harness-sleeper"):
        dockerd.inspect("harness-sleeper")


@pytest.mark.parametrize("bits", [64, 32])
def test_compiled_program_runs_on_host_and_in_a_container(
    dockerd: Docker, container_shell: OpenShell, compile_c: Compiler, bits: int
) -> None:
    program = compile_c(PRINT_WORD_SIZE, "word-size", bits)
    assert compile_c(PRINT_WORD_SIZE, "word-size", bits) == program
    assert subprocess.run([program], capture_output=True, text=True).stdout == f"{bits} bits\n"
    shell = container_shell()
    dockerd.copy_in(program, shell.container, "/usr/bin/word-size")
    assert shell.run("word-size") == (7, f"{bits} bits\n")


def test_compiler_says_what_is_wrong(compile_c: Compiler) -> None:
    with pytest.raises(AssertionError, match="does not compile"):
        compile_c("int main(void) { return nowhere; }")


@pytest.mark.parametrize("daemon_dies", [False, True])
def test_docker_leaves_nothing_behind(other_scope: AuditScope, daemon_dies: bool) -> None:
    obstacle = docker_obstacle()
    if obstacle is not None:
        pytest.skip(obstacle)
    docker = Docker(other_scope)
    try:
        docker.start()
        container = docker.run("sleep", "600")
        assert docker.mounts() != []
        assert len(other_scope.pids()) >= 4  # the two daemons, a shim, the container
        if daemon_dies:
            assert other_scope.kill(int((docker.directory / "docker.pid").read_text()))
    finally:
        docker.stop()
    assert docker.mounts() == []
    assert other_scope.pids() == []
    assert not docker.directory.exists()
    assert list(Path("/sys/fs/cgroup").glob(f"**/docker/{container}")) == []


def test_agent_keeper(little_agent: AgentProcess) -> None:
    little_agent.wait_ready()
    alert = little_agent.wait_alert(lambda alert: bool(alert["rule"] == "Shell"))
    assert alert["output"] == "a shell"
    assert little_agent.alerts(rule="Shell") == [alert]
    assert little_agent.alerts(rule="Other") == []
    with pytest.raises(AgentError, match=r"has not raised the alert[\s\S]*Shell: a shell"):
        little_agent.wait_alert(lambda alert: False, timeout=0)
    end = little_agent.interrupt()
    assert end.code == 0
    assert end.summary == "Events detected: 1\n"
    assert end.alerts == (alert,)


def test_agent_keeper_does_not_wait_for_the_dead() -> None:
    process = AgentProcess([sys.executable, "-c", "raise SystemExit('no such rules')"])
    try:
        with pytest.raises(AgentError, match=r"is not ready \(exit code [^)]*\); it says:\nno such rules"):
            process.wait_ready()
    finally:
        process.close()
