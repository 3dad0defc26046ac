"""The fields of descriptors: files, directories, sockets."""

from __future__ import annotations

from auditfalco.fields.field import ArgumentForm, Field
from auditfalco.language.types import Shape

_ENDS = (("c", "client"), ("s", "server"), ("l", "local"), ("r", "remote"))


def _both_ends(name: str, value_type: str, what: str) -> Field:
    """Return a field that compares the client's end of a connection and the server's."""
    return Field(
        name,
        value_type,
        f"{what} of client or server: = is true if one fits, != if none does; conditions only",
        shape=Shape.PAIR,
        printable=False,
        transformable=False,
        rhs_ok=False,
    )


_FILES = (
    Field(
        "fd.num",
        "INT64",
        "number of the descriptor; also set when nothing else is known of it; 2147483647, which none has, for one that"
        " an io_uring operation made or used and that could not be found",
    ),
    Field("fd.type", "CHARBUF", "what it is: file, directory, ipv4, ipv6, unix, pipe, event, …"),
    Field("fd.typechar", "CHARBUF", "fd.type in one character: f file, d directory, 4 ipv4, 6 ipv6, u unix, p pipe, …"),
    Field(
        "fd.name",
        "CHARBUF",
        "path of a file; of a socket, address:port->address:port; the own end is left out if the process was gone",
    ),
    Field("fd.nameraw", "CHARBUF", "path as it was passed, but for doubled slashes"),
    Field("fd.directory", "CHARBUF", "directory that holds the file"),
    Field("fd.filename", "CHARBUF", "name of the file in its directory"),
    Field("fd.name_changed", "BOOL", "whether the event changed fd.name"),
    Field("fd.uid", "CHARBUF", "process id and number of the descriptor as one text; Falco has the thread's id"),
    Field("fd.containername", "CHARBUF", "container's identifier, a colon and fd.name"),
    Field("fd.containerdirectory", "CHARBUF", "container's identifier, a colon and fd.directory"),
    Field("fd.dev", "INT32", "device that holds the file"),
    Field("fd.dev.major", "INT32", "major number of fd.dev"),
    Field("fd.dev.minor", "INT32", "minor number of fd.dev"),
    Field("fd.ino", "INT64", "inode of the file"),
    Field("fd.is_upper_layer", "BOOL", "whether the file is in the upper layer of an overlay"),
    Field("fd.is_lower_layer", "BOOL", "whether the file is in the lower layer of an overlay"),
    Field(
        "fd.types",
        "CHARBUF",
        "the kinds of all open descriptors that are known, each once, as a list; [N] that of descriptor N",
        ArgumentForm.INDEX,
        is_list=True,
        rhs_ok=False,
    ),
)

_SOCKETS = (
    _both_ends("fd.ip", "IPADDR", "address"),
    *(Field(f"fd.{end}ip", "IPADDR", f"{who} address") for end, who in _ENDS),
    _both_ends("fd.port", "PORT", "port"),
    *(Field(f"fd.{end}port", "PORT", f"{who} port") for end, who in _ENDS),
    _both_ends("fd.proto", "PORT", "port, compared by name of the service,"),
    *(
        Field(f"fd.{end}proto", "CHARBUF", f"{who} port as text; Falco does not resolve it to a name")
        for end, who in _ENDS
    ),
    _both_ends("fd.net", "IPNET", "network"),
    *(
        Field(
            f"fd.{end}net",
            "IPNET",
            f"whether the {who} address is in a network; conditions only",
            shape=Shape.NETWORK_MEMBER,
            printable=False,
            transformable=False,
            rhs_ok=False,
        )
        for end, who in _ENDS
    ),
    *(
        Field(
            f"fd.{end}ip.name",
            "CHARBUF",
            f"domain name of the {who} address, if it was seen",
            transformable=False,
            rhs_ok=False,
        )
        for end, who in _ENDS
    ),
    Field("fd.l4proto", "CHARBUF", "tcp, udp, icmp or raw; the text <NA> for any other"),
    Field("fd.sockfamily", "CHARBUF", "ip or unix; absent for any other"),
    Field("fd.is_server", "BOOL", "whether the process is the server's end"),
    Field("fd.connected", "BOOL", "whether the socket is connected"),
)

_POLLED = (
    Field("fdlist.nums", "CHARBUF", "numbers of polled descriptors, joined by commas"),
    Field("fdlist.names", "CHARBUF", "names of polled descriptors, joined by commas"),
    Field("fdlist.cips", "CHARBUF", "client addresses of polled descriptors, joined by commas"),
    Field("fdlist.sips", "CHARBUF", "server addresses of polled descriptors, joined by commas"),
    Field("fdlist.cports", "CHARBUF", "client ports of polled descriptors, joined by commas"),
    Field("fdlist.sports", "CHARBUF", "server ports of polled descriptors, joined by commas"),
)

FIELDS: tuple[Field, ...] = (*_FILES, *_SOCKETS, *_POLLED)
