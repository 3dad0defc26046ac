"""Extractors of fd.*: the two ends of a socket.

As Falco has it, an end is the client's or the server's by what the process did (connect, accept, or a datagram sent or
received); a socket that is bound and has no peer has a server's end alone. Ports are compared with names of services in
conditions, and always printed as numbers: Falco does not resolve them.
"""

from __future__ import annotations

import ipaddress
from typing import Callable

from auditfalco.fields.values import Extractor, Value
from auditfalco.fields.world import World
from auditfalco.model.descriptor import IPV4, IPV6, UNIX, Descriptor
from auditfalco.model.endpoints import Endpoint, Endpoints
from auditfalco.model.event import Event

NO_PROTOCOL = "<NA>"
"""fd.l4proto of a descriptor that is known and has none: a text, not an absent value."""

_EndOf = Callable[[Event, World], "Endpoint | None"]


def _ends(event: Event) -> Endpoints | None:
    """The ends of an internet socket that has a role."""
    descriptor = event.descriptor
    if descriptor is None or descriptor.kind not in (IPV4, IPV6) or descriptor.endpoints is None:
        return None
    return descriptor.endpoints if descriptor.endpoints.has_role else None


def _client(event: Event, world: World) -> Endpoint | None:
    ends = _ends(event)
    return None if ends is None else ends.client


def _server(event: Event, world: World) -> Endpoint | None:
    ends = _ends(event)
    return None if ends is None else ends.server


def _local(event: Event, world: World) -> Endpoint | None:
    """The server's end where that is an address of this machine, else the client's; none without a peer."""
    ends = _ends(event)
    if ends is None or not ends.has_peer:
        return None
    return ends.server if _server_is_local(event, ends, world) else ends.client


def _remote(event: Event, world: World) -> Endpoint | None:
    ends = _ends(event)
    if ends is None or not ends.has_peer:
        return None
    return ends.client if _server_is_local(event, ends, world) else ends.server


def _server_is_local(event: Event, ends: Endpoints, world: World) -> bool:
    if ends.server is None:
        return ends.is_server
    known = world.is_local_address(event.process, ends.server.address) if event.process is not None else None
    if known is not None:
        return known
    if ends.is_server or ipaddress.ip_address(ends.server.address).is_loopback:
        return True
    return ends.client is not None and ends.client.address == ends.server.address


def _address(end_of: _EndOf) -> Extractor:
    def extract(event: Event, world: World) -> Value:
        end = end_of(event, world)
        return None if end is None else end.address

    return extract


def _port(end_of: _EndOf) -> Extractor:
    def extract(event: Event, world: World) -> Value:
        end = end_of(event, world)
        return None if end is None else end.port

    return extract


def _port_text(end_of: _EndOf) -> Extractor:
    def extract(event: Event, world: World) -> Value:
        end = end_of(event, world)
        return None if end is None else str(end.port)

    return extract


def _both(read: Callable[[Endpoint], bytes | int]) -> Extractor:
    """The client's value and the server's, each of which may be absent; nothing when both are."""

    def extract(event: Event, world: World) -> Value:
        client, server = _client(event, world), _server(event, world)
        if client is None and server is None:
            return None
        return (None if client is None else read(client), None if server is None else read(server))

    return extract


def _known(read: Callable[[Descriptor], Value]) -> Extractor:
    return lambda event, world: None if event.descriptor is None else read(event.descriptor)


def _protocol(descriptor: Descriptor) -> Value:
    ends = descriptor.endpoints
    if descriptor.kind not in (IPV4, IPV6) or (ends is not None and not ends.has_role and ends.protocol != "raw"):
        return NO_PROTOCOL
    return None if ends is None else ends.protocol


def _family(descriptor: Descriptor) -> Value:
    if descriptor.kind in (IPV4, IPV6):
        return "ip"
    return "unix" if descriptor.kind == UNIX else None


def _is_server(descriptor: Descriptor) -> bool:
    return descriptor.endpoints is not None and descriptor.endpoints.is_server and descriptor.kind in (IPV4, IPV6)


_ENDS: dict[str, _EndOf] = {"c": _client, "s": _server, "l": _local, "r": _remote}

PLAIN: dict[str, Extractor] = {
    "fd.ip": _both(lambda end: end.address),
    "fd.net": _both(lambda end: end.address),
    "fd.port": _both(lambda end: end.port),
    "fd.proto": _both(lambda end: end.port),
    **{f"fd.{letter}ip": _address(end) for letter, end in _ENDS.items()},
    **{f"fd.{letter}net": _address(end) for letter, end in _ENDS.items()},
    **{f"fd.{letter}port": _port(end) for letter, end in _ENDS.items()},
    **{f"fd.{letter}proto": _port_text(end) for letter, end in _ENDS.items()},
    "fd.l4proto": _known(_protocol),
    "fd.sockfamily": _known(_family),
    "fd.is_server": _known(_is_server),
    "fd.connected": _known(lambda descriptor: descriptor.endpoints is not None and descriptor.endpoints.connected),
}
"""Fields without an argument."""
