"""Tricks against ordinary rules: each is detected, on the host and in a container; by printed names some are missed.

Two agents watch: one as it is by default, one with `identity_matching: falco`. The former must alert; what the latter
does is noted where AUDITFALCO_EVASIONS says, for the table in the README (`make evasions`).
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from evasions.table import API_ADDRESS, EVASIONS, Evasion
from harness.agent import AgentProcess, environment, run_command
from harness.docker import Docker, DockerFailed
from harness.machine import SYSTEM_PATH
from harness.programs import Compiler
from harness.rulefiles import CHECKOUT
from harness.scope import AuditScope

HERE = Path(__file__).parent
SOURCES = {
    "TRICKS": (HERE / "evasions" / "tricks.c").read_text(),
    "ACTS": (HERE / "programs" / "acts.c").read_text(),
    "RING": (HERE / "harness" / "ring.c").read_text(),
}
RULES = [CHECKOUT / "rules", HERE / "evasions" / "ordinary.yaml"]
NOTES = "AUDITFALCO_EVASIONS"
"""The environment variable that names a file for the outcomes."""

SETTLING = 0.7
"""Seconds in which the other agent, too, has seen what the first has alerted on."""


@dataclass(frozen=True)
class Watchers:
    """The two agents."""

    detecting: AgentProcess
    plain: AgentProcess


@pytest.fixture(scope="module")
def watchers(audit_scope: AuditScope) -> Iterator[Watchers]:
    """Both agents, ready."""
    started: list[AgentProcess] = []
    try:
        for mode in ("detect", "falco"):
            options = ["-o", f"auditfalco.identity_matching={mode}", "-o", "rule_matching=all"]
            started.append(AgentProcess(run_command(RULES, audit_scope.login_uid, options), environment()))
            started[-1].wait_ready()
        yield Watchers(*started)
    finally:
        for process in started:
            process.close()


@pytest.fixture(scope="module")
def programs(compile_c: Compiler) -> dict[str, Path]:
    """The programs by the names that scripts call them."""
    made = {name: compile_c(source, name.lower()) for name, source in SOURCES.items()}
    return {**made, "TRICKS32": compile_c(SOURCES["TRICKS"], "tricks32", bits=32)}


@pytest.fixture(scope="module")
def container(dockerd: Docker, programs: dict[str, Path]) -> Iterator[str]:
    """A container with what the tricks need: rights, programs, an address of the API's, a package manager."""
    disk = next(str(entry) for entry in sorted(Path("/dev").iterdir()) if entry.is_block_device())
    rights = ["--cap-add=SYS_ADMIN", "--cap-add=NET_ADMIN", "--cap-add=NET_RAW", "--security-opt=seccomp=unconfined"]
    options = [*rights, "--security-opt=apparmor=unconfined", f"--device={disk}:/dev/innocent", "--network=none"]
    started = dockerd.run("sleep", "900", options=options)
    try:
        for name, program in programs.items():
            dockerd.copy_in(program, started, f"/opt/{name.lower()}")
        dockerd.execute(started, "mkdir", "-p", "/usr/local/sbin")
        dockerd.copy_in(programs["ACTS"], started, "/usr/bin/apt")
        dockerd.copy_in(programs["ACTS"], started, "/usr/local/sbin/shred")
        dockerd.execute(started, "ip", "address", "add", f"{API_ADDRESS}/32", "dev", "lo")
        yield started
    finally:
        dockerd.remove(started)


def note(evasion: Evasion, place: str, plain: bool) -> None:
    """Write an outcome where it is asked for."""
    path = os.environ.get(NOTES)
    if path:
        row = {"id": evasion.id, "trick": evasion.trick, "rule": evasion.rule, "place": place, "falco": plain}
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def judge(evasion: Evasion, place: str, watchers: Watchers, before: tuple[int, int], container_id: str) -> None:
    """Wait for the alert, and note whether the plain agent had it too."""

    def fits(alert: dict[str, object]) -> bool:
        fields = alert["output_fields"]
        there = fields.get("container.id") if isinstance(fields, dict) else None
        return alert["rule"] == evasion.rule and there in (container_id, None)

    watchers.detecting.wait_alert(fits, after=before[0])
    plain = False
    with suppress(Exception):
        watchers.plain.wait_alert(fits, timeout=SETTLING, after=before[1])
        plain = True
    note(evasion, place, plain)


def counts(watchers: Watchers) -> tuple[int, int]:
    """How many alerts there have been."""
    return watchers.detecting.alert_count(), watchers.plain.alert_count()


def cases(place: str) -> list[Evasion]:
    """The tricks that are tried in a place."""
    return [evasion for evasion in EVASIONS if place in evasion.places]


def name_of(evasion: Evasion) -> str:
    """The name of a trial."""
    return f"{evasion.id}-{evasion.trick}-{evasion.rule}"


def test_the_noted_outcomes_are_of_this_table() -> None:
    lines = (HERE / "evasions" / "outcomes.jsonl").read_text().splitlines()
    noted = {(row["id"], row["trick"], row["rule"], row["place"]) for row in map(json.loads, lines)}
    assert noted == {(each.id, each.trick, each.rule, place) for each in EVASIONS for place in each.places}


def test_there_are_enough_of_every_kind() -> None:
    trials = sum(len(evasion.places) for evasion in EVASIONS)
    assert trials >= 60
    assert {evasion.id[0] for evasion in EVASIONS} == set("ABCD")


@pytest.mark.parametrize("evasion", cases("host"), ids=name_of)
def test_on_the_host(
    evasion: Evasion, watchers: Watchers, audit_scope: AuditScope, programs: dict[str, Path], tmp_path: Path
) -> None:
    found = {name: shutil.which(program, path=SYSTEM_PATH) for name, program in TOOLS.items()}
    words = {**{name: str(path) for name, path in programs.items()}, **{k: v or "" for k, v in found.items()}}
    values = {"PATH": SYSTEM_PATH, "T": str(tmp_path), **words}
    before = counts(watchers)
    ended = audit_scope.run(["/bin/sh", "-c", evasion.script], env=values)
    assert ended.returncode != 2, ended.stderr
    judge(evasion, "host", watchers, before, "host")


TOOLS = {"SHRED": "shred", "CAT": "cat", "TRUE": "true"}
INSIDE = {"SHRED": "/usr/local/sbin/shred", "CAT": "/bin/cat", "TRUE": "/bin/true", "PKG": "/usr/bin/apt"}


@pytest.mark.parametrize("evasion", cases("container"), ids=name_of)
def test_in_a_container(
    evasion: Evasion, watchers: Watchers, dockerd: Docker, container: str, programs: dict[str, Path]
) -> None:
    words = {**INSIDE, **{name: f"/opt/{name.lower()}" for name in programs}}
    assignments = "".join(f"export {name}={value}; " for name, value in words.items())
    script = f"{assignments}export T=/tmp/t$$; mkdir -p $T; {evasion.script}"
    before = counts(watchers)
    with suppress(DockerFailed):  # how a trick ends is no matter: the alert is
        dockerd.execute(container, "sh", "-c", script)
    judge(evasion, "container", watchers, before, container[:12])
