"""System calls: number and name, per machine.

The names are the kernel's own (``pread64``, not libaudit's ``pread``). A machine's table is loaded at its first use.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

X32_BIT = 0x40000000
"""Added to the number of a call made through the x32 ABI (arch/x86/include/uapi/asm/unistd.h).

``arch=`` says x86_64 all the same.
"""

SYSCALL_MACHINES = (
    "x86_64",
    "i386",
    "aarch64",
    "arm",
    "ppc",
    "ppc64",
    "ppc64le",
    "riscv64",
    "loongarch64",
    "s390",
    "s390x",
)
"""Machines that have a table, by the names of :mod:`kernel_sources.tables.machines`."""

_X32 = "x32"
_SAME_TABLE = {"armeb": "arm"}
_OTHER_SPELLINGS = {
    "pread": "pread64",
    "pwrite": "pwrite64",
    "sched_rr_get_interval64": "sched_rr_get_interval_time64",
}


@cache
def _names(machine: str) -> dict[int, str]:
    table = _SAME_TABLE.get(machine, machine)
    if table not in SYSCALL_MACHINES and table != _X32:
        return {}
    names: dict[int, str] = import_module(f"kernel_sources.tables.generated.syscalls_{table}").NAMES
    return names


@cache
def _numbers(machine: str) -> dict[str, int]:
    # The lowest number wins where a table gives one name twice.
    return {name: number for number, name in sorted(_names(machine).items(), reverse=True)}


def syscall_name(machine: str, number: int) -> str | None:
    """Return the name of a system call, or None when the machine or the number is unknown.

    Args:
        machine: a name of :data:`SYSCALL_MACHINES`.
        number: as the SYSCALL record gives it; on x86_64 the x32 numbers are understood too.
    """
    if number & X32_BIT and machine == "x86_64":
        return _names(_X32).get(number ^ X32_BIT)
    return _names(machine).get(number)


def syscall_number(machine: str, name: str) -> int | None:
    """Return the number of a system call on a machine, or None when that machine lacks it."""
    numbers = _numbers(machine)
    return numbers.get(name, numbers.get(_OTHER_SPELLINGS.get(name, name)))


def syscall_names(machine: str) -> dict[int, str]:
    """Return a copy of the whole table of a machine, number to name; empty when the machine has none."""
    return dict(_names(machine))
