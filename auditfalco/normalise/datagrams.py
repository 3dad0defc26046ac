"""Sending and receiving: of a socket without a connection, with whom.

Whom a datagram goes to or comes from is in the SOCKADDR record, if the caller named it or asked for it. The data, and
the size of what is sent in several parts, are behind pointers. Of the messages of sendmmsg and recvmmsg, of which Falco
makes an event each, the kernel records one call.
"""

from __future__ import annotations

from auditfalco.model import descriptor as kinds
from auditfalco.model.descriptor import Descriptor
from auditfalco.model.endpoints import Endpoint, Endpoints
from auditfalco.model.event import Event
from auditfalco.normalise import arguments
from auditfalco.normalise.call import Builder, Call
from auditfalco.normalise.sockets import end_of, protocol_of
from kernel_sources.audit import facts


def _exchanged(*, incoming: bool, size: int | None = None) -> Builder:
    """A builder for a call that sends or receives; `size` is the register of the buffer's length."""

    def build(call: Call, event: Event) -> None:
        call.tell_result(event)
        number = arguments.signed32(call.facts.args[0])
        before = call.known(number)
        event.fd_number, event.descriptor = number, before
        peer = end_of(facts.sockaddr(call.raw))
        if call.succeeded and peer is not None and not _is_connected(before):
            call.becomes(event, number, _with_peer(before, peer, incoming=incoming))
        if size is not None:
            call.tell(event, "size", call.facts.args[size] & 0xFFFFFFFF)
        event.arguments["fd"] = arguments.descriptor(number, event.descriptor)
        known = event.descriptor
        if known is not None and known.name and known.endpoints is not None and known.endpoints.has_peer:
            event.arguments["tuple"] = arguments.text(known.name)

    return build


def _is_connected(known: Descriptor | None) -> bool:
    return known is not None and known.endpoints is not None and known.endpoints.connected


def _with_peer(before: Descriptor | None, peer: Endpoint, *, incoming: bool) -> Descriptor:
    """A socket after a datagram.

    As Falco guesses it: who is bound to a port is the server, else who sends first is the client.
    """
    ends = before.endpoints if before is not None else None
    is_server = ends.is_server if ends is not None and ends.has_role else incoming
    own = ends.own if ends is not None else None
    known = Endpoints(None, None, protocol_of(before), is_server, addressed=True).with_ends(own, peer)
    kind = kinds.IPV4 if len(peer.address) == 4 else kinds.IPV6
    return Descriptor(kind, known.tuple_text, inode=before.inode if before is not None else None, endpoints=known)


BUILDERS: dict[str, Builder] = {
    "send": _exchanged(incoming=False, size=2),
    "sendto": _exchanged(incoming=False, size=2),
    "sendmsg": _exchanged(incoming=False),
    "sendmmsg": _exchanged(incoming=False),
    "recv": _exchanged(incoming=True, size=2),
    "recvfrom": _exchanged(incoming=True, size=2),
    "recvmsg": _exchanged(incoming=True),
    "recvmmsg": _exchanged(incoming=True),
}
