"""``/proc/<pid>/net``: the sockets of a network namespace, and its own addresses (proc_net(5)).

A table has a line for each socket, with the inode number that the descriptor's link shows (``socket:[4711]``). Internet
addresses are written as the machine's own 32-bit words in hexadecimal, ports as numbers.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
from typing import NamedTuple

from kernel_sources.procfs.files import decode

TCP_LISTEN = 10
"""``TCP_LISTEN`` of include/net/tcp_states.h: the socket waits for connections."""

TCP_CLOSE = 7
"""``TCP_CLOSE``: no connection; the state of every datagram socket without a peer."""

TABLES = {
    "tcp": (socket.AF_INET, "tcp"),
    "tcp6": (socket.AF_INET6, "tcp"),
    "udp": (socket.AF_INET, "udp"),
    "udp6": (socket.AF_INET6, "udp"),
    "unix": (socket.AF_UNIX, None),
    "netlink": (socket.AF_NETLINK, None),
    "raw": (socket.AF_INET, "raw"),
    "raw6": (socket.AF_INET6, "raw"),
    "icmp": (socket.AF_INET, "icmp"),
    "icmp6": (socket.AF_INET6, "icmp"),
    "packet": (socket.AF_PACKET, None),
}
"""Names of the tables below ``net``: the address family and the protocol of the sockets in each."""

PROTOCOL_TABLES = {
    "TCP": "tcp",
    "TCPv6": "tcp6",
    "MPTCP": "tcp",
    "MPTCPv6": "tcp6",
    "UDP": "udp",
    "UDPv6": "udp6",
    "UNIX": "unix",
    "UNIX-STREAM": "unix",
    "NETLINK": "netlink",
    "RAW": "raw",
    "RAWv6": "raw6",
    "PING": "icmp",
    "PINGv6": "icmp6",
    "PACKET": "packet",
}
"""The table for each of the kernel's names of protocols (``struct proto.name``)."""

_INODE_COLUMN = {"unix": 6, "netlink": 9, "packet": 8}
_INTERNET_INODE_COLUMN = 9


class SocketEnd(NamedTuple):
    """An address (4 or 16 bytes) and a port."""

    address: bytes
    port: int


class SocketFacts(NamedTuple):
    """One socket.

    `family` is ``AF_*``, `protocol` "tcp", "udp", "raw", "icmp" or None. Internet sockets have `local` and `remote`,
    each zero as long as there is none, and the state of tcp_states.h. `listened` tells that somebody waits for
    connections at the local port: the socket was accepted there. `path` is a unix socket's own name, an abstract one
    with ``@`` before it; "" without one.
    """

    family: int
    protocol: str | None
    local: SocketEnd | None = None
    remote: SocketEnd | None = None
    state: int | None = None
    path: str | None = None
    listened: bool = False


def find(table: str, data: bytes, inode: int) -> SocketFacts | None:
    """Return the socket with an inode number from the text of one of :data:`TABLES`; None when it has none such."""
    line = _line_of(data, inode, _INODE_COLUMN.get(table, _INTERNET_INODE_COLUMN))
    if line is None:
        return None
    family, protocol = TABLES[table]
    if family == socket.AF_UNIX:
        columns = line.split(None, 7)
        return SocketFacts(family, protocol, path=decode(columns[7]) if len(columns) > 7 else "")
    if family not in (socket.AF_INET, socket.AF_INET6):
        return SocketFacts(family, protocol)
    columns = line.split(None, 4)
    try:
        local, remote, state = _end(columns[1]), _end(columns[2]), int(columns[3], 16)
    except (ValueError, IndexError, struct.error):
        return None
    nobody = b"0" * (len(columns[2]) - 5) + b":0000"
    listened = b":%04X %s %02X " % (local.port, nobody, TCP_LISTEN) in data
    return SocketFacts(family, protocol, local, remote, state, listened=listened)


def _line_of(data: bytes, inode: int, column: int) -> bytes | None:
    """Find the line whose column is the number; looked for as text first, since tables have many thousand lines."""
    number = b"%d" % inode
    at = data.find(b" " + number)
    while at >= 0:
        start = data.rfind(b"\n", 0, at) + 1
        end = data.find(b"\n", at)
        line = data[start:] if end < 0 else data[start:end]
        columns = line.split(None, column + 1)
        if len(columns) > column and columns[column] == number:
            return line
        at = data.find(b" " + number, at + 1)
    return None


def _end(column: bytes) -> SocketEnd:
    address, _, port = column.partition(b":")
    words = [int(address[at : at + 8], 16) for at in range(0, len(address), 8)]
    return SocketEnd(struct.pack(f"={len(words)}I", *words), int(port, 16))


def local_ipv4(fib_trie: bytes) -> frozenset[bytes]:
    """Return the addresses of this machine in ``net/fib_trie``, packed: each is named above a line ``… host LOCAL``."""
    found = set()
    address = b""
    for line in fib_trie.split(b"\n"):
        if b"|-- " in line:
            address = line.partition(b"|-- ")[2].strip()
        elif line.strip().startswith(b"/32 host LOCAL"):
            try:
                found.add(ipaddress.IPv4Address(address.decode("ascii", "replace")).packed)
            except ValueError:
                continue
    return frozenset(found)


def local_ipv6(if_inet6: bytes) -> frozenset[bytes]:
    """Return the addresses in ``net/if_inet6``, packed: 32 hexadecimal digits at the beginning of each line."""
    found = set()
    for line in if_inet6.split(b"\n"):
        try:
            address = bytes.fromhex(line[:32].decode("ascii", "replace"))
        except ValueError:
            continue
        if len(address) == 16:
            found.add(address)
    return frozenset(found)
