"""Sockets of this very process, asked of the running kernel, which needs no privileges for them."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack

import pytest

from kernel_sources.sockdiag import NETLINK_SOCK_DIAG, DiagnosedSocket, connected_to

LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


@pytest.fixture(autouse=True)
def diagnostics() -> None:
    try:
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG).close()
    except OSError as error:
        pytest.skip(f"this kernel has no socket diagnostics: {error}")


def packed(name: tuple[str, int], family: int) -> tuple[bytes, int]:
    return socket.inet_pton(family, name[0]), name[1]


def inode_of(one: socket.socket) -> int:
    return os.fstat(one.fileno()).st_ino


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_connection_is_found_by_its_peer(family: int) -> None:
    with socket.socket(family) as listener, socket.socket(family) as client:
        try:
            listener.bind((LOOPBACK[family], 0))
        except OSError as error:
            pytest.skip(f"no such loopback: {error}")
        listener.listen()
        client.connect(listener.getsockname()[:2])
        peer = packed(listener.getsockname()[:2], family)
        inode = inode_of(client)
        found = DiagnosedSocket(inode, packed(client.getsockname()[:2], family), peer)
        assert connected_to(family, "tcp", *peer, inode) == found
        assert connected_to(family, "udp", *peer, inode) is None
        assert connected_to(family, "tcp", *peer, inode_of(listener)) is None


def test_an_ipv6_socket_is_found_by_an_ipv4_peer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket(socket.AF_INET6) as client:
        try:
            client.connect(("::ffff:127.0.0.1", listener.getsockname()[1]))
        except OSError as error:
            pytest.skip(f"no IPv6 here: {error}")
        peer = packed(listener.getsockname(), socket.AF_INET)
        found = connected_to(socket.AF_INET6, "tcp", *peer, inode_of(client))
        assert found is not None
        assert found.local == packed(client.getsockname()[:2], socket.AF_INET6)


def test_a_datagram_socket_with_a_peer() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", 9))
        found = connected_to(socket.AF_INET, "udp", *packed(("127.0.0.1", 9), socket.AF_INET), inode_of(client))
        assert found is not None
        assert found.local == packed(client.getsockname(), socket.AF_INET)


def test_one_of_many_connections_to_one_server() -> None:
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=600))
        clients = [stack.enter_context(socket.create_connection(listener.getsockname())) for _ in range(500)]
        peer = packed(listener.getsockname(), socket.AF_INET)
        for client in (clients[0], clients[250], clients[-1]):
            found = connected_to(socket.AF_INET, "tcp", *peer, inode_of(client))
            assert found is not None
            assert found.local == packed(client.getsockname(), socket.AF_INET)
        assert connected_to(socket.AF_INET, "tcp", *peer, 1) is None
