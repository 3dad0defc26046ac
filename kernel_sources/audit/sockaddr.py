"""Socket addresses: the ``saddr=`` of SOCKADDR records, a ``struct sockaddr`` as the process or the kernel filled it.

For connect and sendto it is the peer's address, for bind one's own as the process asked for, for accept and recvfrom
the peer's. Family and the numbers of netlink and vsock are in the byte order of the machine that wrote the record,
whichever machine reads it; ports and internet addresses are in network order. The length is whatever the caller
passed: bytes after a path are garbage, and an address may be shorter than its family needs.
"""

from __future__ import annotations

import ipaddress
import struct
from typing import NamedTuple

from kernel_sources.audit import values
from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.tables import families, record_types

_MAX_BYTES = 128
"""``sizeof(struct sockaddr_storage)``, the most that the kernel takes."""

_PORT = struct.Struct(">H")


class SockaddrFacts(NamedTuple):
    """A socket address. What its family does not have, or what was cut off, is None."""

    family_number: int
    """``AF_*``."""
    family: str
    """Lower-case name of the family, ``unknown(n)`` when it has none."""
    address: bytes | None = None
    """Internet address, packed: 4 or 16 bytes."""
    port: int | None = None
    """Port of inet, inet6 and vsock."""
    flow: int | None = None
    """Flow information of inet6."""
    scope: int | None = None
    """Interface number of an inet6 address."""
    path: str | None = None
    """File name of a unix socket as given, perhaps relative; ``@`` and the name for an abstract one; empty for none."""
    abstract: bool = False
    """Whether a unix address has a name that is no file's."""
    cid: int | None = None
    """Context id of vsock: 2 is the host."""
    port_id: int | None = None
    """Netlink port, 0 for the kernel."""
    groups: int | None = None
    """Netlink multicast groups."""
    protocol: int | None = None
    """``ETH_P_*`` of a packet socket."""
    interface: int | None = None
    """Interface number of a packet socket."""

    @property
    def address_text(self) -> str | None:
        """The internet address in its usual notation, or None."""
        return None if self.address is None else str(ipaddress.ip_address(self.address))


def sockaddr(raw: RawEvent) -> SockaddrFacts | None:
    """Return the socket address of an event; None when it has none or one that is no address at all."""
    record = raw.first(record_types.SOCKADDR)
    value = None if record is None else record.fields.get("saddr")
    data = None if value is None else values.unhex(value)
    return None if data is None else parse(data)


def parse(data: bytes) -> SockaddrFacts | None:
    """Return what a ``struct sockaddr`` says, or None when it is too short to have a family.

    The byte order is told from the family, which is a small number: one of its two bytes is 0.
    """
    if len(data) < 2:
        return None
    order = ">" if data[0] == 0 and data[1] else "<"
    number = struct.unpack_from(order + "H", data)[0]
    name = families.family_name(number)
    data = data[:_MAX_BYTES]
    if number == families.AF_INET:
        return SockaddrFacts(number, name, address=_bytes(data, 4, 4), port=_port(data))
    if number == families.AF_INET6:
        return _inet6(number, name, data, order)
    if number == families.AF_UNIX:
        return _unix(number, name, data)
    if number == families.AF_NETLINK:
        return SockaddrFacts(number, name, port_id=_word(data, 4, order), groups=_word(data, 8, order))
    if number == families.AF_VSOCK:
        return SockaddrFacts(number, name, port=_word(data, 4, order), cid=_word(data, 8, order))
    if number == families.AF_PACKET:
        return SockaddrFacts(number, name, protocol=_port(data), interface=_word(data, 4, order))
    return SockaddrFacts(number, name)


def _inet6(number: int, name: str, data: bytes, order: str) -> SockaddrFacts:
    return SockaddrFacts(
        number,
        name,
        address=_bytes(data, 8, 16),
        port=_port(data),
        flow=_word(data, 4, ">"),
        scope=_word(data, 24, order),
    )


def _unix(number: int, name: str, data: bytes) -> SockaddrFacts:
    path = data[2:]
    if not path or path[:1] != b"\0":
        return SockaddrFacts(number, name, path=values.decode(path.partition(b"\0")[0]))
    abstract = path[1:].rstrip(b"\0")
    if not abstract:
        return SockaddrFacts(number, name, path="")
    return SockaddrFacts(number, name, path="@" + values.decode(abstract), abstract=True)


def _bytes(data: bytes, offset: int, length: int) -> bytes | None:
    part = data[offset : offset + length]
    return part if len(part) == length else None


def _port(data: bytes) -> int | None:
    port: int | None = _PORT.unpack_from(data, 2)[0] if len(data) >= 4 else None
    return port


def _word(data: bytes, offset: int, order: str) -> int | None:
    if len(data) < offset + 4:
        return None
    word: int = struct.unpack_from(order + "I", data, offset)[0]
    return word
