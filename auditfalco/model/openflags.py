"""Falco's own open flag bits, and their spelling.

Falco does not carry the kernel's O_ numbers (they differ between machines) but bits of its own; its names are printed
in the order below. Read access is a bit (1) too, so O_RDWR is 3.
"""

from __future__ import annotations

from functools import lru_cache

from kernel_sources.tables import open_flags

O_NONE = 0
O_RDONLY = 1
O_WRONLY = 2
O_RDWR = 3
O_CREAT = 4
O_APPEND = 8
O_DSYNC = 16
O_EXCL = 32
O_NONBLOCK = 64
O_SYNC = 128
O_TRUNC = 256
O_DIRECT = 512
O_DIRECTORY = 1024
O_LARGEFILE = 2048
O_CLOEXEC = 4096
O_TMPFILE = 8192
O_F_CREATED = 16384
FD_UPPER_LAYER = 32768
FD_LOWER_LAYER = 65536

_NAMES = (
    ("O_LARGEFILE", O_LARGEFILE),
    ("O_DIRECTORY", O_DIRECTORY),
    ("O_DIRECT", O_DIRECT),
    ("O_TRUNC", O_TRUNC),
    ("O_SYNC", O_SYNC),
    ("O_NONBLOCK", O_NONBLOCK),
    ("O_EXCL", O_EXCL),
    ("O_DSYNC", O_DSYNC),
    ("O_APPEND", O_APPEND),
    ("O_CREAT", O_CREAT),
    ("O_RDWR", O_RDWR),
    ("O_WRONLY", O_WRONLY),
    ("O_RDONLY", O_RDONLY),
    ("O_CLOEXEC", O_CLOEXEC),
    ("O_TMPFILE", O_TMPFILE),
    ("O_F_CREATED", O_F_CREATED),
    ("FD_UPPER_LAYER", FD_UPPER_LAYER),
    ("FD_LOWER_LAYER", FD_LOWER_LAYER),
)

_KERNEL_NAMES = {
    "O_CREAT": O_CREAT,
    "O_EXCL": O_EXCL,
    "O_TRUNC": O_TRUNC,
    "O_APPEND": O_APPEND,
    "O_NONBLOCK": O_NONBLOCK,
    "O_DSYNC": O_DSYNC,
    "O_SYNC": O_SYNC,
    "O_DIRECT": O_DIRECT,
    "O_LARGEFILE": O_LARGEFILE,
    "O_DIRECTORY": O_DIRECTORY,
    "O_CLOEXEC": O_CLOEXEC,
    "O_TMPFILE": O_TMPFILE,
}
_ACCESS = {0: O_RDONLY, 1: O_WRONLY, 2: O_RDWR}


@lru_cache(maxsize=1024)
def from_kernel(flags: int, machine: str) -> int:
    """Falco's bits for the flags given to open(2) on a machine (as kernel_sources.tables names machines)."""
    bits = _ACCESS.get(flags & 3, O_NONE)
    for name, kernel_bits in open_flags(machine).items():
        if name in _KERNEL_NAMES and flags & kernel_bits == kernel_bits:
            bits |= _KERNEL_NAMES[name]
    return bits


def text(bits: int) -> str:
    """The names of the bits set, joined by "|"; O_NONE for none. O_RDWR stands for read and write together."""
    names = []
    left = bits
    for name, bit in _NAMES:
        if bit & left == bit:
            names.append(name)
            left &= ~bit
    return "|".join(names) if names else "O_NONE"
