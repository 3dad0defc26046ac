"""Sockets of our own network namespace, asked of the kernel by address (sock_diag(7)).

The kernel looks through its tables itself and answers with what fits, so that a machine with a hundred thousand
connections costs no more than one with ten. The structures are those of include/uapi/linux/inet_diag.h.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from typing import NamedTuple

from kernel_sources.errors import KernelSourceError
from kernel_sources.netlink import (
    DATAGRAM_SIZE,
    HEADER,
    HEADER_SIZE,
    NLM_F_DUMP,
    NLM_F_REQUEST,
    NLMSG_DONE,
    NLMSG_ERROR,
    NetlinkSocket,
    parse,
)

NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20

PROTOCOLS = {"tcp": socket.IPPROTO_TCP, "udp": socket.IPPROTO_UDP}
"""The protocols that can be asked for here, as ``kernel_sources.procfs`` names them."""

TIMEOUT = 1.0
"""Seconds to wait for the kernel, which answers within microseconds."""

RECEIVE_BUFFER = 262_144
"""Bytes: several answers of the kernel, which are some 16 KiB each."""

_ALL_STATES = 0xFFFFFFFF
_INET_DIAG_REQ_BYTECODE = 1
_BC_D_COND = 8
_REQUEST = struct.Struct("=BBBBI48x")
_ATTRIBUTE = struct.Struct("=HH")
_OPERATION = struct.Struct("=BBH")
_HOST_CONDITION = struct.Struct("=BB2xi")
_ANSWER_SIZE = 72
_ANSWER_PORTS = struct.Struct(">4xHH")
_ANSWER_LOCAL, _ANSWER_REMOTE = 8, 24
_INODE = struct.Struct("=I")
_ANSWER_INODE = struct.Struct("=68xI")


class DiagnosedSocket(NamedTuple):
    """A socket and its two ends: addresses of 4 or 16 bytes, as long as its family's, and ports."""

    inode: int
    local: tuple[bytes, int]
    remote: tuple[bytes, int]


def connected_to(family: int, protocol: str, address: bytes, port: int, inode: int) -> DiagnosedSocket | None:
    """Return the socket with an inode number whose peer is an address and port; None when there is none, or no answer.

    A server may have ten thousand connections from here, each of which the kernel then tells; they are looked through
    for the number without taking each one apart.

    Args:
        family: ``AF_INET`` or ``AF_INET6``, the family of the sockets.
        protocol: one of :data:`PROTOCOLS`.
        address: 4 or 16 bytes; 4 of a peer of an IPv6 socket stand for the mapped address.
        port: the peer's.
        inode: what the descriptor's link shows.
    """
    request = _request(family, PROTOCOLS[protocol], address, port)
    try:
        with NetlinkSocket(NETLINK_SOCK_DIAG, receive_buffer=RECEIVE_BUFFER, what="socket diagnostics") as netlink:
            netlink.send(SOCK_DIAG_BY_FAMILY, request, flags=NLM_F_REQUEST | NLM_F_DUMP)
            return _search(netlink, inode)
    except (KernelSourceError, OSError):
        return None


def _search(netlink: NetlinkSocket, inode: int) -> DiagnosedSocket | None:
    """Look through the answers, which end with a message of their own, as long as they come."""
    wanted = _INODE.pack(inode)
    poller = select.poll()
    poller.register(netlink.fileno(), select.POLLIN)
    deadline = time.monotonic() + TIMEOUT
    while (left := deadline - time.monotonic()) > 0 and poller.poll(left * 1000):
        for datagram in netlink.receive_batch(DATAGRAM_SIZE, 1):
            if wanted in datagram:
                for message in parse(datagram):
                    found = _socket(message.payload) if len(message.payload) >= _ANSWER_SIZE else None
                    if found is not None and found.inode == inode:
                        return found
            if _is_last(datagram):
                return None
    return None


def _is_last(datagram: bytes) -> bool:
    """Whether a datagram ends with the message that ends the answers, or is an error."""
    if len(datagram) >= HEADER_SIZE and HEADER.unpack_from(datagram)[1] == NLMSG_ERROR:
        return True
    at = len(datagram) - HEADER_SIZE - _INODE.size  # the last message carries one number
    return at >= 0 and HEADER.unpack_from(datagram, at)[:2] == (HEADER_SIZE + _INODE.size, NLMSG_DONE)


def _request(family: int, protocol: int, address: bytes, port: int) -> bytes:
    """A ``struct inet_diag_req_v2`` and a filter of one operation: the peer's address, all of its bits, and port."""
    address_family = socket.AF_INET if len(address) == 4 else socket.AF_INET6
    condition = _HOST_CONDITION.pack(address_family, 8 * len(address), port) + address
    length = _OPERATION.size + len(condition)
    # One step beyond the end refuses the socket, the end itself takes it.
    filtering = _OPERATION.pack(_BC_D_COND, length, length + 4) + condition
    attribute = _ATTRIBUTE.pack(_ATTRIBUTE.size + len(filtering), _INET_DIAG_REQ_BYTECODE) + filtering
    return _REQUEST.pack(family, protocol, 0, 0, _ALL_STATES) + attribute


def _socket(answer: bytes) -> DiagnosedSocket:
    """A ``struct inet_diag_msg``; ports are in network order."""
    size = 4 if answer[0] == socket.AF_INET else 16
    local_port, remote_port = _ANSWER_PORTS.unpack_from(answer)
    local = answer[_ANSWER_LOCAL : _ANSWER_LOCAL + size]
    remote = answer[_ANSWER_REMOTE : _ANSWER_REMOTE + size]
    return DiagnosedSocket(_ANSWER_INODE.unpack_from(answer)[0], (local, local_port), (remote, remote_port))
