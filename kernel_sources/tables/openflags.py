"""Flags of ``open()``: names and bits, which differ between machines.

Source: include/uapi/asm-generic/fcntl.h, and arch/*/include/uapi/asm/fcntl.h of arm, arm64 and powerpc.
"""

from __future__ import annotations

O_ACCMODE = 0o3
O_RDONLY, O_WRONLY, O_RDWR = 0, 1, 2

_GENERIC = {
    "O_CREAT": 0o100,
    "O_EXCL": 0o200,
    "O_NOCTTY": 0o400,
    "O_TRUNC": 0o1000,
    "O_APPEND": 0o2000,
    "O_NONBLOCK": 0o4000,
    "O_DSYNC": 0o10000,
    "O_ASYNC": 0o20000,
    "O_DIRECT": 0o40000,
    "O_LARGEFILE": 0o100000,
    "O_DIRECTORY": 0o200000,
    "O_NOFOLLOW": 0o400000,
    "O_NOATIME": 0o1000000,
    "O_CLOEXEC": 0o2000000,
    "O_SYNC": 0o4010000,
    "O_PATH": 0o10000000,
    "O_TMPFILE": 0o20200000,
}
_ARM = {
    **_GENERIC,
    "O_DIRECTORY": 0o40000,
    "O_NOFOLLOW": 0o100000,
    "O_DIRECT": 0o200000,
    "O_LARGEFILE": 0o400000,
    "O_TMPFILE": 0o20040000,
}
_POWERPC = {**_ARM, "O_LARGEFILE": 0o200000, "O_DIRECT": 0o400000}
_BY_MACHINE = {
    "arm": _ARM,
    "armeb": _ARM,
    "aarch64": _ARM,
    "ppc": _POWERPC,
    "ppc64": _POWERPC,
    "ppc64le": _POWERPC,
}


def open_flags(machine: str) -> dict[str, int]:
    """Return name -> bits of the open flags of a machine.

    ``O_SYNC`` contains ``O_DSYNC`` and ``O_TMPFILE`` contains ``O_DIRECTORY``: compare with all the bits of a flag.
    The access mode (:data:`O_ACCMODE`) is a number in the lowest two bits, not flags.
    """
    return dict(_BY_MACHINE.get(machine, _GENERIC))


def open_flag_names(machine: str, flags: int) -> list[str]:
    """Return the names of an ``open()`` flags argument: the access mode, then the flags that are wholly set.

    A flag contained in another one that is set (``O_DSYNC`` in ``O_SYNC``) is named too.
    """
    access = {O_RDONLY: "O_RDONLY", O_WRONLY: "O_WRONLY", O_RDWR: "O_RDWR"}.get(flags & O_ACCMODE)
    table = _BY_MACHINE.get(machine, _GENERIC)
    return ([access] if access else []) + [name for name, bits in table.items() if flags & bits == bits]
