"""Sensitive acts by io_uring and by 32-bit calls raise rules that were not written for them, on the host and inside."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import pytest
from harness.agent import Alert, StartAgent
from harness.docker import Docker
from harness.programs import Compiler
from harness.rulefiles import CHECKOUT
from harness.scope import AuditScope

RING = (Path(__file__).parent / "harness" / "ring.c").read_text()
NARROW = (Path(__file__).parent / "programs" / "narrow.c").read_text()
FALCO_RULES = CHECKOUT.parent / "shared" / "reference" / "falco_rules.yaml"
WAYS = ("inline", "async", "sqpoll")
HOLD = 400
USER = 65534

OUTPUT = "%evt.type %proc.pid %proc.name %proc.exepath %user.uid %user.loginuid %container.id %evt.sensors %fd.name"
RULES = f"""\
- macro: untrusted
  condition: (not proc.name in (sshd, login, systemd))
- rule: Sensitive file read
  desc: as Falco's rules ask
  condition: >
    evt.type in (open, openat, openat2) and evt.is_open_read=true and fd.typechar='f' and fd.num>=0
    and fd.name in (/etc/shadow, PLACE/readable) and untrusted
  output: "{OUTPUT}"
  priority: WARNING
- rule: Outbound connection
  desc: as Falco's rules ask
  condition: >
    evt.type = connect and evt.dir=< and fd.typechar = 4 and fd.sport = 5353
    and (evt.rawres >= 0 or evt.res = EINPROGRESS) and untrusted
  output: "{OUTPUT}"
  priority: WARNING
- rule: Watched file renamed
  desc: as Falco's rules ask
  condition: >
    evt.type in (rename, renameat, renameat2)
    and (fs.path.target = PLACE/watched or fs.path.source = PLACE/watched) and untrusted
  output: "{OUTPUT}"
  priority: WARNING
- rule: Watched file removed
  desc: as Falco's rules ask
  condition: evt.type in (unlink, unlinkat) and fs.path.name = PLACE/watched and untrusted
  output: "{OUTPUT}"
  priority: WARNING
- rule: Link to a watched file
  desc: as Falco's rules ask
  condition: evt.type in (link, linkat) and fs.path.target in (PLACE/watched, /etc/shadow) and untrusted
  output: "{OUTPUT}"
  priority: WARNING
- rule: Watched program
  desc: as Falco's rules ask
  condition: evt.type in (execve, execveat) and evt.dir=< and proc.exepath endswith /true
  output: "{OUTPUT}"
  priority: WARNING
"""
RING_ACTS = {
    "Sensitive file read": "openat . PLACE/readable 0 0",
    "Outbound connection": "connect 2 127.0.0.1 5353",
    "Watched file renamed": "renameat . PLACE/new . PLACE/watched 0",
    "Watched file removed": "unlinkat . PLACE/watched 0",
    "Link to a watched file": "linkat . PLACE/watched . PLACE/link 0",
}
NARROW_ACTS = {
    "Sensitive file read": ["open", "PLACE/readable"],
    "Outbound connection": ["connect", "127.0.0.1", "5353"],
    "Watched program": ["execve", "PLACE/true"],
}


class Perform(Protocol):
    """Run a program, by its name, with arguments in which PLACE stands for the directory; returns what it printed."""

    def __call__(self, program: str, *arguments: str) -> str: ...


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory on the host, with the files that the rules are about."""
    directory = Path(f"/var/tmp/auditfalco-odd-{os.getpid()}")
    directory.mkdir()
    for name in ("readable", "watched", "new"):
        (directory / name).write_text("")
        os.chown(directory / name, USER, USER)
    directory.chmod(0o777)
    shutil.copy("/bin/true", directory / "true")
    yield directory
    shutil.rmtree(directory)


def rules_file(tmp_path: Path, place: str) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES.replace("PLACE", place))
    return path


def fields_of(alerts: Sequence[Alert], rule: str) -> list[dict[str, Any]]:
    return [alert["output_fields"] for alert in alerts if alert["rule"] == rule]


@pytest.fixture
def on_the_host(compile_c: Compiler, audit_scope: AuditScope, place: Path) -> Perform:
    """As a user without rights."""
    programs = {"ring": compile_c(RING, "ring"), "narrow": compile_c(NARROW, "narrow")}
    for name, program in programs.items():
        shutil.copy(program, place / name)

    def perform(program: str, *arguments: str) -> str:
        user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
        words = [word.replace("PLACE", str(place)) for word in arguments]
        return audit_scope.run([*user, str(place / program), *words]).stdout

    return perform


@pytest.fixture
def container(dockerd: Docker, compile_c: Compiler) -> Iterator[str]:
    """A container with the programs and the files, in /opt."""
    started = dockerd.run("sleep", "600", options=["--security-opt", "seccomp=unconfined"])
    try:
        dockerd.copy_in(compile_c(RING, "ring"), started, "/opt/ring")
        dockerd.copy_in(compile_c(NARROW, "narrow"), started, "/opt/narrow")
        made = "cd /opt; touch readable watched new; cp /bin/busybox true; chown -R 65534 /opt"
        dockerd.execute(started, "sh", "-c", made)
        yield started
    finally:
        dockerd.remove(started)


@pytest.fixture
def inside(dockerd: Docker, container: str) -> Perform:
    """As a user without rights in a container."""

    def perform(program: str, *arguments: str) -> str:
        words = [word.replace("PLACE", "/opt") for word in arguments]
        return dockerd.execute(container, f"/opt/{program}", *words, options=[f"--user={USER}"])

    return perform


def check(told: dict[str, Any], scope: AuditScope, program: str, container: str) -> None:
    """The right process, user and container."""
    assert (told["proc.name"], told["proc.exepath"].rpartition("/")[2]) == (program, program)
    assert (told["user.uid"], told["user.loginuid"]) == (USER, scope.login_uid)
    assert told["container.id"] == container


@pytest.mark.parametrize("rule", RING_ACTS)
@pytest.mark.parametrize("way", WAYS)
def test_io_uring_on_the_host(
    agent: StartAgent, audit_scope: AuditScope, on_the_host: Perform, tmp_path: Path, place: Path, way: str, rule: str
) -> None:
    running = agent(rules_file(tmp_path, str(place)))
    on_the_host("ring", way, str(HOLD), *RING_ACTS[rule].split())
    running.wait_alert(lambda alert: alert["rule"] == rule)
    running.interrupt()
    (told,) = fields_of(running.alerts(), rule)
    check(told, audit_scope, "ring", "host")


@pytest.mark.parametrize("way", WAYS)
def test_io_uring_in_a_container(
    agent: StartAgent, audit_scope: AuditScope, inside: Perform, container: str, tmp_path: Path, way: str
) -> None:
    running = agent(rules_file(tmp_path, "/opt"))
    for rule in ("Sensitive file read", "Outbound connection", "Link to a watched file", "Watched file removed"):
        inside("ring", way, str(HOLD), *RING_ACTS[rule].split())
        running.wait_alert(lambda alert, rule=rule: alert["rule"] == rule)  # type: ignore[misc]
    inside("ring", way, str(HOLD), *RING_ACTS["Watched file renamed"].split())
    running.wait_alert(lambda alert: alert["rule"] == "Watched file renamed")
    running.interrupt()
    for rule in RING_ACTS:
        (told,) = fields_of(running.alerts(), rule)
        check(told, audit_scope, "ring", container[:12])


@pytest.mark.parametrize("where", ["host", "container"])
def test_32_bit_calls(
    agent: StartAgent, audit_scope: AuditScope, request: pytest.FixtureRequest, tmp_path: Path, place: Path, where: str
) -> None:
    perform: Perform = request.getfixturevalue("on_the_host" if where == "host" else "inside")
    identity = "host" if where == "host" else str(request.getfixturevalue("container"))[:12]
    running = agent(rules_file(tmp_path, str(place) if where == "host" else "/opt"))
    for rule, words in NARROW_ACTS.items():
        perform("narrow", *words)
        running.wait_alert(lambda alert, rule=rule: alert["rule"] == rule)  # type: ignore[misc]
    running.interrupt()
    for rule in NARROW_ACTS:
        (told,) = fields_of(running.alerts(), rule)
        check(told, audit_scope, "true" if rule == "Watched program" else "narrow", identity)


@pytest.mark.skipif(not FALCO_RULES.exists(), reason="needs Falco's own rule file beside the checkout")
class TestFalcosOwnRules:
    """Unmodified."""

    @pytest.mark.parametrize("way", WAYS)
    def test_io_uring(
        self, agent: StartAgent, audit_scope: AuditScope, compile_c: Compiler, place: Path, way: str
    ) -> None:
        program = compile_c(RING, "ring")
        running = agent(FALCO_RULES)
        acts = {
            "Read sensitive file untrusted": "openat . /etc/shadow 0 0",
            "Create Hardlink Over Sensitive Files": f"linkat . /etc/shadow . {place}/hard 0",
        }
        if way != "sqpoll":  # what a link leads to is in no record then
            acts["Create Symlink Over Sensitive Files"] = f"symlinkat /etc . {place}/soft"
        for rule, act in acts.items():
            audit_scope.run([str(program), way, str(HOLD), *act.split()])
            told = running.wait_alert(lambda alert, rule=rule: alert["rule"] == rule)  # type: ignore[misc]
            assert told["output_fields"]["proc.name"] == "ring"

    def test_32_bit_open(self, agent: StartAgent, audit_scope: AuditScope, compile_c: Compiler) -> None:
        running = agent(FALCO_RULES)
        audit_scope.run([str(compile_c(NARROW, "narrow")), "open", "/etc/shadow"])
        told = running.wait_alert(lambda alert: alert["rule"] == "Read sensitive file untrusted")
        assert told["output_fields"]["proc.name"] == "narrow"
