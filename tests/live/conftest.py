"""Fixtures of the live tests, and the guard that leaves the machine as it was found.

Every test below this directory is marked ``live``. A fixture that the machine cannot serve skips its test with the
reason; with AUDITFALCO_REQUIRE_LIVE=1 such a skip fails the session (see ../conftest.py).
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from harness.agent import AgentProcess, StartAgent, environment, run_command
from harness.docker import Docker, DockerFailed
from harness.machine import SYSTEM_PATH, AuditState, audit_obstacle, docker_obstacle, podman_obstacle, prime_audit
from harness.podman import Podman, PodmanFailed
from harness.programs import Compiler
from harness.scope import AuditScope, SpawnScoped, end_process
from harness.shell import ContainerShell, OpenShell
from harness.terminal import StartTerminal, Terminal


@pytest.fixture(scope="session", autouse=True)
def audit_left_as_found() -> Iterator[None]:
    """Compare the kernel's audit rules and settings before and after the session."""
    if audit_obstacle() is not None:
        yield
        return
    prime_audit()
    before = AuditState.read()
    yield
    changes = before.changes(AuditState.read())
    assert changes == [], "this session, or somebody beside it, has changed the kernel's audit state"


@pytest.fixture(scope="session")
def audit_scope(audit_left_as_found: None) -> Iterator[AuditScope]:
    """The session's own login uid; whatever still carries it at the end is killed."""
    obstacle = audit_obstacle()
    if obstacle is not None:
        pytest.skip(obstacle)
    scope = AuditScope()
    yield scope
    scope.end()


@pytest.fixture
def spawn_scoped(audit_scope: AuditScope) -> Iterator[SpawnScoped]:
    """Start commands that carry, with all their descendants, the session's login uid."""
    with ExitStack() as stack:

        def spawn(argv: Sequence[str], **options: Any) -> subprocess.Popen[Any]:
            process = audit_scope.spawn(argv, **options)
            stack.enter_context(process)  # closes its pipes
            stack.callback(end_process, process)
            return process

        yield spawn


@pytest.fixture
def terminal(audit_scope: AuditScope) -> Iterator[StartTerminal]:
    """Start commands on a terminal of their own, on the host, under the session's login uid."""
    with ExitStack() as stack:

        def start(argv: Sequence[str]) -> Terminal:
            plain = {"PATH": SYSTEM_PATH, "HOME": "/", "TERM": "xterm"}  # nobody's prompt, nobody's start files
            started = Terminal(audit_scope.command(argv), plain)
            stack.callback(started.close)
            return started

        yield start


@pytest.fixture(scope="session")
def dockerd(audit_scope: AuditScope) -> Iterator[Docker]:
    """A Docker daemon below the session's login uid, with the image of ``harness.image`` loaded."""
    obstacle = docker_obstacle()
    if obstacle is not None:
        pytest.skip(obstacle)
    docker = Docker(audit_scope)
    try:
        try:
            docker.start()
        except DockerFailed as error:
            pytest.skip(str(error))
        yield docker
    finally:
        docker.stop()


@pytest.fixture(scope="session")
def podman(audit_scope: AuditScope) -> Iterator[Podman]:
    """Podman below the session's login uid, with the image of ``harness.image`` in a storage of its own."""
    obstacle = podman_obstacle()
    if obstacle is not None:
        pytest.skip(obstacle)
    made = Podman(audit_scope)
    try:
        try:
            made.start()
        except PodmanFailed as error:
            pytest.skip(str(error))
        yield made
    finally:
        made.stop()


@pytest.fixture
def container_shell(dockerd: Docker) -> Iterator[OpenShell]:
    """Open shells in containers, each on a terminal; see OpenShell."""
    with ExitStack() as stack:

        def start(
            container: str | None = None,
            *,
            shell: Sequence[str] = ("sh",),
            name: str | None = None,
            options: Sequence[str] = (),
        ) -> ContainerShell:
            if container is None:
                opened = ContainerShell.start(dockerd, shell=shell, name=name, options=options)
            else:
                opened = ContainerShell.join(dockerd, container, shell=shell, options=options)
            stack.callback(opened.close)
            return opened

        yield start


@pytest.fixture(scope="session")
def compile_c(tmp_path_factory: pytest.TempPathFactory) -> Compiler:
    """Compile C sources statically, for 64 or 32 bits; see harness.programs."""
    return Compiler(tmp_path_factory.mktemp("programs"))


@pytest.fixture
def agent(audit_scope: AuditScope) -> Iterator[StartAgent]:
    """Run the installed agent; it is ended with the test at the latest."""
    with ExitStack() as stack:

        def start(*rules: Path, options: Sequence[str] = ()) -> AgentProcess:
            process = AgentProcess(run_command(rules, audit_scope.login_uid, options), environment())
            stack.callback(process.close)
            process.wait_ready()
            return process

        yield start
