"""Which file systems the gate asks to have marked, and what it makes of the answers."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditfalco.agent.gate import wire
from auditfalco.agent.gate.gate import GATE, Gate
from auditfalco.agent.internal import InternalAlerts
from auditfalco.model.alert import Alert
from kernel_sources.procfs import Mount, ProcFS


class LittleProc(ProcFS):
    """Shows the mounts that a test wants."""

    def __init__(self) -> None:
        super().__init__()
        self.mounts: list[Mount] = []

    def mountinfo(self, pid: int | str = "self") -> list[Mount]:
        return self.mounts


def mount(path: Path, fs_type: str, *options: str) -> Mount:
    """A mount of the file system that a path is really on."""
    device = os.stat(path).st_dev
    return Mount(1, 0, os.major(device), os.minor(device), "/", str(path), options, fs_type, "none", ())


@pytest.fixture
def proc() -> LittleProc:
    return LittleProc()


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The agent's and the responder's end."""
    made = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in made:
        end.setblocking(False)
    yield made
    for end in made:
        end.close()


@pytest.fixture
def responder(ends: tuple[socket.socket, socket.socket]) -> socket.socket:
    return ends[1]


def gate_on(proc: ProcFS, scope: str, agent: socket.socket) -> Gate:
    made = Gate(proc, scope, ())
    made._socket = agent
    made._root = 0
    return made


def asked(responder: socket.socket) -> list[int]:
    """The devices that marks are wanted on."""
    devices = []
    while True:
        try:
            message, descriptors, _, _ = socket.recv_fds(responder, 64, 1)
        except BlockingIOError:
            return devices
        assert message == wire.MARK
        devices += [os.fstat(descriptor).st_dev for descriptor in descriptors]
        for descriptor in descriptors:
            os.close(descriptor)


@pytest.mark.parametrize(
    ("scope", "fs_type", "options", "wanted"),
    [
        ("host", "ext4", (), True),
        ("host", "overlay", (), True),
        ("host", "tmpfs", ("noexec",), False),
        ("host", "nfs4", (), False),
        ("host", "fuse.sshfs", (), False),
        ("host", "proc", (), False),
        ("containers", "overlay", (), True),
        ("containers", "ext4", (), False),
    ],
)
def test_local_file_systems_with_programs(
    proc: LittleProc,
    ends: tuple[socket.socket, socket.socket],
    tmp_path: Path,
    scope: str,
    fs_type: str,
    options: tuple[str, ...],
    wanted: bool,
) -> None:
    proc.mounts = [mount(tmp_path, fs_type, *options)] * 2
    gate = gate_on(proc, scope, ends[0])
    gate.mounts_changed()
    assert asked(ends[1]) == ([os.stat(tmp_path).st_dev] if wanted else [])  # once
    gate.mounts_changed()
    assert len(asked(ends[1])) == wanted  # it may be another one with the same number


def test_the_hosts_own_overlay_is_no_containers(
    proc: LittleProc, ends: tuple[socket.socket, socket.socket], tmp_path: Path
) -> None:
    proc.mounts = [mount(tmp_path, "overlay")]
    gate = gate_on(proc, "containers", ends[0])
    gate._root = os.stat(tmp_path).st_dev
    gate.mounts_changed()
    assert asked(ends[1]) == []


def test_answers_are_taken_in(
    proc: LittleProc, ends: tuple[socket.socket, socket.socket], responder: socket.socket
) -> None:
    gate = gate_on(proc, "host", ends[0])
    for message in (wire.MARKED, wire.REFUSED + b"why", wire.encode_counts(wire.Counts(9, 1, 2, 0))):
        responder.send(message)
    assert gate.read_batch() == []
    assert (gate.marks, gate.refused, gate.ended) == (1, ["why"], False)
    assert list(gate.missed().values()) == [1, 2]


def test_its_end_is_told_once(
    proc: LittleProc, ends: tuple[socket.socket, socket.socket], responder: socket.socket
) -> None:
    alerts: list[Alert] = []
    internal = InternalAlerts("here", alerts.append)
    gate = gate_on(proc, "host", ends[0])
    gate.look(internal)
    assert alerts == []
    responder.close()
    gate.read_batch()
    assert (gate.ended, gate.fileno()) == (True, -1)
    gate.look(internal)
    gate.look(internal)
    assert [alert.rule for alert in alerts] == [GATE]
