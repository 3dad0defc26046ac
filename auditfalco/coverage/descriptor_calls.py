"""The calls that tell what descriptors stand for, recorded where rules ask for it of other calls' events.

While a process lives, /proc shows its descriptors. A shell on a network connection may be gone by then, and which end
of a connection it has, /proc does not say. So where a rule asks for sockets, the calls that make them what they are,
are recorded too. They come once for each socket; those that come for each byte (read, write, close) never are. Neither
is fcntl, which programs call for other ends: a duplicate that it makes is told where a rule names fcntl itself.
"""

from __future__ import annotations

from collections.abc import Set

from auditfalco.language.eventset import EventSet
from auditfalco.language.tree import Literal, LiteralList, Node, checks, fields
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME

CONNECTIONS = frozenset({"connect", "accept", "accept4"})
"""They tell both ends of a connection."""

SOCKETS = frozenset({"socket"})
"""It tells the protocol."""

BINDINGS = frozenset({"bind"})
"""It tells a server's end."""

DUPLICATES = frozenset({"dup", "dup2", "dup3"})
"""They tell which standard streams are a socket's."""

_OPENS = frozenset({"open", "openat", "openat2", "creat", "open_by_handle_at"})

_MAKERS = CONNECTIONS | SOCKETS | BINDINGS | {"listen", "socketpair"}

_SERVERS = frozenset({"accept", "accept4", "listen"})

_ENDS = frozenset(f"fd.{end}{what}" for end in ("", "c", "s", "l", "r") for what in ("ip", "port", "proto", "net")) | {
    "fd.is_server",
    "fd.connected",
}
_PROTOCOL = "fd.l4proto"
_STREAMS = tuple(f"proc.{stream}." for stream in ("stdin", "stdout", "stderr"))


_KINDS = frozenset({"ipv4", "ipv6", "unix", "4", "6", "u"})


def asks_for_sockets(condition: Node) -> bool:
    """Whether a condition compares the kind of a descriptor with one of sockets."""
    for check in checks(condition):
        if any(use.name in ("fd.type", "fd.typechar") for use in fields(check.left)):
            right = check.right
            texts = (
                right.items if isinstance(right, LiteralList) else [right.text] if isinstance(right, Literal) else []
            )
            if not _KINDS.isdisjoint(texts):
                return True
    return False


def calls_for(events: EventSet, names: Set[str], sockets: bool = False) -> frozenset[str]:
    """The event types that must be recorded for a rule however they were made, of its own or beside them.

    Args:
        events: the rule's own.
        names: the fields that its condition and its output read.
        sockets: whether it asks for sockets by their kind.
    """
    own = frozenset(events.known_names())
    wanted: set[str] = set()
    if any(name.startswith(_STREAMS) for name in names):
        wanted |= CONNECTIONS | DUPLICATES
    asks_protocol, asks_ends = _PROTOCOL in names, not _ENDS.isdisjoint(names)
    if (sockets or asks_protocol or asks_ends) and any(map(_may_be_socket, own)):
        wanted |= SOCKETS if asks_protocol else frozenset()
        if asks_ends and not own.isdisjoint(_SERVERS):
            wanted |= BINDINGS
        if any(map(_uses_what_others_made, own)):
            wanted |= CONNECTIONS
            # Who duplicates what was duplicated before asks for no more than the duplicates that the rule is about.
            wanted |= DUPLICATES & own if own <= DUPLICATES | {"fcntl"} else DUPLICATES
    return frozenset(wanted)


def _may_be_socket(name: str) -> bool:
    return name not in _OPENS and (EVENT_TYPES_BY_NAME[name].uses_fd or name in _MAKERS)


def _uses_what_others_made(name: str) -> bool:
    return name not in _MAKERS and _may_be_socket(name)
