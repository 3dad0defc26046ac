"""Machines as audit numbers them: the ``arch=`` field of SYSCALL and SECCOMP records.

The number is the ELF machine with two flags, 64 bit and little endian (``AUDIT_ARCH_*``, include/uapi/linux/audit.h).
Names are those of the audit user space (lib/machinetab.h), which are the kernel's directory names for the most part.
"""

from __future__ import annotations

ARCH_64BIT = 0x80000000
"""Flag of 64-bit machines (``__AUDIT_ARCH_64BIT``)."""

ARCH_LITTLE_ENDIAN = 0x40000000
"""Flag of little-endian machines (``__AUDIT_ARCH_LE``)."""

_MACHINES = {
    0xC000003E: "x86_64",
    0x40000003: "i386",
    0xC00000B7: "aarch64",
    0x40000028: "arm",
    0x00000028: "armeb",
    0x00000014: "ppc",
    0x80000015: "ppc64",
    0xC0000015: "ppc64le",
    0x00000016: "s390",
    0x80000016: "s390x",
    0xC00000F3: "riscv64",
    0x400000F3: "riscv32",
    0xC0000102: "loongarch64",
    0x40000102: "loongarch32",
    0xC0009026: "alpha",
    0xC0000032: "ia64",
    0x00000004: "m68k",
    0x00000008: "mips",
    0x40000008: "mipsel",
    0x80000008: "mips64",
    0xC0000008: "mipsel64",
    0xA0000008: "mips64n32",
    0xE0000008: "mipsel64n32",
    0x0000000F: "parisc",
    0x8000000F: "parisc64",
    0x00000002: "sparc",
    0x8000002B: "sparc64",
}
_NUMBERS = {name: number for number, name in _MACHINES.items()}

NARROW_MACHINES = frozenset(name for number, name in _MACHINES.items() if not number & ARCH_64BIT)
"""The names of machines with 32 bits; on a 64-bit one, of the calls of its 32-bit programs."""


def machine_name(arch: int) -> str | None:
    """Return the name of an audit machine number, or None when it is not known."""
    return _MACHINES.get(arch)


def machine_number(name: str) -> int | None:
    """Return the audit machine number of a name such as ``x86_64``, or None."""
    return _NUMBERS.get(name)


def machine_bits(arch: int) -> int:
    """Return 64 or 32, the width that an audit machine number states for its ABI."""
    return 64 if arch & ARCH_64BIT else 32


def is_little_endian(arch: int) -> bool:
    """Tell whether an audit machine number states little-endian byte order."""
    return bool(arch & ARCH_LITTLE_ENDIAN)
