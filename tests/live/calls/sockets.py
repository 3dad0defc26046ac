"""Calls about sockets, all on the loopback interface or in the scratch directory."""

from __future__ import annotations

from calls.descriptions import descriptor
from calls.row import COMPAT, NATIVE, Row

NET = "net"
HOME = "127.0.0.1"


def connection(
    number: str, role: str, client: str = HOME, server: str = HOME, kind: str = "ipv4"
) -> dict[str, str | None]:
    """The fields of a connected TCP socket, `role` "client" or "server"."""
    return {
        **descriptor(number, kind, kind[-1], f"{client}:{{client}}->{server}:{{server}}"),
        "fd.cip": client,
        "fd.sip": server,
        "fd.cport": "{client}",
        "fd.sport": "{server}",
        "fd.l4proto": "tcp",
        "fd.is_server": "true" if role == "server" else "false",
    }


TUPLE = f"{HOME}:{{client}}->{HOME}:{{server}}"

SOCKETS = (
    Row(
        "socket",
        "socket",
        NET,
        {"fd": "<4>", "domain": "AF_INET", "type": "524289", "proto": "6", "flags": "O_CLOEXEC"},
        fields={"fd.num": "{result}", "fd.type": "ipv4", "fd.typechar": "4", "fd.connected": "false"},
    ),
    Row(
        "socket_udp6",
        "socket",
        NET,
        {"fd": "<6>", "domain": "AF_INET6", "type": "2", "proto": "0", "flags": "O_NONE"},
        fields=descriptor("{result}", "ipv6", "6", ""),
    ),
    Row(
        "socket_unix",
        "socket",
        NET,
        {"fd": "<u>", "domain": "AF_LOCAL", "type": "1", "proto": "0", "flags": "O_NONE"},
        fields=descriptor("{result}", "unix", "u", ""),
    ),
    Row(
        "socket_netlink",
        "socket",
        NET,
        {"fd": "<n>", "domain": "AF_ROUTE", "type": "3", "proto": "0", "flags": "O_NONE"},
        fields=descriptor("{result}", "netlink", "n", ""),
    ),
    Row(
        "socketpair",
        "socketpair",
        "IPC",
        {"res": "0", "fd1": "<u>", "fd2": "<u>", "domain": "AF_LOCAL", "type": "1", "proto": "0"},
        absent=("source", "peer"),
    ),
)

SERVERS = (
    Row(
        "bind",
        "bind",
        NET,
        {"res": "0", "addr": f"{HOME}:{{port}}", "fd": f"<4t>{HOME}:{{port}}"},
        fields={
            **descriptor("{fd}", "ipv4", "4", f"{HOME}:{{port}}"),
            "fd.sip": HOME,
            "fd.sport": "{port}",
            "fd.is_server": "true",
        },
    ),
    Row(
        "bind_unix",
        "bind",
        NET,
        {"res": "0", "addr": "{dir}/socket", "fd": "<u>{dir}/socket"},
        fields=descriptor("{fd}", "unix", "u", "{dir}/socket"),
    ),
    Row(
        "listen",
        "listen",
        NET,
        {"res": "0", "fd": f"<4t>{HOME}:{{port}}", "backlog": "9"},
        fields={**descriptor("{fd}", "ipv4", "4", f"{HOME}:{{port}}"), "fd.sport": "{port}"},
    ),
    Row(
        "accept",
        "accept",
        NET,
        {"fd": f"<4t>{TUPLE}", "tuple": TUPLE},
        absent=("queuepct", "queuelen", "queuemax"),
        fields=connection("{result}", "server"),
        bits=NATIVE,
    ),
    Row(
        "accept4",
        "accept4",
        NET,
        {"fd": f"<4t>{TUPLE}", "tuple": TUPLE, "flags": "80800"},
        absent=("queuepct", "queuelen", "queuemax"),
        fields=connection("{result}", "server"),
    ),
    Row(
        "accept_silent",
        "accept4",
        NET,
        {"fd": f"<4t>{TUPLE}", "tuple": TUPLE, "flags": "0"},
        absent=("queuepct", "queuelen", "queuemax"),
        fields=connection("{result}", "server"),
    ),
)

SENT = f"0.0.0.0:{{client}}->{HOME}:{{server}}"  # a socket that is not bound counts as of every address

CLIENTS = (
    Row(
        "connect_tcp4",
        "connect",
        NET,
        {"res": "0", "tuple": TUPLE, "fd": f"<4t>{TUPLE}", "addr": f"{HOME}:{{server}}"},
        fields={**connection("{fd}", "client"), "fd.connected": "true"},
    ),
    Row(
        "connect_refused",
        "connect",
        NET,
        {"res": "ECONNREFUSED", "tuple": f"->{HOME}:{{server}}", "fd": "<4>", "addr": f"{HOME}:{{server}}"},
        fields={**descriptor("{fd}", "ipv4", "4", ""), "fd.sip": None, "fd.sport": None, "fd.connected": "false"},
    ),
    Row(
        "connect_tcp6",
        "connect",
        NET,
        {
            "res": "0",
            "tuple": "::1:{client}->::1:{server}",
            "fd": "<6t>::1:{client}->::1:{server}",
            "addr": "::1:{server}",
        },
        fields=connection("{fd}", "client", "::1", "::1", "ipv6"),
    ),
    Row(
        "connect_udp",
        "connect",
        NET,
        {
            "res": "0",
            "tuple": f"{HOME}:{{client}}->{HOME}:9",
            "fd": f"<4u>{HOME}:{{client}}->{HOME}:9",
            "addr": f"{HOME}:9",
        },
        fields={**descriptor("{fd}", "ipv4", "4", f"{HOME}:{{client}}->{HOME}:9"), "fd.l4proto": "udp"},
    ),
    Row(
        "connect_unix",
        "connect",
        NET,
        {"res": "0", "tuple": "{dir}/socket", "addr": "{dir}/socket", "fd": "<u>{dir}/socket"},
        fields=descriptor("{fd}", "unix", "u", "{dir}/socket"),
    ),
    Row(
        "connect_netlink",
        "connect",
        NET,
        {"res": "0", "fd": "<n>"},
        absent=("tuple", "addr"),
        fields=descriptor("{fd}", "netlink", "n", ""),
    ),
    Row(
        "sendto",
        "sendto",
        NET,
        {"res": "8", "fd": f"<4u>{SENT}", "size": "8", "tuple": SENT},
        absent=("data",),
        fields={
            "fd.num": "{fd}",
            "fd.type": "ipv4",
            "fd.l4proto": "udp",
            "fd.sport": "{server}",
            "evt.is_io_write": "true",
        },
    ),
    Row(
        "sendmsg",
        "sendmsg",
        NET,
        {"res": "8", "fd": f"<4u>{SENT}", "tuple": SENT},
        absent=("data", "size"),
        fields={"fd.num": "{fd}", "fd.type": "ipv4", "fd.l4proto": "udp", "fd.sport": "{server}"},
    ),
    Row(
        "shutdown",
        "shutdown",
        NET,
        {"res": "0", "fd": f"<4t>{TUPLE}", "how": "SHUT_WR"},
        fields=connection("{fd}", "client"),
    ),
    Row(
        "dup2_socket",
        "dup2",
        NET,
        {"res": f"<4t>{TUPLE}", "oldfd": f"<4t>{TUPLE}", "newfd": f"<4t>{TUPLE}"},
        fields=connection("0", "client"),
    ),
)

MULTIPLEXED = (
    Row(
        "socketcall_socket",
        "socket",
        NET,
        {"fd": "<4>", "domain": "AF_INET", "type": "1", "proto": "0", "flags": "O_NONE"},
        fields=descriptor("{result}", "ipv4", "4", ""),
        bits=COMPAT,
    ),
    Row(
        "socketcall_connect",
        "connect",
        NET,
        {"res": "0", "tuple": TUPLE, "fd": f"<4t>{TUPLE}", "addr": f"{HOME}:{{server}}"},
        fields=connection("{fd}", "client"),
        bits=COMPAT,
    ),
    Row(
        "socketcall_bind",
        "bind",
        NET,
        {"res": "0", "addr": f"{HOME}:{{port}}", "fd": f"<4t>{HOME}:{{port}}"},
        fields=descriptor("{fd}", "ipv4", "4", f"{HOME}:{{port}}"),
        bits=COMPAT,
    ),
    Row(
        "socketcall_accept",
        "accept",
        NET,
        {"fd": f"<4t>{TUPLE}", "tuple": TUPLE},
        absent=("queuepct", "queuelen", "queuemax"),
        fields=connection("{result}", "server"),
        bits=COMPAT,
    ),
)

ROWS = (*SOCKETS, *SERVERS, *CLIENTS, *MULTIPLEXED)
