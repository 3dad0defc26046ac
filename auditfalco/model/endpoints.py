"""The two ends of a socket."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from typing import NamedTuple


class Endpoint(NamedTuple):
    """One end of an internet socket: the address packed (4 or 16 bytes) and the port; port 0 is none."""

    address: bytes
    port: int

    @property
    def is_unspecified(self) -> bool:
        """Whether it is of the address 0.0.0.0 or ::, which stands for all of the machine's own."""
        return not any(self.address)

    def __str__(self) -> str:
        """`address:port`, as Falco writes it: an IPv6 address has no brackets."""
        return f"{ipaddress.ip_address(self.address)}:{self.port}"


@dataclass(frozen=True)
class Endpoints:
    """What is known of a socket's ends; each may be None, which means unknown or none.

    `client` is the end that connected (Falco's source), `server` the one that was connected to (Falco's destination);
    a socket that is bound and has no peer has its own end as `server`. `protocol` is "tcp", "udp", "icmp" or "raw".
    `is_server` tells whether the process is the server's end, `connected` whether the socket has a peer, `addressed`
    whether it has none but exchanged a datagram with somebody. `path` is a unix socket's name.
    """

    client: Endpoint | None = None
    server: Endpoint | None = None
    protocol: str | None = None
    is_server: bool = False
    connected: bool = False
    addressed: bool = False
    path: str | None = None

    @property
    def has_peer(self) -> bool:
        """Whether there are two ends, known or not."""
        return self.connected or self.addressed

    @property
    def has_role(self) -> bool:
        """Whether the process is client or server by now; before, Falco tells no protocol of an internet socket."""
        return self.is_server or self.has_peer

    @property
    def own(self) -> Endpoint | None:
        """The process's end."""
        return self.server if self.is_server else self.client

    @property
    def peer(self) -> Endpoint | None:
        """The other end; of a socket without a peer its absence is no lack."""
        return self.client if self.is_server else self.server

    def with_ends(self, own: Endpoint | None, peer: Endpoint | None) -> Endpoints:
        """The same socket with these ends, each in the place that the process's role gives it."""
        client, server = (peer, own) if self.is_server else (own, peer)
        return replace(self, client=client, server=server)

    @property
    def tuple_text(self) -> str:
        """Both ends as Falco writes a connection (`client->server`), or the one that is bound; "" without any.

        Where one end of a connection is not known its place is left empty: `->address:port`.
        """
        if self.has_peer and (self.client or self.server) is not None:
            return f"{self.client or ''}->{self.server or ''}"
        end = self.server or self.client
        return "" if end is None else str(end)


_MAPPED = b"\0" * 10 + b"\xff\xff"


def plain_end(address: bytes, port: int) -> Endpoint:
    """An end with the IPv4 address that an IPv6 address of the form ::ffff:a.b.c.d stands for, as Falco takes it."""
    return Endpoint(address[12:] if address.startswith(_MAPPED) else address, port)
