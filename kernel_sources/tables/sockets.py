"""Numbers of socket calls: types, protocols, options, levels and ways to shut down.

Sources: include/linux/net.h, include/uapi/linux/in.h, include/uapi/asm-generic/socket.h; the machines known here share
them.
"""

from __future__ import annotations

SOCK_STREAM, SOCK_DGRAM, SOCK_RAW = 1, 2, 3
SOCK_TYPE_MASK = 0xF
"""The type in the second argument of socket(2); the bits above are SOCK_NONBLOCK and SOCK_CLOEXEC."""

SOCK_CLOEXEC = 0o2000000

IPPROTO_IP, IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMPV6, IPPROTO_RAW = 0, 1, 6, 17, 58, 255

SOCKET_LEVELS = {"SOL_SOCKET": 1, "SOL_TCP": 6}
"""Levels of getsockopt(2) and setsockopt(2)."""

SHUTDOWNS = {"SHUT_RD": 0, "SHUT_WR": 1, "SHUT_RDWR": 2}
"""Ways of shutdown(2)."""

SOCKET_OPTIONS = {
    "SO_DEBUG": 1,
    "SO_REUSEADDR": 2,
    "SO_TYPE": 3,
    "SO_ERROR": 4,
    "SO_DONTROUTE": 5,
    "SO_BROADCAST": 6,
    "SO_SNDBUF": 7,
    "SO_RCVBUF": 8,
    "SO_KEEPALIVE": 9,
    "SO_OOBINLINE": 10,
    "SO_NO_CHECK": 11,
    "SO_PRIORITY": 12,
    "SO_LINGER": 13,
    "SO_BSDCOMPAT": 14,
    "SO_REUSEPORT": 15,
    "SO_PASSCRED": 16,
    "SO_PEERCRED": 17,
    "SO_RCVLOWAT": 18,
    "SO_SNDLOWAT": 19,
    "SO_RCVTIMEO": 20,
    "SO_SNDTIMEO": 21,
    "SO_SECURITY_AUTHENTICATION": 22,
    "SO_SECURITY_ENCRYPTION_TRANSPORT": 23,
    "SO_SECURITY_ENCRYPTION_NETWORK": 24,
    "SO_BINDTODEVICE": 25,
    "SO_ATTACH_FILTER": 26,
    "SO_DETACH_FILTER": 27,
    "SO_PEERNAME": 28,
    "SO_TIMESTAMP": 29,
    "SO_ACCEPTCONN": 30,
    "SO_PEERSEC": 31,
    "SO_SNDBUFFORCE": 32,
    "SO_RCVBUFFORCE": 33,
    "SO_PASSSEC": 34,
    "SO_TIMESTAMPNS": 35,
    "SO_MARK": 36,
    "SO_TIMESTAMPING": 37,
    "SO_PROTOCOL": 38,
    "SO_DOMAIN": 39,
    "SO_RXQ_OVFL": 40,
    "SO_WIFI_STATUS": 41,
    "SO_PEEK_OFF": 42,
    "SO_NOFCS": 43,
    "SO_LOCK_FILTER": 44,
    "SO_SELECT_ERR_QUEUE": 45,
    "SO_BUSY_POLL": 46,
    "SO_MAX_PACING_RATE": 47,
    "SO_BPF_EXTENSIONS": 48,
    "SO_INCOMING_CPU": 49,
    "SO_ATTACH_BPF": 50,
    "SO_MEMINFO": 55,
    "SO_COOKIE": 57,
    "SO_PEERGROUPS": 59,
}
"""Options of the level SOL_SOCKET."""

_POWERPC_OPTIONS = {
    "SO_RCVLOWAT": 16,
    "SO_SNDLOWAT": 17,
    "SO_RCVTIMEO": 18,
    "SO_SNDTIMEO": 19,
    "SO_PASSCRED": 20,
    "SO_PEERCRED": 21,
}


def socket_options(machine: str) -> dict[str, int]:
    """Return the options of SOL_SOCKET on a machine; PowerPC numbers six of them in its own way."""
    return {**SOCKET_OPTIONS, **_POWERPC_OPTIONS} if machine.startswith("ppc") else SOCKET_OPTIONS
