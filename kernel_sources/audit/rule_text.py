"""Audit rules as people write them: the notation of auditctl(8).

The text of a rule can be given to auditctl as it stands, but for the io_uring list, which older versions of auditctl do
not know.  ``auditctl -l`` prints the same text, except that it shortens plain file watches to ``-w path -p perm``.
"""

from __future__ import annotations

import errno
from collections.abc import Callable

from kernel_sources.audit import rule_fields as names
from kernel_sources.audit.rule import ALL, AuditRule, Field

SyscallNamer = Callable[[int, "int | None"], "str | None"]
"""Gives the name of system call ``number`` on the machine ``arch`` (None: the rule names none), None when unknown."""

_WITHOUT_SYSCALLS = frozenset({"task", "exclude", "user", "filesystem"})


def text(rule: AuditRule, syscall_name: SyscallNamer | None = None) -> str:
    """Return the rule in auditctl's notation.

    Args:
        rule: the rule.
        syscall_name: gives system calls (io_uring operations, for that list) their names; numbers are printed
            without it.
    """
    parts = [f"{'-A' if rule.prepend else '-a'} {rule.action},{rule.filter_list}"]
    arch = next((item for item in rule.fields if item.name == "arch"), None)
    if arch is not None:
        parts.append(f"-F {_condition(arch)}")
    if rule.filter_list not in _WITHOUT_SYSCALLS:
        machine = arch.value if arch is not None and isinstance(arch.value, int) else None
        parts.append(_syscalls(rule.syscalls, machine, syscall_name))
    for item in rule.stored_fields():
        if item.name == "key":
            parts.extend(f"-F key={key}" for key in str(item.value).split(names.KEY_SEPARATOR))
        elif item.name == "field_compare":
            parts.append(f"-C {_comparison(item)}")
        elif item is not arch:
            parts.append(f"-F {_condition(item)}")
    return " ".join(part for part in parts if part)


def _syscalls(syscalls: frozenset[int], machine: int | None, syscall_name: SyscallNamer | None) -> str:
    if syscalls == ALL:
        return "-S all"
    if not syscalls:
        return ""
    shown = []
    for number in sorted(syscalls):
        name = syscall_name(number, machine) if syscall_name is not None else None
        shown.append(name if name is not None else str(number))
    return f"-S {','.join(shown)}"


def _comparison(item: Field) -> str:
    """Print a comparison between two fields of the event: ``uid!=obj_uid``."""
    index = item.value if isinstance(item.value, int) else 0
    if 1 <= index <= len(names.COMPARISONS):
        left, right = names.COMPARISONS[index - 1]
        return f"{left}{item.op}{right}"
    return f"{index}"


def _condition(item: Field) -> str:
    return f"{item.name}{item.op}{_value(item)}"


def _value(item: Field) -> str:
    if isinstance(item.value, str):
        return item.value
    if item.name == "arch":
        return "b64" if item.value & names.ARCH_64BIT else "b32"
    if item.name == "perm":
        return "".join(letter for letter, bit in names.PERMISSIONS.items() if item.value & bit)
    if item.name == "filetype":
        return next((name for name, bits in names.FILE_TYPES.items() if bits == item.value), str(item.value))
    if item.name == "exit":
        return _exit_value(item.signed)
    if item.name in ("a0", "a1", "a2", "a3"):
        return f"0x{item.value:X}"
    if item.name == "inode":
        return str(item.value)
    return str(item.signed)


def _exit_value(value: int) -> str:
    """Print an exit value; errors by name, as ``-EACCES``."""
    if value < 0 and -value in errno.errorcode:
        return f"-{errno.errorcode[-value]}"
    return str(value)
