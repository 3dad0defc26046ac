"""Sockets of this very process, asked of the running kernel, which needs no privileges for them."""

from __future__ import annotations

import os
import socket

import pytest

from kernel_sources.sockdiag import DiagnosedSocket, connected_to

LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


@pytest.fixture(autouse=True)
def diagnostics() -> None:
    if connected_to(socket.AF_INET, "tcp", b"\0" * 4, 0) is None:
        pytest.skip("this kernel has no socket diagnostics")


def packed(name: tuple[str, int], family: int) -> tuple[bytes, int]:
    return socket.inet_pton(family, name[0]), name[1]


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
        assert connected_to(family, "tcp", *peer) == [
            DiagnosedSocket(os.fstat(client.fileno()).st_ino, packed(client.getsockname()[:2], family), peer)
        ]
        assert connected_to(family, "udp", *peer) == []


def test_an_ipv6_socket_is_found_by_an_ipv4_peer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket(socket.AF_INET6) as client:
        try:
            client.connect(("::ffff:127.0.0.1", listener.getsockname()[1]))
        except OSError as error:
            pytest.skip(f"no IPv6 here: {error}")
        peer = packed(listener.getsockname(), socket.AF_INET)
        found = connected_to(socket.AF_INET6, "tcp", *peer) or []
        assert [entry.inode for entry in found] == [os.fstat(client.fileno()).st_ino]


def test_a_datagram_socket_with_a_peer() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", 9))
        found = connected_to(socket.AF_INET, "udp", *packed(("127.0.0.1", 9), socket.AF_INET)) or []
        assert packed(client.getsockname(), socket.AF_INET) in [entry.local for entry in found]
