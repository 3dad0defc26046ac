"""Sockets: made, bound, connected, accepted.

Addresses are in the SOCKADDR record. A socket's own end is in none: it is read from the kernel while the socket lives,
or follows from a bind that was seen; of a listening socket's queue no record tells.
"""

from __future__ import annotations

from auditfalco.model import descriptor as kinds
from auditfalco.model import openflags
from auditfalco.model.descriptor import Descriptor
from auditfalco.model.endpoints import Endpoint, Endpoints, plain_end
from auditfalco.model.event import Event
from auditfalco.normalise import arguments
from auditfalco.normalise.call import Builder, Call
from auditfalco.normalise.registers import told_by_registers
from kernel_sources.audit import facts
from kernel_sources.audit.facts import SockaddrFacts
from kernel_sources.tables import SHUTDOWNS, SOCKET_LEVELS, families, socket_options, sockets

_EINPROGRESS = 115  # errno of a connect that goes on, on every machine known here

FAMILY_KINDS = {
    families.AF_INET: kinds.IPV4,
    families.AF_INET6: kinds.IPV6,
    families.AF_UNIX: kinds.UNIX,
    families.AF_NETLINK: kinds.NETLINK,
}
"""What a socket of a family is; sockets of others are of no kind that Falco knows."""

_PROTOCOLS = {
    sockets.IPPROTO_TCP: "tcp",
    sockets.IPPROTO_UDP: "udp",
    sockets.IPPROTO_ICMP: "icmp",
    sockets.IPPROTO_ICMPV6: "icmp",
    sockets.IPPROTO_RAW: "raw",
}
_DEFAULT_PROTOCOLS = {sockets.SOCK_STREAM: "tcp", sockets.SOCK_DGRAM: "udp"}


def made(call: Call, event: Event) -> None:
    """socket(domain, type, protocol): the upper bits of the type are flags."""
    domain, kind, protocol = (register & 0xFFFFFFFF for register in call.facts.args[:3])
    if call.succeeded and event.result is not None:
        descriptor = _new(domain, kind, protocol)
        call.opens(event, event.result, descriptor, close_on_exec=bool(kind & sockets.SOCK_CLOEXEC))
    call.tell_new(event, "fd")
    _tell_kind(call, event, domain, kind, protocol)
    flags = kind & ~sockets.SOCK_TYPE_MASK
    bits = openflags.from_kernel(flags, call.facts.arch or "") & (openflags.O_CLOEXEC | openflags.O_NONBLOCK)
    call.tell(event, "flags", bits)


def pair_made(call: Call, event: Event) -> None:
    """socketpair(domain, type, protocol, pair): the two are in the FD_PAIR record; pointers are in none."""
    domain, kind, protocol = (register & 0xFFFFFFFF for register in call.facts.args[:3])
    call.tell_result(event)
    pair = facts.fd_pair(call.raw)
    if call.succeeded and pair is not None:
        for name, number in zip(("fd1", "fd2"), pair):
            descriptor = Descriptor(
                FAMILY_KINDS.get(domain, kinds.OTHER), "", endpoints=Endpoints(connected=domain == families.AF_UNIX)
            )
            call.opens(event, number, descriptor, close_on_exec=bool(kind & sockets.SOCK_CLOEXEC))
            call.tell_new(event, name)
    _tell_kind(call, event, domain, kind, protocol)


def _new(domain: int, kind: int, protocol: int) -> Descriptor:
    found = FAMILY_KINDS.get(domain, kinds.OTHER)
    if found not in (kinds.IPV4, kinds.IPV6):
        return Descriptor(found, "", endpoints=Endpoints())
    kind &= sockets.SOCK_TYPE_MASK
    known = _DEFAULT_PROTOCOLS.get(kind) if protocol == sockets.IPPROTO_IP else _PROTOCOLS.get(protocol)
    if kind == sockets.SOCK_RAW:
        known = "raw"
    return Descriptor(found, "", endpoints=Endpoints(None, None, known))


def _tell_kind(call: Call, event: Event, domain: int, kind: int, protocol: int) -> None:
    named = any(number == domain for _, number in arguments.parameter_of(event.type, "domain").values)
    call.tell(event, "domain", domain if named else families.AF_UNSPEC)
    call.tell(event, "type", kind)
    call.tell(event, "proto", protocol)


def bound(call: Call, event: Event) -> None:
    """bind(fd, addr, len): one's own address; with a port of one's own choice the socket is a server's."""
    call.tell_result(event)
    number = arguments.signed32(call.facts.args[0])
    address = facts.sockaddr(call.raw)
    before = call.known(number)
    event.fd_number, event.descriptor = number, before
    end = end_of(address)
    if call.succeeded and end is not None:
        ends = Endpoints(None, end, protocol_of(before), is_server=end.port > 0)
        call.becomes(event, number, _internet(end, ends, before), look=ends.is_server)
    elif call.succeeded and address is not None and address.path is not None:
        call.becomes(event, number, _unix(address, connected=False, before=before))
    _tell_address(event, "addr", address)
    event.arguments["fd"] = arguments.descriptor(number, event.descriptor)


def connected(call: Call, event: Event) -> None:
    """connect(fd, addr, len): the server's address. One that is still under way counts as made, as with Falco."""
    call.tell_result(event)
    number = arguments.signed32(call.facts.args[0])
    address = facts.sockaddr(call.raw)
    before = call.known(number)
    event.fd_number, event.descriptor = number, before
    goes_on = call.succeeded or event.result == -_EINPROGRESS
    server = end_of(address)
    tuple_text = None
    if server is not None:
        ends = Endpoints(_own_before(before), server, protocol_of(before), connected=True)
        tuple_text = ends.tuple_text
        if goes_on:
            call.becomes(event, number, _internet(server, ends, before))
            tuple_text = event.descriptor.name if event.descriptor is not None else tuple_text
    elif address is not None and address.path is not None:
        tuple_text = address.path
        if goes_on:
            call.becomes(event, number, _unix(address, connected=True, before=before))
    elif goes_on and address is not None and address.family_number == families.AF_UNSPEC and before is not None:
        call.becomes(event, number, _disconnected(before))
    if tuple_text is not None:
        event.arguments["tuple"] = arguments.text(tuple_text)
    event.arguments["fd"] = arguments.descriptor(number, event.descriptor)
    _tell_address(event, "addr", address)


def accepted(call: Call, event: Event) -> None:
    """accept(fd, addr, len): the peer's address, for a caller that asks for it; the own end is the listening one's."""
    listening = call.known(arguments.signed32(call.facts.args[0]))
    address = facts.sockaddr(call.raw)
    if call.succeeded and event.result is not None:
        descriptor = _accepted(listening, address) or call.known(event.result, is_new=True)
        flags = call.facts.args[3] if event.type == "accept4" else 0
        event.fd_number = event.result
        if descriptor is not None:
            call.opens(event, event.result, descriptor, close_on_exec=bool(flags & sockets.SOCK_CLOEXEC), look=True)
    call.tell_new(event, "fd")
    if event.descriptor is not None and event.descriptor.name:
        event.name_changed = True
        event.arguments["tuple"] = arguments.text(event.descriptor.name)
    if event.type == "accept4":
        call.tell(event, "flags", arguments.signed32(call.facts.args[3]))


def _accepted(listening: Descriptor | None, address: SockaddrFacts | None) -> Descriptor | None:
    client = end_of(address)
    known = listening.endpoints if listening is not None else None
    if client is None and (listening is None or known is None):
        return None
    if client is None and listening is not None and listening.kind not in (kinds.IPV4, kinds.IPV6):
        path = known.path if known is not None else None
        return Descriptor(listening.kind, path or "", endpoints=Endpoints(is_server=True, connected=True, path=path))
    own = known.own if known is not None else None
    if own is not None and (own.is_unspecified or (client is not None and len(own.address) != len(client.address))):
        own = None
    ends = Endpoints(client, own, protocol_of(listening), is_server=True, connected=True)
    if client is not None:
        return _internet(client, ends, None)
    return Descriptor(listening.kind if listening is not None else kinds.IPV4, ends.tuple_text, endpoints=ends)


def option_told(call: Call, event: Event) -> None:
    """getsockopt and setsockopt(fd, level, option, …): the value is behind a pointer."""
    told_by_registers(fd=0)(call, event)
    level = call.facts.args[1] & 0xFFFFFFFF
    known = arguments.enumerated(level, SOCKET_LEVELS, arguments.parameter_of(event.type, "level"))
    call.tell(event, "level", known)
    names = socket_options(call.facts.arch or "") if level == SOCKET_LEVELS["SOL_SOCKET"] else {}
    option = arguments.parameter_of(event.type, "optname")
    call.tell(event, "optname", arguments.enumerated(call.facts.args[2] & 0xFFFFFFFF, names, option))


def about_a_socket(call: Call, event: Event) -> None:
    """A call of which Falco knows the name alone, with a socket as its first argument."""
    event.fd_number = arguments.signed32(call.facts.args[0])
    event.descriptor = call.known(event.fd_number)


def end_of(address: SockaddrFacts | None) -> Endpoint | None:
    """The end that a socket address names, an IPv4 one for a mapped address; None when it is no internet address."""
    if address is None or address.address is None or address.port is None:
        return None
    return plain_end(address.address, address.port)


def protocol_of(known: Descriptor | None) -> str | None:
    """The protocol of a socket, as far as it is known."""
    return known.endpoints.protocol if known is not None and known.endpoints is not None else None


def _own_before(before: Descriptor | None) -> Endpoint | None:
    """The end that a socket was bound to before it was connected."""
    if before is None or before.endpoints is None:
        return None
    own = before.endpoints.own
    return None if own is None or own.is_unspecified else own


def _internet(end: Endpoint, ends: Endpoints, before: Descriptor | None) -> Descriptor:
    kind = kinds.IPV4 if len(end.address) == 4 else kinds.IPV6
    return Descriptor(kind, ends.tuple_text, inode=before.inode if before is not None else None, endpoints=ends)


def _unix(address: SockaddrFacts, *, connected: bool, before: Descriptor | None) -> Descriptor:
    inode = before.inode if before is not None else None
    ends = Endpoints(connected=connected, path=address.path or None)
    return Descriptor(kinds.UNIX, address.path or "", inode=inode, endpoints=ends)


def _disconnected(before: Descriptor) -> Descriptor:
    return Descriptor(before.kind, "", inode=before.inode, endpoints=Endpoints(None, None, protocol_of(before)))


def _tell_address(event: Event, name: str, address: SockaddrFacts | None) -> None:
    end = end_of(address)
    if end is not None:
        event.arguments[name] = arguments.text(str(end))
    elif address is not None and address.path is not None:
        event.arguments[name] = arguments.text(address.path)


BUILDERS: dict[str, Builder] = {
    "socket": made,
    "socketpair": pair_made,
    "bind": bound,
    "connect": connected,
    "listen": told_by_registers(fd=0, backlog=1),
    "accept": accepted,
    "accept4": accepted,
    "shutdown": told_by_registers(fd=0, how=(1, SHUTDOWNS)),
    "getsockopt": option_told,
    "setsockopt": option_told,
    "getsockname": about_a_socket,
    "getpeername": about_a_socket,
}
