"""io_uring operations about sockets: connected, accepted, bound, spoken to.

The record has the address; which socket it was is looked up, live, by that address.
"""

from __future__ import annotations

from typing import Callable

from auditfalco.model.descriptor import IPV4, IPV6, UNIX, Descriptor
from auditfalco.model.endpoints import Endpoint, Endpoints, plain_end
from auditfalco.model.event import Event
from auditfalco.normalise import arguments
from auditfalco.normalise.submissions import UNKNOWN_DESCRIPTOR, Done
from auditfalco.state.host import HostState


def _connected(operation: Done, event: Event, host: HostState) -> None:
    _tell_result(event)
    _take_peer(operation, event, host, is_server=False)
    _tell_address(operation, event)


def _accepted(operation: Done, event: Event, host: HostState) -> None:
    _take_peer(operation, event, host, is_server=True)
    if event.fd_number not in (None, UNKNOWN_DESCRIPTOR):
        event.result = event.fd_number


def _spoken_to(operation: Done, event: Event, host: HostState) -> None:
    """sendmsg: a message to somebody who is named; over a connection nobody is."""
    _tell_result(event)
    if operation.address is not None:
        _take_peer(operation, event, host, is_server=False)
        event.arguments.pop("fd", None)


def _bound(operation: Done, event: Event, host: HostState) -> None:
    _tell_result(event)
    event.fd_number = UNKNOWN_DESCRIPTOR
    end = _end(operation)
    path = operation.address.path if operation.address is not None else None
    if end is not None:
        ends = Endpoints(None, end, is_server=end.port > 0)
        event.descriptor = Descriptor(_kind(end), ends.tuple_text, endpoints=ends)
    elif path is not None:
        event.descriptor = Descriptor(UNIX, path, endpoints=Endpoints(path=path or None))
    _tell_address(operation, event)


def _take_peer(operation: Done, event: Event, host: HostState, *, is_server: bool) -> None:
    """The socket that has the address for its peer; the address alone where it is not found."""
    event.fd_number = UNKNOWN_DESCRIPTOR
    event.name_changed = True
    peer = _end(operation)
    path = operation.address.path if operation.address is not None else None
    if peer is not None:
        found = host.open_files.with_peer(operation.process, peer, is_server=is_server)
        if found is not None:
            event.fd_number, event.descriptor = found
            event.arguments["fd"] = arguments.descriptor(*found)
        else:
            ends = Endpoints(
                client=peer if is_server else None,
                server=None if is_server else peer,
                is_server=is_server,
                connected=True,
            )
            event.descriptor = Descriptor(_kind(peer), ends.tuple_text, endpoints=ends)
    elif path is not None:
        ends = Endpoints(is_server=is_server, connected=True, path=path or None)
        event.descriptor = Descriptor(UNIX, path, endpoints=ends)
    if event.descriptor is not None and event.descriptor.name:
        event.arguments["tuple"] = arguments.text(event.descriptor.name)


def _end(operation: Done) -> Endpoint | None:
    """The internet address that an operation took, an IPv4 one for one that is mapped into IPv6."""
    address = operation.address
    if address is None or address.address is None:
        return None
    return plain_end(address.address, address.port or 0)


def _kind(end: Endpoint) -> str:
    return IPV4 if len(end.address) == 4 else IPV6


def _tell_result(event: Event) -> None:
    if event.result is not None:
        event.arguments["res"] = arguments.result(event.result)


def _tell_address(operation: Done, event: Event) -> None:
    end = _end(operation)
    if end is not None:
        event.arguments["addr"] = arguments.text(str(end))
    elif operation.address is not None and operation.address.path is not None:
        event.arguments["addr"] = arguments.text(operation.address.path)


BUILDERS: dict[str, Callable[[Done, Event, HostState], None]] = {
    "connect": _connected,
    "accept": _accepted,
    "sendmsg": _spoken_to,
    "bind": _bound,
}
