"""The four rules on shells and modules in containers: each fires on its own act, every field as other means tell it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import truth
from harness.agent import AgentProcess, Alert, StartAgent
from harness.docker import Docker
from harness.programs import Compiler
from harness.rulefiles import COMMAND, FILE_OPENED, KERNEL_MODULE, TERMINAL_SHELL, rule_files
from harness.scope import AuditScope
from harness.shell import OpenShell
from harness.terminal import StartTerminal

# What the kernel answers to module calls without module support; the arguments are nonsense, so one with support
# refuses too.
LOAD_MODULE = """
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int argc, char **argv) {
    int by_file = argc > 1 && !strcmp(argv[1], "finit");
    long done = by_file ? syscall(SYS_finit_module, 0, "", 0) : syscall(SYS_init_module, "x", 1L, "");
    return done == 0; /* the kernel must refuse */
}
"""
ENTRANCES = {"runc", "runc:[0:PARENT]", "runc:[1:CHILD]", "containerd-shim", "exe"}


@pytest.fixture(params=rule_files(), ids=lambda path: path.stem.partition("_")[0])
def rules(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture
def agent_on(agent: StartAgent, rules: Path) -> AgentProcess:
    return agent(rules)


def of_container(container: str, rule: str, **fields: Any) -> Callable[[Alert], bool]:
    """An alert of a rule in a container, some of whose fields (with `__` for the dot) have these values."""
    wanted = {name.replace("__", "."): value for name, value in fields.items()}

    def fits(alert: Alert) -> bool:
        told = alert["output_fields"]
        same = all(told.get(name) == value for name, value in wanted.items())
        return alert["rule"] == rule and told.get("container.id") == container[:12] and same

    return fits


def check(alert: Alert, rules: Path, expected: dict[str, Any]) -> None:
    """Every field that the rule's output names has a value; those that are expected have theirs."""
    told = alert["output_fields"]
    named = truth.output_fields(rules.read_text(), alert["rule"])
    assert [name for name in sorted(named) if told.get(name) in (None, "<NA>")] == []
    assert {name: told.get(name) for name in expected if name in named} == {
        name: value for name, value in expected.items() if name in named
    }
    assert named <= set(expected) | {"container.start_ts", "proc.exe_ino.ctime_duration_proc_start"}
    for name in ("container.id", "container.name", "proc.cmdline"):
        assert str(told[name]) in alert["output"]


def test_shell_as_first_process(
    agent_on: AgentProcess, rules: Path, container_shell: OpenShell, dockerd: Docker, audit_scope: AuditScope
) -> None:
    shell = container_shell()
    alert = agent_on.wait_alert(of_container(shell.container, TERMINAL_SHELL))
    expected = {
        **truth.shell_fields(dockerd, shell, audit_scope.login_uid),
        "evt.type": "execve",
        "proc.name": "sh",
        "proc.exepath": "/bin/busybox",
        "proc.pname": truth.comm(truth.parent(shell.pid)),
        "proc.cmdline": "sh",
        "evt.arg.flags": "EXE_WRITABLE|EXE_LOWER_LAYER",
    }
    check(alert, rules, expected)


def test_shell_put_into_a_container(
    agent_on: AgentProcess, rules: Path, container_shell: OpenShell, dockerd: Docker, audit_scope: AuditScope
) -> None:
    container = dockerd.run("sleep", "600")
    try:
        shell = container_shell(container)
        alert = agent_on.wait_alert(of_container(container, TERMINAL_SHELL))
        told = alert["output_fields"]
        assert told["proc.pname"] in ENTRANCES
        expected = {
            **truth.shell_fields(dockerd, shell, audit_scope.login_uid),
            "evt.type": "execve",
            "proc.name": "sh",
            "proc.exepath": "/bin/busybox",
            "proc.pname": told["proc.pname"],
            "proc.cmdline": "sh",
            "evt.arg.flags": "EXE_WRITABLE|EXE_LOWER_LAYER",
        }
        check(alert, rules, expected)
    finally:
        dockerd.remove(container)


@pytest.mark.parametrize(("user", "uid", "name"), [("alice", 1000, "alice"), ("4321", 4321, "<NA>")])
def test_shell_of_a_user_of_the_container(
    agent: StartAgent, container_shell: OpenShell, user: str, uid: int, name: str
) -> None:
    running = agent(rule_files()[0])
    shell = container_shell(options=["--user", user])
    told = running.wait_alert(of_container(shell.container, TERMINAL_SHELL))["output_fields"]
    assert (told["user.uid"], told["user.name"]) == (uid, name)
    assert told["evt.arg.flags"] == "EXE_LOWER_LAYER"  # the program is root's, and the user has no capability


def test_containers_older_than_the_agent(
    agent: StartAgent, rules: Path, container_shell: OpenShell, dockerd: Docker, audit_scope: AuditScope
) -> None:
    older = dockerd.run("sleep", "600")
    try:
        older_shell = container_shell()
        running = agent(rules)
        entered = container_shell(older)
        alert = running.wait_alert(of_container(older, TERMINAL_SHELL))
        expected = truth.shell_fields(dockerd, entered, audit_scope.login_uid)
        assert {name: alert["output_fields"][name] for name in expected} == expected
        assert alert["output_fields"]["evt.arg.flags"] == "EXE_WRITABLE|EXE_LOWER_LAYER"
        older_shell.run("/bin/uname -m; : > /dev/shm/fresh")
        command = running.wait_alert(of_container(older_shell.container, COMMAND, proc__name="uname"))
        assert command["output_fields"]["proc.pname"] == "sh"
        assert command["output_fields"]["proc.aname[2]"] == truth.comm(truth.parent(older_shell.pid))
        running.wait_alert(of_container(older_shell.container, FILE_OPENED, fd__name="/dev/shm/fresh"))
    finally:
        dockerd.remove(older)


def test_command_typed_in_a_shell(
    agent_on: AgentProcess, rules: Path, container_shell: OpenShell, dockerd: Docker, audit_scope: AuditScope
) -> None:
    shell = container_shell()
    shell.run("cd /tmp")
    assert shell.run("/bin/uname -a")[0] == 0
    alert = agent_on.wait_alert(of_container(shell.container, COMMAND, proc__name="uname"))
    told = alert["output_fields"]
    program = truth.program_fields(shell, "/bin/busybox")
    expected = {
        **truth.shell_fields(dockerd, shell, audit_scope.login_uid),
        **program,
        "evt.type": "execve",
        "proc.exe": "/bin/uname",
        "proc.sname": "sh",
        "proc.aname[2]": truth.comm(truth.parent(shell.pid)),
        "proc.cwd": "/tmp/",
        "proc.name": "uname",
        "proc.exepath": "/bin/busybox",
        "proc.pname": "sh",
        "proc.cmdline": "uname -a",
        "evt.arg.flags": "EXE_WRITABLE|EXE_LOWER_LAYER",
    }
    check(alert, rules, expected)
    # The first process of the container began it; the command began after the shell and before its alert.
    tick = 20_000_000
    assert abs(told["container.start_ts"] - truth.start_ns(dockerd.init_pid(shell.container))) <= tick
    since_change = told["proc.exe_ino.ctime_duration_proc_start"]
    assert truth.start_ns(shell.pid) - tick <= since_change + program["proc.exe_ino.ctime"] <= told["evt.time"] + tick


@pytest.mark.parametrize(
    ("line", "opened", "spelled", "flags", "doer"),
    [
        ("cat /var/log/syslog", "/var/log/syslog", "/var/log/syslog", "O_RDONLY|FD_LOWER_LAYER", "cat"),
        ("echo x > /etc/passwd", "/etc/passwd", "/etc/passwd", "O_TRUNC|O_CREAT|O_WRONLY|FD_UPPER_LAYER", "sh"),
        ("read l < /etc/nsswitch.conf", "/etc/nsswitch.conf", "/etc/nsswitch.conf", "O_RDONLY|FD_LOWER_LAYER", "sh"),
        (": >> /etc/group", "/etc/group", "/etc/group", "O_APPEND|O_CREAT|O_WRONLY|FD_UPPER_LAYER", "sh"),
        ("cd /etc; : > new", "/etc/new", "new", "O_TRUNC|O_CREAT|O_WRONLY|O_F_CREATED|FD_UPPER_LAYER", "sh"),
        ("read l < /proc/uptime", "/proc/uptime", "/proc/uptime", "O_RDONLY", "sh"),
        ("echo x > /dev/shm/y", "/dev/shm/y", "/dev/shm/y", "O_TRUNC|O_CREAT|O_WRONLY|O_F_CREATED", "sh"),
    ],
)
def test_files_opened_at_a_terminal(
    agent_on: AgentProcess,
    rules: Path,
    container_shell: OpenShell,
    dockerd: Docker,
    audit_scope: AuditScope,
    line: str,
    opened: str,
    spelled: str,
    flags: str,
    doer: str,
) -> None:
    shell = container_shell()
    shell.run(line)
    # The shell reads /etc/passwd for its prompt as well: the flags tell the opens apart.
    about = {"fd__nameraw": spelled, "proc__name": doer, "evt__arg__flags": flags}
    alert = agent_on.wait_alert(of_container(shell.container, FILE_OPENED, **about))
    supervisor = truth.parent(shell.pid)
    lineage = [shell.pid, supervisor, truth.parent(supervisor), truth.parent(truth.parent(supervisor))]
    above = lineage if doer == "cat" else lineage[1:]
    expected = {
        **truth.shell_fields(dockerd, shell, audit_scope.login_uid),
        "fd.name": opened,
        "fd.nameraw": spelled,
        "proc.pname": truth.comm(above[0]),
        "proc.aname[2]": truth.comm(above[1]),
        "proc.aname[3]": truth.comm(above[2]) if above[2] else None,
        "proc.aname[4]": truth.comm(above[3]) if len(above) > 3 and above[3] else None,
        "evt.type": "openat",
        "proc.name": doer,
        "proc.exepath": "/bin/busybox",
        "proc.cmdline": "cat /var/log/syslog" if doer == "cat" else "sh",
        "evt.arg.flags": flags,
    }
    check_but_ancestors(alert, rules, expected)


def check_but_ancestors(alert: Alert, rules: Path, expected: dict[str, Any]) -> None:
    """As `check`; ancestors beyond the first process of the machine are absent in truth as well."""
    for level in (3, 4):
        name = f"proc.aname[{level}]"
        if expected[name] is None:
            assert alert["output_fields"][name] is None
    told = {**alert, "output_fields": {k: "" if v is None else v for k, v in alert["output_fields"].items()}}
    check(told, rules, {name: "" if value is None else value for name, value in expected.items()})


def test_files_shared_with_the_host(agent: StartAgent, container_shell: OpenShell, tmp_path: Path) -> None:
    running = agent(rule_files()[0])
    directory, file = tmp_path / "shared", tmp_path / "single"
    (directory / "below").mkdir(parents=True)
    file.write_text("one\n")
    shell = container_shell(options=["-v", f"{directory}:/data", "-v", f"{file}:/etc/single"])
    time.sleep(2.0)  # what is shared is asked for once a process has entered, a moment later
    shell.run("echo x > /data/below/new; read l < /etc/single")
    written = running.wait_alert(of_container(shell.container, FILE_OPENED, fd__name="/data/below/new"))
    assert written["output_fields"]["evt.arg.flags"] == "O_TRUNC|O_CREAT|O_WRONLY|O_F_CREATED"
    running.wait_alert(of_container(shell.container, FILE_OPENED, fd__name="/etc/single"))


def test_ignored_files_raise_nothing(agent_on: AgentProcess, container_shell: OpenShell) -> None:
    shell = container_shell()
    shell.run("cat /proc/mounts > /dev/null; cat /etc/ld.so.cache; read l < /proc/mounts; cat /etc/nsswitch.conf")
    agent_on.wait_alert(of_container(shell.container, FILE_OPENED, fd__name="/etc/nsswitch.conf"))
    names = {alert["output_fields"]["fd.name"] for alert in agent_on.alerts(FILE_OPENED)}
    assert not names & {"/proc/mounts", "/etc/ld.so.cache"}


@pytest.mark.parametrize("call", ["init", "finit"])
def test_kernel_module_from_a_container(
    agent_on: AgentProcess,
    rules: Path,
    container_shell: OpenShell,
    dockerd: Docker,
    audit_scope: AuditScope,
    compile_c: Compiler,
    call: str,
) -> None:
    program = compile_c(LOAD_MODULE, "load_module")
    able = container_shell(options=["--cap-add=SYS_MODULE", "--security-opt", "seccomp=unconfined"])
    unable = container_shell(options=["--security-opt", "seccomp=unconfined"])
    for shell in (unable, able):
        dockerd.copy_in(program, shell.container, "/opt/load_module")
        assert shell.run(f"/opt/load_module {call}")[0] == 0
    alert = agent_on.wait_alert(of_container(able.container, KERNEL_MODULE))
    supervisor = truth.parent(able.pid)
    expected = {
        **truth.shell_fields(dockerd, able, audit_scope.login_uid),
        "proc.pexepath": "/bin/busybox",
        "proc.aname[2]": truth.comm(supervisor),
        "proc.aexepath[2]": str(Path(f"/proc/{supervisor}/exe").readlink()),
        "proc.args": call,
        "evt.res": "ENOSYS",
        "evt.type": f"{call}_module",
        "proc.name": "load_module",
        "proc.exepath": "/opt/load_module",
        "proc.pname": "sh",
        "proc.cmdline": f"load_module {call}",
        "evt.arg.flags": "0" if call == "finit" else None,
    }
    told = alert["output_fields"]
    if call == "init":  # init_module has no argument called flags: absent in truth as well
        assert told.pop("evt.arg.flags") is None
        alert["output_fields"]["evt.arg.flags"] = expected["evt.arg.flags"] = "none"
    check(alert, rules, expected)
    assert [
        other
        for other in agent_on.alerts(KERNEL_MODULE)
        if other["output_fields"]["container.id"] != able.container[:12]
    ] == []


def test_nothing_without_a_terminal_or_a_container(
    agent_on: AgentProcess,
    container_shell: OpenShell,
    dockerd: Docker,
    terminal: StartTerminal,
    compile_c: Compiler,
) -> None:
    program = compile_c(LOAD_MODULE, "load_module")
    acts = "/bin/uname -a; cat /etc/passwd >/dev/null; : >> /tmp/probe-file; read l < /etc/group; rm /tmp/probe-file"
    on_host = terminal(["sh"])
    on_host.run(acts)
    on_host.run(str(program))
    container = dockerd.run("sleep", "600")
    try:
        dockerd.execute(container, "sh", "-c", acts)
        # What comes after in the stream of events, and does raise an alert, shows that these have been dealt with.
        shell = container_shell()
        agent_on.wait_alert(of_container(shell.container, TERMINAL_SHELL))
    finally:
        dockerd.remove(container)
    others = [
        alert for alert in agent_on.alerts() if alert["output_fields"].get("container.id") != shell.container[:12]
    ]
    assert others == []
