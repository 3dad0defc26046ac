"""Flags of the calls about memory: PROT_*, MAP_*, MLOCK_*, MCL_*. MAP_* and MCL_* differ between machines.

Source: include/uapi/asm-generic/mman-common.h and mman.h, arch/{x86,powerpc}/include/uapi/asm/mman.h (Linux 6.18).
"""

from __future__ import annotations

PROTECTIONS = {
    "PROT_READ": 0x1,
    "PROT_WRITE": 0x2,
    "PROT_EXEC": 0x4,
    "PROT_SEM": 0x8,
    "PROT_SAO": 0x10,
    "PROT_GROWSDOWN": 0x01000000,
    "PROT_GROWSUP": 0x02000000,
}
"""Flags of mmap() and mprotect()."""

MLOCK_FLAGS = {"MLOCK_ONFAULT": 0x1}
"""Flags of mlock2()."""

_COMMON = {
    "MAP_SHARED": 0x1,
    "MAP_PRIVATE": 0x2,
    "MAP_FIXED": 0x10,
    "MAP_ANONYMOUS": 0x20,
    "MAP_GROWSDOWN": 0x100,
    "MAP_DENYWRITE": 0x800,
    "MAP_EXECUTABLE": 0x1000,
    "MAP_POPULATE": 0x8000,
    "MAP_NONBLOCK": 0x10000,
}
_GENERIC = {**_COMMON, "MAP_LOCKED": 0x2000, "MAP_NORESERVE": 0x4000}
_X86 = {**_GENERIC, "MAP_32BIT": 0x40}
_POWERPC = {**_COMMON, "MAP_LOCKED": 0x80, "MAP_NORESERVE": 0x40}
_MAPS = {"x86_64": _X86, "i386": _X86, "ppc": _POWERPC, "ppc64": _POWERPC, "ppc64le": _POWERPC}
_LOCKS = {"MCL_CURRENT": 0x1, "MCL_FUTURE": 0x2, "MCL_ONFAULT": 0x4}
_POWERPC_LOCKS = {"MCL_CURRENT": 0x2000, "MCL_FUTURE": 0x4000, "MCL_ONFAULT": 0x8000}


def map_flags(machine: str) -> dict[str, int]:
    """Return name -> bit of the flags of mmap() on a machine."""
    return dict(_MAPS.get(machine, _GENERIC))


def mlockall_flags(machine: str) -> dict[str, int]:
    """Return name -> bit of the flags of mlockall() on a machine."""
    return dict(_POWERPC_LOCKS if machine in ("ppc", "ppc64", "ppc64le") else _LOCKS)
