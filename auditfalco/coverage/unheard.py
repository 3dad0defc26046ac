"""The operations of io_uring that make no event, by the event that they would be."""

from __future__ import annotations

from auditfalco.model.uringoperations import OPERATIONS
from kernel_sources.tables import UNAUDITED

_DATA = {
    "read": ("read", "read_fixed", "read_multishot"),
    "pread": ("read", "read_fixed", "read_multishot"),
    "readv": ("readv", "readv_fixed"),
    "preadv": ("readv", "readv_fixed"),
    "write": ("write", "write_fixed"),
    "pwrite": ("write", "write_fixed"),
    "writev": ("writev", "writev_fixed"),
    "pwritev": ("writev", "writev_fixed"),
    "send": ("send", "send_zc"),
    "sendto": ("send", "send_zc"),
    "sendmsg": ("sendmsg_zc",),
    "recv": ("recv", "recv_zc"),
    "recvfrom": ("recv", "recv_zc"),
}
"""Operations that move data through what is open, by the calls that move them elsewhere."""


def passes_unheard(event_type: str) -> tuple[str, ...]:
    """The operations that do what calls of an event type do, and that pass without an event."""
    same = (one.name for one in OPERATIONS.values() if one.event_type == event_type and one.name in UNAUDITED)
    return (*same, *_DATA.get(event_type, ()))
