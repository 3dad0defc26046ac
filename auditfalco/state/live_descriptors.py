"""Descriptors as the live /proc shows them now, put into the model's terms.

/proc shows the present; what an event's descriptor stood for is a moment older. Whoever asks compares with what records
told (state.host).
"""

from __future__ import annotations

import os
import socket
import stat
from collections import OrderedDict

from auditfalco.model import descriptor as kinds
from auditfalco.model.descriptor import Descriptor
from auditfalco.model.endpoints import Endpoint, Endpoints, plain_end
from auditfalco.state.executables import deleted_name, memfd_name
from kernel_sources.procfs import ProcFS, SocketEnd, SocketFacts
from kernel_sources.procfs.sockets import TABLES, TCP_CLOSE, TCP_LISTEN
from kernel_sources.sockdiag import PROTOCOLS, connected_to

ANONYMOUS = {
    "[eventfd]": kinds.EVENT,
    "[signalfd]": kinds.SIGNAL,
    "[eventpoll]": kinds.EVENTPOLL,
    "inotify": kinds.INOTIFY,
    "[timerfd]": kinds.TIMER,
    "bpf-map": kinds.BPF,
    "bpf-prog": kinds.BPF,
    "bpf-link": kinds.BPF,
    "[userfaultfd]": kinds.USERFAULT,
    "[io_uring]": kinds.IO_URING,
    "[pidfd]": kinds.PROCESS,
}
"""What stands behind `anon_inode:` in the link of a descriptor without a file."""

FAMILIES: dict[int, str] = {
    socket.AF_INET: kinds.IPV4,
    socket.AF_INET6: kinds.IPV6,
    socket.AF_UNIX: kinds.UNIX,
    socket.AF_NETLINK: kinds.NETLINK,
}

_UNSPECIFIED = (b"\0" * 4, b"\0" * 16)
_SOCKETS_KEPT = 1024
_ADDRESSES_KEPT = 256
_ADDRESSES_FRESH_NS = 5_000_000_000


class LiveDescriptors:
    """Reads what descriptors stand for; every answer is None once the process or the descriptor is gone."""

    def __init__(self, proc: ProcFS) -> None:
        self._proc = proc
        self._connections: OrderedDict[tuple[int | None, int], Descriptor] = OrderedDict()
        self._addresses: OrderedDict[int, tuple[int, frozenset[bytes]]] = OrderedDict()

    def read(self, pid: int, number: int, expected: Endpoints | None = None) -> Descriptor | None:
        """What a number of a process stands for now.

        Args:
            pid: the process.
            number: the descriptor's.
            expected: the ends that the socket may have, which spare a look through all sockets.
        """
        link = self._proc.fd(pid, number)
        if link is None:
            return None
        if link.startswith("/"):
            return self._file(pid, number, link)
        what, _, rest = link.partition(":")
        if what == "socket":
            return self._socket(pid, number, _inode(rest), expected)
        if what == "pipe":
            return Descriptor(kinds.PIPE, "", inode=_inode(rest))
        if what == "anon_inode":
            return Descriptor(ANONYMOUS.get(rest, kinds.OTHER), "")
        return Descriptor(kinds.OTHER, None)

    def is_socket(self, pid: int, number: int) -> bool:
        """Whether a descriptor is a socket's."""
        return (self._proc.fd(pid, number) or "").startswith("socket:")

    def numbers(self, pid: int, limit: int) -> list[int]:
        """The open descriptors of a process."""
        return self._proc.fds(pid, limit) or []

    def local_addresses(self, pid: int, now_ns: int) -> frozenset[bytes] | None:
        """The addresses of the machine as a process sees it, packed; read anew after some seconds."""
        namespace = self._proc.namespace(pid, "net") or -pid
        cached = self._addresses.get(namespace)
        if cached is not None and abs(now_ns - cached[0]) < _ADDRESSES_FRESH_NS:
            return cached[1]
        addresses = self._proc.local_addresses(pid)
        if addresses is not None:
            self._addresses[namespace] = now_ns, addresses
            if len(self._addresses) > _ADDRESSES_KEPT:
                self._addresses.popitem(last=False)
        return addresses

    def _file(self, pid: int, number: int, link: str) -> Descriptor:
        memory = memfd_name(link)
        if memory is not None:
            return Descriptor(kinds.MEMORY, memory.partition(":")[2])
        status = self._proc.stat_of_fd(pid, number)
        if status is None:
            return Descriptor(kinds.FILE, deleted_name(link))
        kind = kinds.DIRECTORY if stat.S_ISDIR(status.st_mode) else kinds.FILE
        device = os.major(status.st_dev), os.minor(status.st_dev)
        return Descriptor(kind, deleted_name(link), None, device, status.st_ino)

    def _socket(self, pid: int, number: int, inode: int | None, expected: Endpoints | None) -> Descriptor | None:
        if inode is None:
            return None
        table = self._proc.socket_table(pid, number)
        namespace = self._proc.namespace(pid, "net")
        cached = self._connections.get((namespace, inode))
        if cached is not None and (expected is None or _agrees(cached.endpoints, expected)):
            return cached
        found = self._diagnosed(table, namespace, inode, expected) or self._looked_up(pid, table, inode)
        if found is None:
            if table is None:
                return Descriptor(kinds.OTHER, None, inode=inode)
            family, protocol = TABLES[table]
            ends = Endpoints(None, None, protocol)
            return Descriptor(FAMILIES.get(family, kinds.OTHER), None, inode=inode, endpoints=ends)
        made = _described(found, inode)
        if made.endpoints is not None and made.endpoints.connected:
            # What is connected stays so; everything else may change.
            self._connections[namespace, inode] = made
            if len(self._connections) > _SOCKETS_KEPT:
                self._connections.popitem(last=False)
        return made

    def _diagnosed(
        self, table: str | None, namespace: int | None, inode: int, expected: Endpoints | None
    ) -> SocketFacts | None:
        """A socket of our own network namespace whose peer is known already, asked of the kernel by that peer."""
        if table is None or expected is None or expected.is_server:
            return None
        family, protocol = TABLES[table]
        if protocol not in PROTOCOLS or expected.server is None or namespace != self._proc.namespace("self", "net"):
            return None
        found = connected_to(family, protocol, *expected.server, inode)
        if found is None:
            return None
        return SocketFacts(family, protocol, SocketEnd(*found.local), SocketEnd(*found.remote))

    def _looked_up(self, pid: int, table: str | None, inode: int) -> SocketFacts | None:
        for name in (table,) if table is not None else TABLES:
            facts = self._proc.socket(pid, name, inode)
            if facts is not None:
                return facts
        return None


def _inode(bracketed: str) -> int | None:
    """The number in `[4711]`."""
    digits = bracketed[1:-1]
    return int(digits) if digits.isdecimal() and len(digits) < 20 else None


def _agrees(known: Endpoints | None, expected: Endpoints) -> bool:
    return known is not None and (expected.server is None or expected.server in (known.server, known.client))


def _described(facts: SocketFacts, inode: int) -> Descriptor:
    kind = FAMILIES.get(facts.family, kinds.OTHER)
    if kind == kinds.UNIX:
        return Descriptor(kind, facts.path, inode=inode, endpoints=Endpoints(path=facts.path or None))
    if facts.local is None or facts.remote is None:
        return Descriptor(kind, "" if kind == kinds.NETLINK else None, inode=inode)
    local, remote = plain_end(*facts.local), plain_end(*facts.remote)
    if facts.remote.port or facts.remote.address not in _UNSPECIFIED:
        if len(local.address) != len(remote.address):
            local, remote = Endpoint(*facts.local), Endpoint(*facts.remote)
        kind = kinds.IPV4 if len(remote.address) == 4 else kinds.IPV6
        client, server = (remote, local) if facts.listened else (local, remote)
        ends = Endpoints(client, server, facts.protocol, is_server=facts.listened, connected=True)
    elif facts.local.port and (facts.state in (TCP_LISTEN, TCP_CLOSE)):
        ends = Endpoints(None, local, facts.protocol, is_server=True)
    else:
        ends = Endpoints(None, None, facts.protocol)
    return Descriptor(kind, ends.tuple_text, inode=inode, endpoints=ends)
