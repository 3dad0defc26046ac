"""A storm of forks with pids used again at once: no reported ancestor is ever a wrong one.

Three generations of processes that die before their children, fork twice, execute at every level or not at all, from
threads, by vfork, with CLONE_PARENT and under subreapers. Each family ends with a marked exec, before which the truth
about its ancestors is written down. What the agent cannot know it may leave out, for less than one family in a hundred.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from harness import storm, truth
from harness.agent import AgentProcess, StartAgent
from harness.docker import Docker
from harness.programs import Compiler
from harness.scope import AuditScope

FAMILIES = 2000
MOST_ABSENT = 0.01
PATIENCE = 60.0  # seconds the agent may lag behind


def ancestor(pid: int) -> storm.Ancestor:
    """A living process, as /proc shows it."""
    arguments = Path(f"/proc/{pid}/cmdline").read_text(errors="surrogateescape").split("\0")[1:-1]
    name = truth.comm(pid)
    return storm.Ancestor(pid, name, " ".join([name, *arguments]), os.readlink(f"/proc/{pid}/exe"))


def ancestors_from(pid: int) -> list[storm.Ancestor]:
    """A living process and those above it, as far as a family's chain is compared."""
    chain: list[storm.Ancestor] = []
    while pid and len(chain) < storm.LEVELS:
        try:
            chain.append(ancestor(pid))
        except PermissionError:  # of pid 1 some machines show nothing: what is above is not compared
            break
        pid = truth.parent(pid)
    return chain


def judged(running: AgentProcess, families: dict[int, storm.Family]) -> storm.Verdict:
    """Wait until the agent has told of all families, or of no further one for a while; compare."""
    deadline = time.monotonic() + PATIENCE
    while len(running.alerts("Marked exec")) < len(families) and time.monotonic() < deadline:
        time.sleep(0.2)
    verdict = storm.judge(families, running.alerts("Marked exec"))
    summary = running.interrupt().summary
    print(verdict, summary)
    return verdict


@pytest.mark.parametrize(
    ("command", "at_once", "pid_max"),
    [((), 24, None), (("unshare", "--pid", "--fork"), 8, 400)],
    ids=["pids-taken-again", "few-pids"],
)
def test_no_ancestor_is_wrong(
    agent: StartAgent,
    audit_scope: AuditScope,
    compile_c: Compiler,
    tmp_path: Path,
    command: tuple[str, ...],
    at_once: int,
    pid_max: int | None,
) -> None:
    storm.build(compile_c, tmp_path)
    (tmp_path / "rules.yaml").write_text(storm.rules())
    running = agent(tmp_path / "rules.yaml")
    variables = {
        "TRUTH": str(tmp_path / "truth"),
        "HOST_PROC": "/proc",
        "DIRECTORY": str(tmp_path),
        "PATH": "/usr/bin",
    }
    if pid_max is not None:
        variables["PID_MAX"] = str(pid_max)
    argv = [*command, str(tmp_path / "storm"), "root", str(tmp_path / "shared"), str(FAMILIES), str(at_once)]
    began = time.monotonic()
    process = audit_scope.spawn(argv, env=variables)
    above = ancestors_from(process.pid if command else os.getpid())
    assert process.wait(60) == 0
    print(f"{time.monotonic() - began:.1f} s")
    if command:
        above[0] = ancestor_executed(above[0], argv)
    verdict = judged(running, storm.truth(tmp_path / "truth", above))
    assert verdict.families == FAMILIES
    assert verdict.wrong == []
    assert verdict.absent_share < MOST_ABSENT


def ancestor_executed(launcher: storm.Ancestor, argv: list[str]) -> storm.Ancestor:
    """What the shell that set the login uid executed: its pid stays."""
    return storm.Ancestor(launcher.pid, argv[0], " ".join(argv), f"/usr/bin/{argv[0]}")


def test_no_ancestor_is_wrong_in_a_container_with_few_pids(
    agent: StartAgent, dockerd: Docker, compile_c: Compiler, tmp_path: Path
) -> None:
    storm.build(compile_c, tmp_path)
    (tmp_path / "rules.yaml").write_text(storm.rules())
    running = agent(tmp_path / "rules.yaml")
    options = [f"--volume={tmp_path}:/storm", "--volume=/proc:/host/proc", "--cap-add=SYS_ADMIN"]
    options += ["--security-opt=seccomp=unconfined", "--env=TRUTH=/storm/truth", "--env=HOST_PROC=/host/proc"]
    options += ["--env=DIRECTORY=/storm", "--env=PID_MAX=400"]
    container = dockerd.run("/storm/storm", "root", "/storm/shared", str(FAMILIES), "8", options=options)
    above = ancestors_from(truth.parent(dockerd.init_pid(container)))
    assert dockerd.command("wait", container, timeout=120) == "0", dockerd.command("logs", container)
    verdict = judged(running, storm.truth(tmp_path / "truth", above))
    assert verdict.families == FAMILIES
    assert verdict.wrong == []
    assert verdict.absent_share < MOST_ABSENT
