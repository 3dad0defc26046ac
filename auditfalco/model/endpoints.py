"""The two ends of a socket."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import NamedTuple


class Endpoint(NamedTuple):
    """One end of an internet socket: the address packed (4 or 16 bytes) and the port; port 0 is none."""

    address: bytes
    port: int

    def __str__(self) -> str:
        """`address:port`, as Falco writes it: an IPv6 address has no brackets."""
        return f"{ipaddress.ip_address(self.address)}:{self.port}"


@dataclass(frozen=True)
class Endpoints:
    """What is known of a socket's ends; each may be None, which means unknown or none.

    `client` is the end that connected (Falco's source), `server` the one that was connected to (Falco's destination).
    `protocol` is "tcp", "udp", "icmp" or "raw". `is_server` tells whether the process is the server's end,
    `connected` whether the socket has a peer. `path` is a unix socket's name.
    """

    client: Endpoint | None = None
    server: Endpoint | None = None
    protocol: str | None = None
    is_server: bool = False
    connected: bool = False
    path: str | None = None

    @property
    def tuple_text(self) -> str:
        """Both ends as Falco writes a connection (`client->server`), or the one that is bound; "" without any.

        Where the client's end of a connection is not known its place is left empty: `->address:port`.
        """
        if self.connected and self.server is not None:
            return f"{self.client or ''}->{self.server}"
        end = self.server or self.client
        return "" if end is None else str(end)
