"""Address families of sockets (include/linux/socket.h): the first two bytes of a ``saddr=``."""

from __future__ import annotations

AF_UNSPEC = 0
AF_UNIX = 1
AF_INET = 2
AF_INET6 = 10
AF_NETLINK = 16
AF_PACKET = 17
AF_VSOCK = 40

# fmt: off
_FAMILIES = (
    "unspec", "unix", "inet", "ax25", "ipx", "appletalk", "netrom", "bridge", "atmpvc", "x25", "inet6", "rose",
    "decnet", "netbeui", "security", "key", "netlink", "packet", "ash", "econet", "atmsvc", "rds", "sna", "irda",
    "pppox", "wanpipe", "llc", "ib", "mpls", "can", "tipc", "bluetooth", "iucv", "rxrpc", "isdn", "phonet",
    "ieee802154", "caif", "alg", "nfc", "vsock", "kcm", "qipcrtr", "smc", "xdp", "mctp",
)
# fmt: on


def family_name(number: int) -> str:
    """Return the lower-case name of an address family without ``AF_``, ``unknown(n)`` when it has none."""
    return _FAMILIES[number] if 0 <= number < len(_FAMILIES) else f"unknown({number})"
