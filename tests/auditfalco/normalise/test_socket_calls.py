"""Sockets as their calls' records tell of them, without any look at the machine."""

from __future__ import annotations

import socket
import struct
from typing import Any

import pytest

from auditfalco.fields.of_event_arguments import argument_text
from auditfalco.model.endpoints import Endpoint, Endpoints
from auditfalco.model.event import Event

SOCKET, CONNECT, ACCEPT, SENDTO, RECVFROM, SENDMSG, RECVMSG, SHUTDOWN, BIND, LISTEN, SOCKETPAIR = (
    41,
    42,
    43,
    44,
    45,
    46,
    47,
    48,
    49,
    50,
    53,
)
SETSOCKOPT, GETSOCKOPT, ACCEPT4, DUP2 = 54, 55, 288, 33
SOCKADDR, FD_PAIR = 1306, 1317
EINPROGRESS, ECONNREFUSED = -115, -111


def v4(address: str, port: int) -> tuple[int, str]:
    """A SOCKADDR record of an IPv4 address."""
    raw = struct.pack("<H", 2) + struct.pack(">H", port) + socket.inet_aton(address) + bytes(8)
    return SOCKADDR, f"saddr={raw.hex().upper()}"


def v6(address: str, port: int) -> tuple[int, str]:
    """A SOCKADDR record of an IPv6 address."""
    raw = struct.pack("<HxxxxxxL", 10, 0)[:2] + struct.pack(">HI", port, 0) + socket.inet_pton(10, address) + bytes(4)
    return SOCKADDR, f"saddr={raw.hex().upper()}"


def unix(path: bytes) -> tuple[int, str]:
    """A SOCKADDR record of a unix socket."""
    return SOCKADDR, f"saddr={(struct.pack('<H', 1) + path).hex().upper()}"


def end(address: str, port: int) -> Endpoint:
    return Endpoint(socket.inet_pton(10 if ":" in address else 2, address), port)


class Program:
    """A process's calls, each one millisecond after the other."""

    def __init__(self, machine: Any, records: Any) -> None:
        self._machine, self._records = machine, records
        self._at_ms = 0

    def call(self, number: int, *registers: int, result: int | None = None, more: Any = (), **changes: Any) -> Event:
        self._at_ms += 1
        a = [f"{register & 0xFFFFFFFFFFFFFFFF:x}" for register in registers] + ["0"] * (4 - len(registers))
        exit = 0 if result is None else result
        lines = [more] if isinstance(more, tuple) and more else list(more)
        event: Event = self._machine.event(
            self._records.syscall(number, a[:4], exit=exit, **changes), *lines, at_ms=self._at_ms
        )
        return event


@pytest.fixture
def program(machine: Any, records: Any) -> Program:
    return Program(machine, records)


def told(event: Event) -> str:
    return argument_text(event)


def test_a_connection(program: Program) -> None:
    made = program.call(SOCKET, 2, 1 | 0o2000000, 0, result=3)
    assert told(made) == "fd=3(<4>) domain=2(AF_INET) type=524289 proto=0 flags=4096(O_CLOEXEC)"
    assert (made.fd_number, made.name_changed) == (3, False)
    event = program.call(CONNECT, 3, 0x7FFD, 16, more=v4("198.51.100.9", 443))
    assert told(event) == ("res=0 tuple=->198.51.100.9:443 fd=3(<4t>->198.51.100.9:443) addr=198.51.100.9:443")
    assert event.descriptor is not None
    assert event.descriptor.endpoints == Endpoints(None, end("198.51.100.9", 443), "tcp", connected=True)
    assert event.name_changed


@pytest.mark.parametrize(("result", "is_connected"), [(0, True), (EINPROGRESS, True), (ECONNREFUSED, False)])
def test_a_connection_under_way_counts_and_one_refused_does_not(
    program: Program, result: int, is_connected: bool
) -> None:
    program.call(SOCKET, 2, 1, 6, result=3)
    event = program.call(CONNECT, 3, 0x7FFD, 16, result=result, more=v4("198.51.100.9", 443))
    assert event.descriptor is not None and event.descriptor.endpoints is not None
    assert event.descriptor.endpoints.connected is is_connected
    assert event.arguments["tuple"].text == "->198.51.100.9:443"
    assert (event.descriptor.name != "", event.name_changed) == (is_connected, is_connected)


def test_a_refused_connection_leaves_the_earlier_one(program: Program) -> None:
    program.call(SOCKET, 2, 2, 0, result=3)
    program.call(CONNECT, 3, 0x7FFD, 16, more=v4("198.51.100.9", 53))
    event = program.call(CONNECT, 3, 0x7FFD, 16, result=-13, more=v4("203.0.113.1", 53))
    assert event.descriptor is not None
    assert event.descriptor.name == "->198.51.100.9:53"
    assert event.arguments["addr"].text == "203.0.113.1:53"


def test_the_bound_end_of_a_connection(program: Program) -> None:
    program.call(SOCKET, 2, 1, 0, result=3)
    program.call(BIND, 3, 0x7FFD, 16, more=v4("192.0.2.7", 1023))
    event = program.call(CONNECT, 3, 0x7FFD, 16, more=v4("198.51.100.9", 514))
    assert event.descriptor is not None
    assert event.descriptor.name == "192.0.2.7:1023->198.51.100.9:514"


@pytest.mark.parametrize(
    ("domain", "address", "kind", "name"),
    [
        (10, v6("2001:db8::1", 443), "ipv6", "->2001:db8::1:443"),
        (10, v6("::ffff:198.51.100.9", 443), "ipv4", "->198.51.100.9:443"),
        (1, unix(b"/run/x.sock\0"), "unix", "/run/x.sock"),
        (1, unix(b"\0hidden"), "unix", "@hidden"),
    ],
)
def test_connections_of_other_families(program: Program, domain: int, address: Any, kind: str, name: str) -> None:
    program.call(SOCKET, domain, 1, 0, result=3)
    event = program.call(CONNECT, 3, 0x7FFD, 28, more=address)
    assert event.descriptor is not None and event.descriptor.endpoints is not None
    assert (event.descriptor.kind, event.descriptor.name) == (kind, name)
    assert event.descriptor.endpoints.connected
    assert event.arguments["tuple"].text == name


def test_a_datagram_socket_loses_its_peer(program: Program) -> None:
    program.call(SOCKET, 2, 2, 0, result=3)
    program.call(CONNECT, 3, 0x7FFD, 16, more=v4("198.51.100.9", 53))
    event = program.call(CONNECT, 3, 0x7FFD, 16, more=(SOCKADDR, "saddr=00000000000000000000000000000000"))
    assert event.descriptor is not None
    assert event.descriptor.endpoints == Endpoints(None, None, "udp")


def test_of_a_socket_that_was_never_seen_the_protocol_is_not_known(program: Program) -> None:
    event = program.call(CONNECT, 3, 0x7FFD, 16, more=v4("198.51.100.9", 443))
    assert event.descriptor is not None and event.descriptor.endpoints is not None
    assert event.descriptor.endpoints.protocol is None
    assert event.arguments["fd"].text == "<4>->198.51.100.9:443"


def test_a_server(program: Program) -> None:
    program.call(SOCKET, 2, 1, 0, result=3)
    event = program.call(BIND, 3, 0x7FFD, 16, more=v4("192.0.2.7", 8080))
    assert told(event) == "res=0 addr=192.0.2.7:8080 fd=3(<4t>192.0.2.7:8080)"
    event = program.call(LISTEN, 3, 5)
    assert told(event) == "res=0 fd=3(<4t>192.0.2.7:8080) backlog=5"
    event = program.call(ACCEPT, 3, 0x7FFD, 0x7FFE, result=4, more=v4("203.0.113.1", 50000))
    assert told(event) == ("fd=4(<4t>203.0.113.1:50000->192.0.2.7:8080) tuple=203.0.113.1:50000->192.0.2.7:8080")
    assert event.descriptor is not None
    assert event.descriptor.endpoints == Endpoints(
        end("203.0.113.1", 50000), end("192.0.2.7", 8080), "tcp", is_server=True, connected=True
    )


@pytest.mark.parametrize("number", [ACCEPT, ACCEPT4])
def test_a_server_on_every_address(program: Program, number: int) -> None:
    program.call(SOCKET, 2, 1, 0, result=3)
    program.call(BIND, 3, 0x7FFD, 16, more=v4("0.0.0.0", 8080))
    event = program.call(number, 3, 0x7FFD, 0x7FFE, 0o2000000, result=4, more=v4("203.0.113.1", 50000))
    assert event.descriptor is not None
    assert event.descriptor.name == "203.0.113.1:50000->"
    assert event.fd_number == 4


def test_accept_without_asking_for_the_address(program: Program) -> None:
    program.call(SOCKET, 2, 1, 0, result=3)
    event = program.call(ACCEPT, 3, 0, 0, result=4)
    assert (event.fd_number, told(event)) == (4, "fd=4(<4t>)")
    unknown = program.call(ACCEPT, 9, 0, 0, result=5)
    assert (unknown.fd_number, unknown.descriptor, told(unknown)) == (5, None, "fd=5")


def test_accept_that_failed(program: Program) -> None:
    event = program.call(ACCEPT, 3, 0, 0, result=-11)
    assert (event.fd_number, event.descriptor, told(event)) == (-1, None, "fd=-11(EAGAIN)")


def test_a_port_of_the_kernels_choice_makes_no_server(program: Program) -> None:
    program.call(SOCKET, 2, 1, 0, result=3)
    event = program.call(BIND, 3, 0x7FFD, 16, more=v4("0.0.0.0", 0))
    assert event.arguments["fd"].text == "<4>0.0.0.0:0"
    assert event.descriptor is not None and event.descriptor.endpoints is not None
    assert not event.descriptor.endpoints.has_role


def test_a_datagram_without_a_connection(program: Program) -> None:
    program.call(SOCKET, 2, 2, 0, result=3)
    event = program.call(SENDTO, 3, 0x7FFD, 40, 0, result=40, more=v4("198.51.100.9", 53))
    assert told(event) == "res=40 fd=3(<4u>->198.51.100.9:53) size=40 tuple=->198.51.100.9:53"
    assert event.descriptor is not None and event.descriptor.endpoints is not None
    assert (event.descriptor.endpoints.connected, event.name_changed) == (False, True)
    again = program.call(SENDMSG, 3, 0x7FFD, 0, result=40, more=v4("198.51.100.9", 53))
    assert (again.name_changed, again.arguments["tuple"].text) == (False, "->198.51.100.9:53")
    answer = program.call(RECVFROM, 3, 0x7FFD, 512, 0, result=100, more=v4("198.51.100.9", 53))
    assert answer.descriptor == again.descriptor


def test_datagrams_of_a_server(program: Program) -> None:
    program.call(SOCKET, 2, 2, 17, result=3)
    program.call(BIND, 3, 0x7FFD, 16, more=v4("192.0.2.7", 53))
    event = program.call(RECVMSG, 3, 0x7FFD, 0, result=40, more=v4("203.0.113.1", 50000))
    assert event.descriptor is not None
    assert event.descriptor.name == "203.0.113.1:50000->192.0.2.7:53"
    answer = program.call(SENDTO, 3, 0x7FFD, 40, 0, result=40, more=v4("203.0.113.2", 50001))
    assert answer.descriptor is not None
    assert answer.descriptor.name == "203.0.113.2:50001->192.0.2.7:53"


def test_sending_over_a_connection_changes_nothing(program: Program) -> None:
    program.call(SOCKET, 2, 1, 0, result=3)
    program.call(CONNECT, 3, 0x7FFD, 16, more=v4("198.51.100.9", 443))
    event = program.call(SENDTO, 3, 0x7FFD, 10, 0, result=10, more=v4("203.0.113.9", 1))
    assert (event.arguments["tuple"].text, event.name_changed) == ("->198.51.100.9:443", False)


@pytest.mark.parametrize(
    ("domain", "kind", "protocol", "text", "shown"),
    [
        (2, 3, 1, "<4r>", "raw"),
        (2, 2, 1, "<4>", "icmp"),
        (10, 2, 58, "<6>", "icmp"),
        (2, 1, 132, "<4>", None),
        (16, 3, 9, "<n>", None),
        (1, 1, 0, "<u>", None),
        (17, 3, 768, "<X>", None),
        (40, 1, 0, "<X>", None),
    ],
)
def test_kinds_of_sockets(
    program: Program, domain: int, kind: int, protocol: int, text: str, shown: str | None
) -> None:
    event = program.call(SOCKET, domain, kind, protocol, result=3)
    assert event.arguments["fd"].text == text
    assert event.descriptor is not None and event.descriptor.endpoints is not None
    assert event.descriptor.endpoints.protocol == shown


def test_a_family_that_falco_does_not_know_has_none(program: Program) -> None:
    event = program.call(SOCKET, 40, 1, 0, result=-97)
    assert told(event) == "fd=-97(EAFNOSUPPORT) domain=0(AF_UNSPEC) type=1 proto=0 flags=0(O_NONE)"


def test_a_pair(program: Program) -> None:
    event = program.call(SOCKETPAIR, 1, 1, 0, 0x7FFD, more=(FD_PAIR, "fd0=5 fd1=6"))
    assert told(event) == "res=0 fd1=5(<u>) fd2=6(<u>) domain=1(AF_LOCAL) type=1 proto=0"
    assert event.fd_number == 6


def test_shutting_down(program: Program) -> None:
    assert told(program.call(SHUTDOWN, 3, 1)) == "res=0 fd=3 how=1(SHUT_WR)"
    assert told(program.call(SHUTDOWN, 3, 9)) == "res=0 fd=3 how=65535(SHUT_UNKNOWN)"


def test_options(program: Program) -> None:
    event = program.call(SETSOCKOPT, 3, 1, 25, 0x7FFD)
    assert told(event) == "res=0 fd=3 level=1(SOL_SOCKET) optname=25(SO_BINDTODEVICE)"
    assert (
        told(program.call(GETSOCKOPT, 3, 1, 59, 0x7FFD)) == "res=0 fd=3 level=1(SOL_SOCKET) optname=51(SO_PEERGROUPS)"
    )
    assert told(program.call(SETSOCKOPT, 3, 6, 1, 0x7FFD)) == "res=0 fd=3 level=2(SOL_TCP) optname=0(UNKNOWN)"
    assert told(program.call(SETSOCKOPT, 3, 41, 26, 0x7FFD)) == "res=0 fd=3 level=0(UNKNOWN) optname=0(UNKNOWN)"


def test_a_reverse_shell_through_socketcall(program: Program) -> None:
    """i386's one call for all: socket, connect, and dup2 three times, as old exploits do."""
    call = {"arch": "40000003"}
    program.call(102, 1, 0xFFD0, result=3, more=(1304, "nargs=3 a0=2 a1=1 a2=0"), **call)
    connect = program.call(
        102, 3, 0xFFD0, more=[(1304, "nargs=3 a0=3 a1=ffe0 a2=10"), v4("198.51.100.9", 4444)], **call
    )
    assert (connect.type, connect.arguments["fd"].text) == ("connect", "<4t>->198.51.100.9:4444")
    for number in (0, 1, 2):
        event = program.call(63, 3, number, result=number, **call)
        assert (event.type, event.fd_number, event.descriptor) == ("dup2", number, connect.descriptor)


def test_addresses_print_as_falco_prints_them(program: Program) -> None:
    program.call(SOCKET, 10, 1, 0, result=3)
    program.call(CONNECT, 3, 0x7FFD, 28, more=v6("2001:db8::1", 443))
    assert told(program.call(DUP2, 3, 0, result=0)) == (
        "res=0(<6t>->2001:db8::1:443) oldfd=3(<6t>->2001:db8::1:443) newfd=0(<6t>->2001:db8::1:443)"
    )
