"""Tables of sockets, as proc_net(5) and the kernel's format strings have them."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from kernel_sources.procfs import ProcFS, SocketEnd, SocketFacts, sockets

pytestmark = pytest.mark.skipif(sys.byteorder != "little", reason="the tables below are of a little-endian machine")

TCP = b"""\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 628 1 0 20 4 30 10 -1
   1: 0100007F:07E8 0200007F:B86C 01 00000000:00000000 00:00000000 00000000  1000        0 7465 1 0 20 4 30 10 -1
   2: 0200007F:B86C 0100007F:07E8 01 00000000:00000000 00:00000000 00000000   628        0 7466 1 0 20 4 30 10 -1
"""
NOBODY, ONE, MAPPED = "0" * 32, "0" * 24 + "01000000", "0" * 16 + "FFFF00000100007F"
REST = "00000000:00000000 00:00000000 00000000     0        0"
TCP6 = f"""\
  sl  local_address                         remote_address                        st tx_queue rx_queue inode
   0: {ONE}:1F90 {NOBODY}:0000 0A {REST} 99 1 0000000000000000 100 0 0 10 0
   1: {MAPPED}:1F90 {MAPPED}:C350 01 {REST} 100 1 0000000000000000 20 4 30 10 -1
""".encode()
UNIX = b"""\
Num       RefCount Protocol Flags    Type St Inode Path
0000000069547ab4: 00000003 00000000 00000000 0001 03  1069
0000000072d2341b: 00000002 00000000 00010000 0001 01  1068 /run/a b.sock
00000000adeb8e8f: 00000002 00000000 00010000 0001 01 17142 @/abstract
"""
NETLINK = b"""\
sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
0000000013b51921 0   0          00000000 0        0        0     2        0        4
"""


def end(address: str, port: int) -> SocketEnd:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return SocketEnd(socket.inet_pton(family, address), port)


@pytest.mark.parametrize(
    ("table", "text", "inode", "facts"),
    [
        ("tcp", TCP, 628, SocketFacts(2, "tcp", end("0.0.0.0", 2024), end("0.0.0.0", 0), 10, listened=True)),
        ("tcp", TCP, 7465, SocketFacts(2, "tcp", end("127.0.0.1", 2024), end("127.0.0.2", 47212), 1, listened=True)),
        ("tcp", TCP, 7466, SocketFacts(2, "tcp", end("127.0.0.2", 47212), end("127.0.0.1", 2024), 1)),
        (
            "tcp6",
            TCP6,
            100,
            SocketFacts(10, "tcp", end("::ffff:127.0.0.1", 8080), end("::ffff:127.0.0.1", 50000), 1, listened=True),
        ),
        ("unix", UNIX, 1069, SocketFacts(1, None, path="")),
        ("unix", UNIX, 1068, SocketFacts(1, None, path="/run/a b.sock")),
        ("unix", UNIX, 17142, SocketFacts(1, None, path="@/abstract")),
        ("netlink", NETLINK, 4, SocketFacts(16, None)),
    ],
)
def test_a_socket_is_found_by_its_inode(table: str, text: bytes, inode: int, facts: SocketFacts) -> None:
    assert sockets.find(table, text, inode) == facts


@pytest.mark.parametrize("inode", [0, 1, 62, 746, 2024])
def test_a_number_elsewhere_in_a_line_is_no_inode(inode: int) -> None:
    assert sockets.find("tcp", TCP, inode) is None


@pytest.mark.parametrize("text", [b"", b"\n", b"   1: x:y z 01 a b c d e 7", TCP[:-120], b"   1: " + b"7 " * 12])
def test_broken_tables(text: bytes) -> None:
    assert sockets.find("tcp", text, 7) is None


FIB = b"""\
Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
        |-- 192.0.2.0
           /24 link UNICAST
        |-- 192.0.2.2
           /32 host LOCAL
Local:
     |-- 127.0.0.0
        /8 host LOCAL
     |-- 127.0.0.1
        /32 host LOCAL
     |-- 127.255.255.255
        /32 link BROADCAST
"""


def test_own_addresses() -> None:
    assert sockets.local_ipv4(FIB) == {bytes([192, 0, 2, 2]), bytes([127, 0, 0, 1])}
    assert sockets.local_ipv6(b"00000000000000000000000000000001 01 80 10 80       lo\nshort\n") == {b"\0" * 15 + b"\1"}
    assert sockets.local_ipv4(b"   |-- 999.1.1.1\n /32 host LOCAL\n") == frozenset()


def test_a_recorded_tree(tmp_path: Path) -> None:
    net = tmp_path / "7" / "net"
    net.mkdir(parents=True)
    (net / "tcp").write_bytes(TCP)
    (net / "fib_trie").write_bytes(FIB)
    proc = ProcFS(str(tmp_path))
    assert proc.socket(7, "tcp", 7466) is not None
    assert proc.socket(7, "udp", 7466) is None
    assert proc.local_addresses(7) == sockets.local_ipv4(FIB)
    assert proc.local_addresses(8) is None
    assert proc.socket_table(7, 3) is None


def test_our_own_sockets_as_the_kernel_shows_them() -> None:
    proc = ProcFS()
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        inode = os.fstat(client.fileno()).st_ino
        table = proc.socket_table("self", client.fileno())
        assert table == "tcp"
        facts = proc.socket("self", table, inode)
        assert facts is not None
        assert (facts.local, facts.remote) == (end(*client.getsockname()), end(*listener.getsockname()))
        assert not facts.listened
    addresses = proc.local_addresses("self")
    assert addresses is not None
    assert socket.inet_aton("127.0.0.1") in addresses
