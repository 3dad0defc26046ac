"""fd.*: the two ends of sockets, and what has none."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from auditfalco.model.container import HOST, Container
from auditfalco.model.descriptor import Descriptor
from auditfalco.model.endpoints import Endpoint, Endpoints
from auditfalco.model.event import Event

CLIENT, SERVER = Endpoint(socket.inet_aton("192.0.2.7"), 50000), Endpoint(socket.inet_aton("198.51.100.9"), 443)
NAMES = [
    "ip",
    "cip",
    "sip",
    "lip",
    "rip",
    "net",
    "snet",
    "lnet",
    "port",
    "cport",
    "sport",
    "lport",
    "rport",
    "proto",
    "cproto",
    "sproto",
    "l4proto",
    "sockfamily",
    "is_server",
    "connected",
]


def on(world: Any, ends: Endpoints | None, kind: str = "ipv4", number: int = 3) -> Event:
    event = Event("connect", 0)
    event.process = world.run(500, None, "curl")
    event.fd_number = number
    event.descriptor = Descriptor(kind, "" if ends is None else ends.tuple_text, endpoints=ends)
    return event


def all_of(read: Any, event: Event) -> dict[str, Any]:
    return {name: value for name in NAMES if (value := read(f"fd.{name}", event)) is not None}


def test_a_connection_from_here(world: Any, read: Any) -> None:
    world.addresses = {CLIENT.address}
    told = all_of(read, on(world, Endpoints(CLIENT, SERVER, "tcp", connected=True)))
    assert told == {
        "ip": (CLIENT.address, SERVER.address),
        "cip": CLIENT.address,
        "sip": SERVER.address,
        "lip": CLIENT.address,
        "rip": SERVER.address,
        "net": (CLIENT.address, SERVER.address),
        "snet": SERVER.address,
        "lnet": CLIENT.address,
        "port": (50000, 443),
        "cport": 50000,
        "sport": 443,
        "lport": 50000,
        "rport": 443,
        "proto": (50000, 443),
        "cproto": "50000",
        "sproto": "443",
        "l4proto": "tcp",
        "sockfamily": "ip",
        "is_server": False,
        "connected": True,
    }


def test_a_connection_to_an_address_of_this_machine(world: Any, read: Any) -> None:
    world.addresses = {CLIENT.address, SERVER.address}
    event = on(world, Endpoints(CLIENT, SERVER, "tcp", connected=True))
    assert (read("fd.lip", event), read("fd.rport", event)) == (SERVER.address, 50000)


def test_of_a_connection_whose_own_end_is_not_known_the_other_is(world: Any, read: Any) -> None:
    world.addresses = set()
    event = on(world, Endpoints(None, SERVER, "tcp", connected=True))
    told = all_of(read, event)
    assert (told["ip"], told["port"], told["rip"]) == ((None, SERVER.address), (None, 443), SERVER.address)
    assert not {"cip", "cport", "lip", "lport", "cproto"} & told.keys()
    assert read("fd.name", event) == "->198.51.100.9:443"


@pytest.mark.parametrize(
    ("ends", "local"),
    [
        (Endpoints(CLIENT, SERVER, is_server=True, connected=True), SERVER),
        (Endpoints(CLIENT, SERVER, connected=True), CLIENT),
        (Endpoints(CLIENT, CLIENT._replace(port=1), connected=True), CLIENT._replace(port=1)),
        (Endpoints(None, Endpoint(b"\x7f\0\0\1", 1), connected=True), Endpoint(b"\x7f\0\0\1", 1)),
    ],
)
def test_which_end_is_local_where_the_machines_addresses_are_not_known(
    world: Any, read: Any, monkeypatch: pytest.MonkeyPatch, ends: Endpoints, local: Endpoint
) -> None:
    monkeypatch.setattr(world, "is_local_address", lambda process, address: None)
    event = on(world, ends)
    assert (read("fd.lip", event), read("fd.lport", event)) == local


def test_a_socket_without_a_role(world: Any, read: Any) -> None:
    assert all_of(read, on(world, Endpoints(None, None, "tcp"))) == {
        "l4proto": "<NA>",
        "sockfamily": "ip",
        "is_server": False,
        "connected": False,
    }


def test_a_raw_socket_says_so_at_once(world: Any, read: Any) -> None:
    assert read("fd.l4proto", on(world, Endpoints(None, None, "raw"))) == "raw"


def test_a_listening_socket_has_a_server_alone(world: Any, read: Any) -> None:
    told = all_of(read, on(world, Endpoints(None, SERVER, "tcp", is_server=True)))
    assert told["ip"] == (None, SERVER.address)
    assert (told["sport"], told["l4proto"], told["is_server"], told["connected"]) == (443, "tcp", True, False)
    assert not {"cip", "lip", "rip", "lport", "rport"} & told.keys()


def test_a_connection_of_unknown_protocol(world: Any, read: Any) -> None:
    assert read("fd.l4proto", on(world, Endpoints(CLIENT, SERVER, connected=True))) is None


def test_a_unix_socket(world: Any, read: Any) -> None:
    event = on(world, Endpoints(path="/run/x.sock", connected=True), "unix")
    assert all_of(read, event) == {"l4proto": "<NA>", "sockfamily": "unix", "is_server": False, "connected": True}


@pytest.mark.parametrize(
    ("kind", "character"),
    [("pipe", "p"), ("event", "e"), ("timerfd", "t"), ("netlink", "n"), ("io_uring", "r"), ("memfd", "m")],
)
def test_what_is_no_socket(world: Any, read: Any, kind: str, character: str) -> None:
    event = on(world, None, kind)
    assert all_of(read, event) == {"l4proto": "<NA>", "is_server": False, "connected": False}
    assert (read("fd.type", event), read("fd.typechar", event)) == (kind, character)
    assert (read("fd.nameraw", event), read("fd.directory", event)) == ("", None)


def test_a_descriptor_of_a_kind_without_a_name(world: Any, read: Any) -> None:
    event = on(world, None, "unsupported")
    assert (read("fd.type", event), read("fd.typechar", event)) == ("<NA>", "X")


def test_nothing_is_told_of_an_unknown_descriptor(world: Any, read: Any) -> None:
    event = on(world, None)
    event.descriptor = None
    assert all_of(read, event) == {}
    assert [read(f"fd.{name}", event) for name in ("uid", "name_changed", "containername")] == [None] * 3


def test_names_with_the_container_before_them(world: Any, read: Any) -> None:
    event = on(world, None)
    event.descriptor = Descriptor("file", "/etc/passwd")
    assert event.process is not None
    assert read("fd.containername", event) is None
    event.process.container = Container("ab" * 32, "docker")
    assert read("fd.containername", event) == "abababababab:/etc/passwd"
    assert read("fd.containerdirectory", event) == "abababababab:/etc"
    event.process.container = HOST
    assert read("fd.containername", event) == ":/etc/passwd"
    assert read("fd.uid", event) == "5003"


def test_the_kinds_of_all_descriptors(world: Any, read: Any) -> None:
    event = on(world, None)
    world.open[500] = {
        0: Descriptor("file", "/dev/null"),
        1: Descriptor("pipe", ""),
        2: Descriptor("file", "/x"),
        4: Descriptor("ipv4", ""),
    }
    assert read("fd.types", event) == ("ipv4", "pipe", "file")
    assert [read(f"fd.types[{number}]", event) for number in (1, 3)] == [("pipe",), None]
