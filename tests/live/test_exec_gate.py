"""The gate: short processes are known without a race, and nobody waits for a process that is stopped or killed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.agent import AgentProcess, StartAgent
from harness.docker import Docker
from harness.programs import Compiler
from harness.scope import AuditScope, end_process

CROWD = Path(__file__).resolve().parent / "programs" / "crowd.c"
ACT = "int main(void) { return 0; }"
FAMILIES = 5000
AT_ONCE = 16
PATIENCE = 90.0  # seconds the agent may lag behind
A_SECOND = 1.0
GATED = ("-o", "auditfalco.exec_gate=true", "-o", "auditfalco.exec_gate_on=containers")
FIELDS = (
    *("container.id", "proc.args", "proc.pid", "proc.vpid", "proc.vpgid", "proc.is_vpgid_leader", "proc.sid"),
    *("proc.tty", "proc.env[NONCE]", "proc.env[LAST]", "proc.aname[1]", "proc.aname[2]", "proc.apid[1]"),
    *("proc.apid[2]", "proc.pname"),
)
RULE = "Short process"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    output = " ".join(f"%{field}" for field in FIELDS)
    path.write_text(
        f"- rule: {RULE}\n  desc: the last of a family\n  priority: NOTICE\n"
        "  condition: evt.type in (execve, execveat) and proc.name = act\n"
        f"  output: a short process {output}\n"
    )
    return path


@pytest.fixture
def crowd(dockerd: Docker, compile_c: Compiler, tmp_path: Path) -> str:
    """A container, not started yet, that has the programs in its own file system."""
    options = [f"--volume={tmp_path}:/truth", "--volume=/proc:/host/proc", "--network=none", "--tty"]
    container = dockerd.command("create", *options, dockerd.image, "/crowd", "/truth/t", str(FAMILIES), str(AT_ONCE))
    program, act = compile_c(CROWD.read_text(), "crowd"), compile_c(ACT, "act")
    for source, name in ((program, "crowd"), (program, "m"), (act, "act")):
        dockerd.copy_in(source, container, f"/{name}")
    return container


def test_every_short_process_is_known(
    agent: StartAgent, dockerd: Docker, crowd: str, rules: Path, tmp_path: Path
) -> None:
    running = agent(rules, options=GATED)
    began = time.monotonic()
    dockerd.command("start", crowd)
    assert dockerd.command("wait", crowd, timeout=PATIENCE) == "0", dockerd.command("logs", crowd)
    print(f"{time.monotonic() - began:.1f} s")
    truth = [line.split("\t") for line in (tmp_path / "t").read_text().splitlines()]
    assert len(truth) == FAMILIES
    deadline = time.monotonic() + PATIENCE
    while len(running.alerts(RULE)) < FAMILIES and time.monotonic() < deadline:
        time.sleep(0.2)
    end = running.interrupt()
    ours = [alert for alert in end.alerts if alert["source"] == "syscall"]
    print([alert["output"] for alert in end.alerts if alert not in ours])
    told = {alert["output_fields"]["proc.args"]: alert["output_fields"] for alert in ours}
    wrong: Counter[str] = Counter()
    examples: list[str] = []
    for number, pid, vpid, vpgid, sid, tty, middle, above in truth:
        expected = {
            "container.id": crowd[:12],
            "proc.pid": int(pid),
            "proc.vpid": int(vpid),
            "proc.vpgid": int(vpgid),
            "proc.is_vpgid_leader": vpid == vpgid,
            "proc.sid": int(sid),
            "proc.tty": int(tty),
            "proc.env[NONCE]": f"n{number}",
            "proc.env[LAST]": "1",
            "proc.aname[1]": "m",
            "proc.pname": "m",
            "proc.aname[2]": "crowd",
            "proc.apid[1]": int(middle),
            "proc.apid[2]": int(above),
        }
        for field, value in expected.items():
            if told.get(number, {}).get(field) != value:
                wrong[field] += 1
                examples.append(f"{number}: {field} is {told.get(number, {}).get(field)!r}, was {value!r}")
    print(end.summary[-1500:])
    assert not wrong, f"{wrong}\n" + "\n".join(examples[:20])
    assert {number for number, *_ in truth} == set(told)


def processes_of(agent: AgentProcess) -> dict[str, int]:
    """The gate's two processes, by name."""
    found = {}
    children = Path(f"/proc/{agent.process.pid}/task/{agent.process.pid}/children").read_text().split()
    for child in children:
        command = Path(f"/proc/{child}/cmdline").read_text()
        for name in ("responder", "watchdog"):
            if f"auditfalco.agent.gate.{name}" in command:
                found[name] = int(child)
    return found


def marked_devices(responder: int) -> set[int]:
    """The file systems that a process's fanotify group has marks on (proc(5), /proc/pid/fdinfo)."""
    found: set[int] = set()
    for info in Path(f"/proc/{responder}/fdinfo").iterdir():
        try:
            found.update(int(number, 16) for number in re.findall(r"fanotify sdev:([0-9a-f]+)", info.read_text()))
        except FileNotFoundError:
            continue  # an event's descriptor
    return found


def device_of_root(pid: int) -> int:
    """The file system of a process's root, as the kernel counts."""
    device = os.stat(f"/proc/{pid}/root/").st_dev
    return os.major(device) << 20 | os.minor(device)


@pytest.fixture
def stopped() -> Iterator[list[int]]:
    """Processes that are to go on when the test ends."""
    pids: list[int] = []
    yield pids
    for pid in pids:
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            continue


def seconds_of_an_exec(pid: int) -> float:
    """How long a program in a container's file system takes to start and end."""
    began = time.monotonic()
    joined = ["nsenter", f"--target={pid}", "--mount", "--pid", "/bin/true"]
    process = subprocess.Popen(joined, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        assert process.wait(20) == 0
    finally:
        end_process(process)
    return time.monotonic() - began


@pytest.mark.parametrize("name", ["agent", "responder", "watchdog"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_nobody_waits(
    agent: StartAgent, dockerd: Docker, rules: Path, stopped: list[int], name: str, number: signal.Signals
) -> None:
    running = agent(rules, options=GATED)
    container = dockerd.run("sleep", "600")
    pid = dockerd.init_pid(container)
    try:
        assert seconds_of_an_exec(pid) < A_SECOND
        processes = {**processes_of(running), "agent": running.process.pid}
        assert set(processes) == {"agent", "responder", "watchdog"}
        assert device_of_root(pid) in marked_devices(processes["responder"])
        stopped.append(processes[name])
        os.kill(processes[name], number)
        longest = max(seconds_of_an_exec(pid) for _ in range(20))
        print(f"{name} {number.name}: the longest of 20 execs took {longest:.3f} s")
        assert longest < A_SECOND
        if name != "agent":
            running.wait_alert(lambda alert: alert["rule"] == "auditfalco internal: exec gate")
    finally:
        dockerd.remove(container)


def test_a_program_of_the_host_with_its_loader(
    agent: StartAgent, audit_scope: AuditScope, rules: Path, tmp_path: Path
) -> None:
    program = tmp_path / "act"
    shutil.copy("/bin/true", program)
    (tmp_path / "script").write_text(f"#!{program} -x\n")
    (tmp_path / "script").chmod(0o755)
    running = agent(rules, options=("-o", "auditfalco.exec_gate=true"))
    for number, name in enumerate((program, tmp_path / "script", program)):
        variables = {"NONCE": f"h{number}", "LAST": "1", "PATH": "/bin"}
        assert audit_scope.run([str(name), str(number)], env=variables).returncode == 0
    end = running.interrupt()
    told = [alert["output_fields"] for alert in end.alerts if alert["output_fields"]["proc.env[NONCE]"]]
    seen = {fields["proc.env[NONCE]"]: fields for fields in told}
    print(end.summary)
    assert {"h0", "h2"} <= set(seen)
    for fields in seen.values():
        assert fields["proc.aname[2]"] is not None
        assert (fields["proc.tty"], fields["container.id"]) == (0, "host")
