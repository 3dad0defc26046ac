"""The calls that socketcall(2) stands for on the machines that have it: its first argument.

Source: ``SYS_SOCKET`` and the rest in include/uapi/linux/net.h of Linux 6.18.
"""

from __future__ import annotations

SOCKET_CALLS = (
    "socket",
    "bind",
    "connect",
    "listen",
    "accept",
    "getsockname",
    "getpeername",
    "socketpair",
    "send",
    "recv",
    "sendto",
    "recvfrom",
    "shutdown",
    "setsockopt",
    "getsockopt",
    "sendmsg",
    "recvmsg",
    "accept4",
    "recvmmsg",
    "sendmmsg",
)
"""Names in the order of their numbers, from 1."""

_NUMBERS = {name: number for number, name in enumerate(SOCKET_CALLS, 1)}


def socketcall_name(number: int) -> str | None:
    """Return the name of the call that socketcall's first argument chooses, or None when there is no such call."""
    return SOCKET_CALLS[number - 1] if 1 <= number <= len(SOCKET_CALLS) else None


def socketcall_number(name: str) -> int | None:
    """Return socketcall's first argument for a call, or None when it is not one of these."""
    return _NUMBERS.get(name)
