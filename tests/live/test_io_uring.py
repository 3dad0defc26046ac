"""Acts done through io_uring: ordinary rules, written for system calls, see them.

Each is done in three ways: inside io_uring_enter where the kernel can, on a worker thread, and by the ring's own kernel
thread (SQPOLL). The kernel reports the three differently, and of none of them all that it reports of a system call.
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from harness.agent import AgentProcess, Alert, StartAgent
from harness.docker import Docker
from harness.programs import Compiler
from harness.recording import Recording
from harness.scope import AuditScope

from auditfalco.agent.archive import Archive

SOURCE = (Path(__file__).parent / "harness" / "ring.c").read_text()
WAYS = ("inline", "async", "sqpoll")
HOLD = 400  # milliseconds for which the program keeps open what it opened
RULES = """\
- rule: Read
  desc: as rules about sensitive files ask
  condition: >
    evt.type in (open, openat, openat2) and evt.is_open_read=true and fd.typechar='f' and fd.num>=0
    and fd.name startswith "%(place)s"
  output: "%(output)s"
  priority: WARNING
- rule: Written
  desc: as rules about changed files ask
  condition: >
    evt.type in (open, openat, openat2) and evt.is_open_write=true and fd.typechar='f' and fd.num>=0
    and fd.name startswith "%(place)s"
  output: "%(output)s"
  priority: WARNING
- rule: Connected
  desc: as rules about connections ask
  condition: evt.type = connect and fd.typechar = 4 and (evt.rawres >= 0 or evt.res = EINPROGRESS)
  output: "%(output)s"
  priority: WARNING
- rule: Accepted
  desc: as rules about servers ask
  condition: evt.type in (accept, accept4) and fd.typechar = 4 and evt.rawres >= 0
  output: "%(output)s"
  priority: WARNING
- rule: Changed
  desc: names come and go
  condition: evt.type in (rename, renameat, renameat2, unlinkat, linkat, symlinkat, mkdirat) and proc.name = ring
  output: "%(output)s"
  priority: WARNING
"""
FIELDS = (
    "evt.type",
    "evt.is_io_uring",
    "evt.res",
    "evt.args",
    "evt.arg.flags",
    "evt.arg.oldpath",
    "evt.arg.newpath",
    "evt.arg.path",
    "evt.arg.name",
    "evt.arg.target",
    "evt.arg.linkpath",
    "fd.num",
    "fd.name",
    "fd.nameraw",
    "fd.typechar",
    "proc.name",
    "proc.pid",
    "proc.exepath",
    "proc.cmdline",
    "user.uid",
    "user.loginuid",
    "container.id",
)


class Ring(Protocol):
    """Run the ring program and return its process id and the results of its operations."""

    def __call__(self, way: str, *operations: str, hold: int = HOLD, cwd: str = "/") -> tuple[int, list[int]]: ...


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory whose name is nobody else's."""
    directory = Path(f"/var/tmp/auditfalco-ring-{os.getpid()}")
    directory.mkdir()
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def ring(compile_c: Compiler, audit_scope: AuditScope) -> Ring:
    """The ring program, on the host."""
    program = compile_c(SOURCE, "ring")

    def run(way: str, *operations: str, hold: int = HOLD, cwd: str = "/") -> tuple[int, list[int]]:
        process = audit_scope.spawn([str(program), *words(way, hold, operations)], stdout=-1, cwd=cwd)
        said = process.communicate(timeout=30)[0].decode()
        assert process.returncode == 0, said
        return process.pid, [int(line) for line in said.split()]

    return run


def words(way: str, hold: int, operations: tuple[str, ...]) -> list[str]:
    """The program's arguments; operations are parted by a comma."""
    return [way, str(hold), *" , ".join(operations).split()]


def rules_file(tmp_path: Path, place: str) -> Path:
    path = tmp_path / "rules.yaml"
    output = " ".join(f"%{field}" for field in FIELDS)
    path.write_text(RULES % {"place": place, "output": output})
    return path


def alert_of(running: AgentProcess, rule: str, pid: int, **fields: Any) -> dict[str, Any]:
    """The first alert of a rule about a process, with some fields (`__` for the dot)."""
    wanted = {name.replace("__", "."): value for name, value in fields.items()}

    def fits(alert: Alert) -> bool:
        told = alert["output_fields"]
        same = all(told.get(name) == value for name, value in wanted.items())
        return alert["rule"] == rule and told["proc.pid"] == pid and same

    told: dict[str, Any] = running.wait_alert(fits)["output_fields"]
    return told


def check_process(told: dict[str, Any], pid: int, scope: AuditScope) -> None:
    """What the operation's own record does not have is there all the same."""
    assert told["evt.is_io_uring"] is True
    assert (told["proc.pid"], told["proc.name"]) == (pid, "ring")
    assert told["proc.exepath"].endswith("/ring")
    assert told["proc.cmdline"].startswith("ring ")
    assert (told["user.uid"], told["user.loginuid"], told["container.id"]) == (0, scope.login_uid, "host")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("operation", ["openat", "openat2"])
def test_a_file_read(
    agent: StartAgent, ring: Ring, audit_scope: AuditScope, tmp_path: Path, place: Path, way: str, operation: str
) -> None:
    (place / "secret").write_text("")
    running = agent(rules_file(tmp_path, str(place)))
    pid, (descriptor,) = ring(way, f"{operation} . {place}/secret 0 0")
    told = alert_of(running, "Read", pid)
    check_process(told, pid, audit_scope)
    assert (told["evt.type"], told["fd.name"], told["fd.num"]) == (operation, f"{place}/secret", descriptor)
    assert (told["evt.arg.flags"], told["evt.res"]) == ("O_RDONLY", "SUCCESS")
    running.interrupt()
    assert running.alerts("Written") == []
    assert len(running.alerts("Read")) == 1


@pytest.mark.parametrize("way", WAYS)
def test_files_written_and_made(
    agent: StartAgent, ring: Ring, audit_scope: AuditScope, tmp_path: Path, place: Path, way: str
) -> None:
    (place / "old").write_text("")
    running = agent(rules_file(tmp_path, str(place)))
    pid, (old, new) = ring(way, f"openat . {place}/old 0x401 0", f"openat . {place}/new 0x241 0600")
    told = alert_of(running, "Written", pid, fd__name=f"{place}/old")
    check_process(told, pid, audit_scope)
    assert (told["fd.num"], told["evt.arg.flags"]) == (old, "O_APPEND|O_WRONLY")
    told = alert_of(running, "Written", pid, fd__name=f"{place}/new")
    assert (told["fd.num"], told["evt.arg.flags"]) == (new, "O_CREAT|O_WRONLY|O_F_CREATED")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("start", ["descriptor", "working directory"])
def test_names_that_count_from_a_directory(
    agent: StartAgent, ring: Ring, tmp_path: Path, place: Path, way: str, start: str
) -> None:
    (place / "below").mkdir()
    (place / "below" / "secret").write_text("")
    running = agent(rules_file(tmp_path, str(place)))
    if start == "descriptor":
        pid, _ = ring(way, f"openat {place} below/secret 0 0")
    else:
        pid, _ = ring(way, "openat . secret 0 0", cwd=str(place / "below"))
    told = alert_of(running, "Read", pid)
    assert told["fd.name"] == f"{place}/below/secret"


@pytest.mark.parametrize("way", WAYS)
def test_a_file_that_is_not_there_is_not_read(
    agent: StartAgent, ring: Ring, tmp_path: Path, place: Path, way: str
) -> None:
    (place / "secret").write_text("")
    running = agent(rules_file(tmp_path, str(place)))
    ring(way, f"openat . {place}/none 0 0", hold=0)
    pid, _ = ring(way, f"openat . {place}/secret 0 0")
    alert_of(running, "Read", pid)
    running.interrupt()
    assert [alert["output_fields"]["fd.name"] for alert in running.alerts()] == [f"{place}/secret"]


@pytest.mark.parametrize("way", WAYS)
def test_a_descriptor_that_is_closed_at_once(
    agent: StartAgent, ring: Ring, tmp_path: Path, place: Path, way: str
) -> None:
    """Unless it was looked at before, nobody knows whether it was for reading or writing: rules on either see it."""
    (place / "secret").write_text("")
    running = agent(rules_file(tmp_path, str(place)), options=["-o", "rule_matching=all"])
    pid, _ = ring(way, f"openat . {place}/secret 0 0", hold=0)
    read = alert_of(running, "Read", pid)
    assert read["fd.name"] == f"{place}/secret"
    if read["evt.arg.flags"] is None:
        assert alert_of(running, "Written", pid)["fd.name"] == f"{place}/secret"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_STREAM | socket.SOCK_NONBLOCK, socket.SOCK_DGRAM])
def test_connections(
    agent: StartAgent, ring: Ring, audit_scope: AuditScope, tmp_path: Path, way: str, kind: int
) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        running = agent(rules_file(tmp_path, "/nowhere"))
        pid, (result,) = ring(way, f"connect {int(kind):#x} 127.0.0.1 {port}")
        assert result == 0
        told = alert_of(running, "Connected", pid)
    check_process(told, pid, audit_scope)
    assert told["fd.name"].startswith("127.0.0.1:")
    assert told["fd.name"].endswith(f"->127.0.0.1:{port}")
    assert told["fd.typechar"] == "4"
    assert told["fd.num"] < 64
    running.interrupt()
    assert len(running.alerts("Connected")) == 1


@pytest.mark.parametrize("way", WAYS)
def test_a_connection_accepted(
    agent: StartAgent, ring: Ring, audit_scope: AuditScope, tmp_path: Path, way: str
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = agent(rules_file(tmp_path, "/nowhere"))
    pid, (descriptor,) = ring(way, f"accept 127.0.0.1 {port}")
    told = alert_of(running, "Accepted", pid)
    check_process(told, pid, audit_scope)
    assert (told["fd.num"], told["evt.res"]) == (descriptor, "SUCCESS")
    assert told["fd.name"].endswith(f"->127.0.0.1:{port}")


@pytest.mark.parametrize("way", ["inline", "async"])
def test_a_call_that_waits_for_something_else(
    agent: StartAgent, ring: Ring, tmp_path: Path, place: Path, way: str
) -> None:
    """The names come when it returns, long after the operation was reported."""
    (place / "secret").write_text("")
    running = agent(rules_file(tmp_path, str(place)))
    pid, _ = ring(way, f"openat . {place}/secret 0 0", "wait 6000")
    assert alert_of(running, "Read", pid)["fd.name"] == f"{place}/secret"


CHANGES = (
    ("mkdirat . {place}/dir 0700", "mkdirat", {"evt.arg.path": "{place}/dir"}),
    ("linkat . {place}/file . {place}/link 0", "linkat", {"evt.arg.newpath": "{place}/link"}),
    ("symlinkat /etc/shadow . {place}/sym", "symlinkat", {"evt.arg.linkpath": "{place}/sym"}),
    ("renameat . {place}/file {place} moved 0", "renameat", {"evt.arg.newpath": "{place}/moved"}),
    ("unlinkat . {place}/file 0", "unlinkat", {}),
)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("operation", "event_type", "expected"), CHANGES, ids=[change[1] for change in CHANGES])
def test_names_changed(
    agent: StartAgent,
    ring: Ring,
    audit_scope: AuditScope,
    tmp_path: Path,
    place: Path,
    way: str,
    operation: str,
    event_type: str,
    expected: dict[str, str],
) -> None:
    (place / "file").write_text("")
    running = agent(rules_file(tmp_path, "/nowhere"))
    pid, (result,) = ring(way, operation.format(place=place))
    assert result == 0
    told = alert_of(running, "Changed", pid)
    check_process(told, pid, audit_scope)
    assert (told["evt.type"], told["evt.res"]) == (event_type, "SUCCESS")
    assert {name: told[name] for name in expected} == {
        name: value.format(place=place) for name, value in expected.items()
    }
    if way == "sqpoll" and event_type in ("unlinkat", "renameat"):
        argument = "evt.arg.name" if event_type == "unlinkat" else "evt.arg.oldpath"
        assert told[argument] == f"{place}/file"
    if way != "sqpoll" and event_type == "symlinkat":
        assert told["evt.arg.target"] == "/etc/shadow"


@pytest.mark.parametrize("way", WAYS)
def test_in_a_container(agent: StartAgent, dockerd: Docker, compile_c: Compiler, tmp_path: Path, way: str) -> None:
    container = dockerd.run("sleep", "600", options=["--security-opt", "seccomp=unconfined"])
    try:
        dockerd.copy_in(compile_c(SOURCE, "ring"), container, "/opt/ring")
        rules = rules_file(tmp_path, "/etc/shadow")
        narrowed = rules.read_text().replace("evt.type in (open,", "container.id != host and evt.type in (open,")
        rules.write_text(narrowed)
        running = agent(rules)
        said = dockerd.execute(
            container, "/opt/ring", *words(way, HOLD, ("openat /etc shadow 0 0",)), options=["-w/tmp"]
        )
        told = running.wait_alert(lambda alert: alert["rule"] == "Read")["output_fields"]
        assert (told["fd.name"], told["fd.num"]) == ("/etc/shadow", int(said))
        assert (told["container.id"], told["proc.name"]) == (container[:12], "ring")
        assert told["evt.arg.flags"] == "O_RDONLY|FD_LOWER_LAYER"
    finally:
        dockerd.remove(container)


def test_a_recorded_log_tells_the_same(
    agent: StartAgent, ring: Ring, audit_scope: AuditScope, tmp_path: Path, place: Path
) -> None:
    (place / "secret").write_text("")
    running = agent(rules_file(tmp_path, str(place)))
    with Recording(tmp_path / "audit.log") as recording:
        pids = {way: ring(way, f"openat . {place}/secret 0 0", hold=50)[0] for way in WAYS}
        for pid in pids.values():
            alert_of(running, "Read", pid)
    running.interrupt()
    read = [event for event, _ in Archive([str(recording.path)]).events() if event.io_uring]
    opened = {
        event.process.pid: event.descriptor.name
        for event in read
        if event.type == "openat" and event.process is not None and event.descriptor is not None
    }
    assert {pid: opened.get(pid) for pid in pids.values()} == dict.fromkeys(pids.values(), f"{place}/secret")
