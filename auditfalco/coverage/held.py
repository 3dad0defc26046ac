"""Which argument register holds a parameter of an event, and how it is to be read.

Only parameters that are told from the lower 32 bits of one register and nothing else are here, the same in both ABIs of
a machine. It says of them what the normaliser does with them (auditfalco.normalise).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Union

from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME
from auditfalco.normalise.registers import Numbers
from kernel_sources.tables import (
    CLONE_FLAGS,
    FCNTL_COMMANDS,
    PROTECTIONS,
    RESOURCES,
    SHUTDOWNS,
    SOCKET_LEVELS,
    open_flags,
    ptrace_requests,
)
from kernel_sources.tables.fileflags import AT, LOCK, UMOUNT
from kernel_sources.tables.openflags import O_RDWR, O_WRONLY


@dataclass(frozen=True)
class Whole:
    """The parameter is the register's number."""

    register: int


@dataclass(frozen=True)
class Enumerated:
    """The parameter is Falco's number for the name that the register's number has; of all without a name the same."""

    register: int
    numbers: Numbers


@dataclass(frozen=True)
class Flags:
    """The parameter has Falco's bits for the names whose bits are all set in the register.

    Without `numbers` Falco's bits are the kernel's. `unproven` are names that may be there without such bits.
    """

    register: int
    numbers: Numbers | None = None
    unproven: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Signal:
    """The parameter is the lowest byte; with any other bit set the call fails, for there is no such signal."""

    register: int


Held = Union[Whole, Enumerated, Flags, Signal]


def opening_flags(machine: str) -> dict[str, int]:
    """Bits of open(2) that are set where Falco prints a name; of the access modes only those that have a bit."""
    return {**open_flags(machine), "O_WRONLY": O_WRONLY, "O_RDWR": O_RDWR}


def _values_of(event_type: str, parameter: str) -> Mapping[str, int]:
    known = EVENT_TYPES_BY_NAME[event_type].parameter(parameter)
    return dict(known.values) if known is not None else {}


_TOLD_BY_RECORDS = frozenset({"O_RDONLY", "O_NONE", "O_F_CREATED", "FD_UPPER_LAYER", "FD_LOWER_LAYER"})
"""Open flags that follow from no bit: of the file, or of the absence of bits."""

_DOMAIN = Enumerated(0, _values_of("socket", "domain"))
_LEVEL = Enumerated(1, SOCKET_LEVELS)

HELD: dict[tuple[str, str], Held] = {
    ("bpf", "cmd"): Whole(0),
    ("chmod", "mode"): Flags(1),
    ("clone", "flags"): Flags(0, CLONE_FLAGS, frozenset({"CLONE_CHILD_IN_PIDNS"})),
    ("delete_module", "flags"): Flags(1, open_flags),
    ("fchmod", "mode"): Flags(1),
    ("fchmodat", "mode"): Flags(2),
    ("fcntl", "cmd"): Enumerated(1, FCNTL_COMMANDS),
    ("finit_module", "flags"): Flags(2),
    ("flock", "operation"): Flags(1, LOCK),
    ("fsconfig", "cmd"): Whole(1),
    ("getrlimit", "resource"): Enumerated(0, RESOURCES),
    ("getsockopt", "level"): _LEVEL,
    ("ioctl", "request"): Whole(1),
    ("keyctl", "operation"): Whole(0),
    ("kill", "sig"): Signal(1),
    ("memfd_create", "flags"): Flags(1),
    ("mknod", "mode"): Flags(1),
    ("mknodat", "mode"): Flags(2),
    ("mount", "flags"): Flags(3),
    ("mprotect", "prot"): Flags(2, PROTECTIONS),
    ("open", "flags"): Flags(1, opening_flags, _TOLD_BY_RECORDS),
    ("openat", "flags"): Flags(2, opening_flags, _TOLD_BY_RECORDS),
    ("open_by_handle_at", "flags"): Flags(2, opening_flags, _TOLD_BY_RECORDS),
    ("prctl", "option"): Whole(0),
    ("prlimit", "resource"): Enumerated(1, RESOURCES),
    ("ptrace", "request"): Enumerated(0, ptrace_requests),
    ("seccomp", "op"): Whole(0),
    ("setns", "nstype"): Flags(1, CLONE_FLAGS),
    ("setrlimit", "resource"): Enumerated(0, RESOURCES),
    ("setsockopt", "level"): _LEVEL,
    ("shutdown", "how"): Enumerated(1, SHUTDOWNS),
    ("socket", "domain"): _DOMAIN,
    ("socket", "proto"): Whole(2),
    ("socket", "type"): Whole(1),
    ("socketpair", "domain"): _DOMAIN,
    ("socketpair", "proto"): Whole(2),
    ("socketpair", "type"): Whole(1),
    ("tgkill", "sig"): Signal(2),
    ("tkill", "sig"): Signal(1),
    ("umount2", "flags"): Flags(1, UMOUNT),
    ("unlinkat", "flags"): Flags(2, AT),
    ("unshare", "flags"): Flags(0, CLONE_FLAGS),
}
"""By event type and parameter."""
