"""What checks of a socket prove of the address that connect or bind was given.

A socket that is connected or bound is told by that address: one of IPv4, or of IPv6 that stands for one of IPv4
(::ffff:a.b.c.d), makes it an IPv4 socket. AF_UNSPEC parts a socket from its peer, or binds an IPv4 one, and leaves it
what it was. Of a call that fails only what is known of the socket is told, whatever the address, so that nothing is
proven of it; nor of other calls, which may come without an address.
"""

from __future__ import annotations

from auditfalco.coverage.constraints import ANYTHING, Family, Succeeded, Ways
from auditfalco.coverage.question import Question
from auditfalco.coverage.way_sets import any_of, one_way
from auditfalco.fields.of_descriptor import UNNAMED_KIND
from auditfalco.fields.of_socket import NO_PROTOCOL
from auditfalco.model.descriptor import IPV4, IPV6, NETLINK, OTHER, TYPE_CHARACTERS, UNIX
from kernel_sources.tables.families import AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC

_FAMILIES = {
    IPV4: (AF_UNSPEC, AF_INET, AF_INET6),
    IPV6: (AF_UNSPEC, AF_INET6),
    UNIX: (AF_UNSPEC, AF_UNIX),
}
"""Kinds of sockets, and the families of the addresses that they can have been given."""

_INTERNET = (IPV4, IPV6)
_SOCKETS = (IPV4, IPV6, UNIX, NETLINK, OTHER)
"""What a descriptor can be for which one of these calls succeeds."""

_TYPES = frozenset({"connect", "bind"})
_OF_ENDS = ("ip", "port", "proto", "net")
_ENDS = frozenset(f"fd.{end}{what}" for end in ("", "c", "s", "l", "r") for what in _OF_ENDS)
"""Fields that only internet sockets have."""


def proof(asked: Question) -> Ways | None:
    """The ways in which a check of the call's socket is true; None of another field or call."""
    if asked.event_type not in _TYPES or asked.field.argument is not None:
        return None
    kinds = _kinds(asked)
    if kinds is None:
        return None
    if not all(kind in _FAMILIES for kind in kinds):
        return ANYTHING
    families = sorted({family for kind in kinds for family in _FAMILIES[kind]})
    given = (one_way(Succeeded(True), Family(family)) for family in families)
    return any_of([one_way(Succeeded(False)), *given])


def _kinds(asked: Question) -> list[str] | None:
    """The kinds of descriptors for which a check may hold; None of a field that tells nothing of the kind."""
    name = asked.field.name
    if name in _ENDS:
        return list(_INTERNET)
    if name == "fd.type":
        return [kind for kind in _SOCKETS if asked.holds(UNNAMED_KIND if kind == OTHER else kind)]
    if name == "fd.typechar":
        return [kind for kind in _SOCKETS if asked.holds(TYPE_CHARACTERS[kind])]
    if name == "fd.sockfamily":
        return [*(_INTERNET if asked.holds("ip") else ()), *((UNIX,) if asked.holds("unix") else ())]
    if name == "fd.l4proto":
        return list(_SOCKETS if asked.holds(NO_PROTOCOL) else _INTERNET)
    return None
