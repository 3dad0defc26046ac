"""What records told of descriptors and what /proc shows of them, together; from a recorded tree and our own."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest

from auditfalco.model.descriptor import Descriptor
from auditfalco.model.endpoints import Endpoint, Endpoints
from auditfalco.model.process import Image, Process
from auditfalco.state.live_descriptors import LiveDescriptors
from auditfalco.state.open_files import OpenFiles
from kernel_sources.procfs import ProcFS

PID = 1234
TCP = b"""\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 10 1 0 100 0 0 10 0
   1: 0100007F:07E8 0200007F:B86C 01 00000000:00000000 00:00000000 00000000     0        0 11 1 0 20 4 30 10 -1
   2: 0200007F:B86C 0100007F:07E8 01 00000000:00000000 00:00000000 00000000     0        0 12 1 0 20 4 30 10 -1
"""
UDP = b"""\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:9C40 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 13 2 0 0
"""
UNIX = b"Num       RefCount Protocol Flags    Type St Inode Path\n00000: 00000002 00000000 00010000 0001 01 14 /run/x\n"
CLIENT, SERVER = Endpoint(bytes([127, 0, 0, 2]), 0xB86C), Endpoint(bytes([127, 0, 0, 1]), 0x07E8)

TOLD = Descriptor("ipv4", "->127.0.0.1:2024", endpoints=Endpoints(None, SERVER, "tcp", connected=True))
"""What the record of a connect tells."""

little_endian = pytest.mark.skipif(sys.byteorder != "little", reason="the tables are of a little-endian machine")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    process = tmp_path / str(PID)
    for directory in ("fd", "net", "ns"):
        (process / directory).mkdir(parents=True)
    for name, text in (("tcp", TCP), ("udp", UDP), ("unix", UNIX)):
        (process / "net" / name).write_bytes(text)
    return process


@pytest.fixture
def show(tree: Path) -> Callable[[int, str | None], None]:
    """Makes a number stand for something, or for nothing."""

    def link(number: int, target: str | None) -> None:
        path = tree / "fd" / str(number)
        if path.is_symlink():
            path.unlink()
        if target is not None:
            os.symlink(target, path)

    return link


@pytest.fixture
def live(tree: Path) -> LiveDescriptors:
    return LiveDescriptors(ProcFS(str(tree.parent)))


@pytest.fixture
def files(live: LiveDescriptors) -> OpenFiles:
    return OpenFiles(live, lambda process: False)


@pytest.fixture
def process() -> Process:
    return Process(PID, 0, None, Image())


@little_endian
@pytest.mark.parametrize(
    ("link", "descriptor"),
    [
        ("pipe:[99]", Descriptor("pipe", "", inode=99)),
        ("anon_inode:[eventfd]", Descriptor("event", "")),
        ("anon_inode:[eventpoll]", Descriptor("eventpoll", "")),
        ("anon_inode:inotify", Descriptor("inotify", "")),
        ("anon_inode:bpf-prog", Descriptor("bpf", "")),
        ("anon_inode:[perf_event]", Descriptor("unsupported", "")),
        ("/memfd:x y (deleted)", Descriptor("memfd", "x y")),
        ("/nowhere/file (deleted)", Descriptor("file", "/nowhere/file")),
        ("net:[4026531840]", Descriptor("unsupported", None)),
        (
            "socket:[10]",
            Descriptor("ipv4", "127.0.0.1:2024", inode=10, endpoints=Endpoints(None, SERVER, "tcp", is_server=True)),
        ),
        (
            "socket:[11]",
            Descriptor(
                "ipv4",
                "127.0.0.2:47212->127.0.0.1:2024",
                inode=11,
                endpoints=Endpoints(CLIENT, SERVER, "tcp", is_server=True, connected=True),
            ),
        ),
        (
            "socket:[12]",
            Descriptor(
                "ipv4",
                "127.0.0.2:47212->127.0.0.1:2024",
                inode=12,
                endpoints=Endpoints(CLIENT, SERVER, "tcp", connected=True),
            ),
        ),
        ("socket:[14]", Descriptor("unix", "/run/x", inode=14, endpoints=Endpoints(path="/run/x"))),
        ("socket:[98]", Descriptor("unsupported", None, inode=98)),
    ],
)
def test_what_a_link_says(
    live: LiveDescriptors, show: Callable[[int, str], None], link: str, descriptor: Descriptor
) -> None:
    show(3, link)
    assert live.read(PID, 3) == descriptor


def test_nothing_there(live: LiveDescriptors) -> None:
    assert live.read(PID, 3) is None
    assert live.read(99, 3) is None


def test_files_and_directories_of_our_own(tmp_path: Path) -> None:
    live = LiveDescriptors(ProcFS())
    status = os.stat(tmp_path)
    descriptor = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        device = (os.major(status.st_dev), os.minor(status.st_dev))
        assert live.read(os.getpid(), descriptor) == Descriptor("directory", str(tmp_path), None, device, status.st_ino)
    finally:
        os.close(descriptor)


@little_endian
def test_the_own_end_of_a_connection_is_read_while_it_lives(
    files: OpenFiles, process: Process, show: Callable[[int, str | None], None]
) -> None:
    show(3, "socket:[12]")
    files.table.opened(process, 3, TOLD, 5)
    known = files.of(process, 3, 6)
    assert known is not None
    assert (known.name, known.inode) == ("127.0.0.2:47212->127.0.0.1:2024", 12)
    show(3, None)
    process.exit_ns = 7
    assert files.of(process, 3, 6) == known


@little_endian
def test_the_port_of_a_datagram_socket(files: OpenFiles, process: Process, show: Callable[[int, str], None]) -> None:
    show(3, "socket:[13]")
    peer = Endpoint(bytes([198, 51, 100, 9]), 53)
    told = Descriptor("ipv4", "->198.51.100.9:53", endpoints=Endpoints(None, peer, "udp", addressed=True))
    files.table.opened(process, 3, told, time.time_ns())
    known = files.of(process, 3)
    assert known is not None
    assert known.name == "0.0.0.0:40000->198.51.100.9:53"


@little_endian
def test_a_port_that_sending_gave_makes_no_server(
    files: OpenFiles, process: Process, show: Callable[[int, str], None]
) -> None:
    show(3, "socket:[13]")
    shown = files.of(process, 3)
    assert shown is not None and shown.endpoints is not None and shown.endpoints.is_server
    made = Descriptor("ipv4", "", endpoints=Endpoints(None, None, "udp"))
    files.table.opened(process, 3, made, 5)
    known = files.of(process, 3, 6)
    assert known is not None
    assert (known.name, known.inode, known.endpoints) == ("", 13, made.endpoints)


@little_endian
def test_of_two_accounts_the_nearer_one_is_taken(
    files: OpenFiles, process: Process, show: Callable[[int, str], None]
) -> None:
    now = time.time_ns()
    show(3, "pipe:[99]")
    files.table.opened(process, 3, TOLD, now - 1_000_000_000)
    # Told a millisecond before the event, which is nearly a second ago: the number has been used again since.
    assert files.of(process, 3, now - 999_000_000) == TOLD
    # Told a second before an event of this moment: it was used again before.
    assert files.of(process, 3, now) == Descriptor("pipe", "", inode=99)


@little_endian
def test_a_duplicate_is_what_either_number_still_shows(
    files: OpenFiles, process: Process, show: Callable[[int, str | None], None]
) -> None:
    show(0, "socket:[12]")
    show(3, "/etc/passwd")
    files.table.opened(process, 3, TOLD, 1)
    found = files.duplicated(process, 3, 0, 2)
    assert found is not None
    assert found.name == "127.0.0.2:47212->127.0.0.1:2024"


@little_endian
def test_a_duplicate_of_what_no_record_told_of(
    files: OpenFiles, process: Process, show: Callable[[int, str | None], None]
) -> None:
    show(0, "socket:[12]")
    found = files.duplicated(process, 3, 0, 2)
    assert found is not None
    assert (found.kind, found.inode) == ("ipv4", 12)
    process.exit_ns = 3
    assert files.of(process, 0) == files.of(process, 3) == found


def test_a_duplicate_that_nobody_knows(files: OpenFiles, process: Process) -> None:
    files.table.opened(process, 0, Descriptor("file", "/dev/null"), 1)
    assert files.duplicated(process, 3, 0, 2) is None
    assert files.of(process, 0) is None


@little_endian
def test_another_process_of_the_same_number_is_not_looked_at(
    live: LiveDescriptors, process: Process, show: Callable[[int, str], None]
) -> None:
    show(3, "pipe:[99]")
    files = OpenFiles(live, lambda process: True)
    assert files.of(process, 3) is None
    assert files.all_of(process) == {}


def test_every_descriptor(files: OpenFiles, process: Process, show: Callable[[int, str], None]) -> None:
    show(0, "/dev/null")
    show(5, "anon_inode:[eventfd]")
    files.table.opened(process, 9, Descriptor("file", "/closed"), 1)
    assert {number: known.kind for number, known in files.all_of(process).items()} == {0: "file", 5: "event"}
    process.exit_ns = 7
    assert list(files.all_of(process)) == [9]


@pytest.fixture
def connection() -> Iterator[tuple[socket.socket, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        accepted, _ = listener.accept()
        with accepted:
            yield client, accepted


def test_our_own_connection_from_both_ends(connection: tuple[socket.socket, socket.socket]) -> None:
    client, accepted = connection
    own, peer = (Endpoint(socket.inet_aton(name[0]), name[1]) for name in (client.getsockname(), client.getpeername()))
    live = LiveDescriptors(ProcFS())
    expected = Endpoints(None, peer, "tcp", connected=True)
    for hint in (None, expected):
        shown = live.read(os.getpid(), client.fileno(), hint)
        assert shown is not None
        assert shown.endpoints == Endpoints(own, peer, "tcp", connected=True)
    shown = live.read(os.getpid(), accepted.fileno())
    assert shown is not None
    assert shown.endpoints == Endpoints(own, peer, "tcp", is_server=True, connected=True)


def test_the_addresses_of_this_machine() -> None:
    live = LiveDescriptors(ProcFS())
    files = OpenFiles(live, lambda process: False)
    ours = Process(os.getpid(), 0, None, Image())
    assert files.is_local_address(ours, socket.inet_aton("127.0.0.1")) is True
    assert files.is_local_address(ours, socket.inet_aton("198.51.100.9")) is False
    assert OpenFiles(None, lambda process: False).is_local_address(ours, socket.inet_aton("127.0.0.1")) is None
