"""Whether the kernel records a made-up call where some audit rules are in force (audit_filter_rules in auditsc.c)."""

from __future__ import annotations

from collections.abc import Iterable

from auditfalco.coverage.constraints import Access, Below, Compared, Exited, Family, Named, Register, Succeeded
from kernel_sources.audit.rule import AuditRule, Field
from kernel_sources.audit.rule_fields import PERMISSIONS
from kernel_sources.tables import machine_number, syscall_number
from madeup.calls import MadeUpCall
from madeup.filtering import holds

CONTAINERS_FROM = 60
"""The devices of containers have minor numbers from here on, those of the host smaller ones."""


def recorded(call: MadeUpCall, rules: Iterable[AuditRule]) -> bool:
    """Whether one of the rules, of which all record, matches the call."""
    number = syscall_number(call.machine, call.name)
    return any(number in rule.syscalls and all(_matches(field, call) for field in rule.fields) for rule in rules)


def _matches(field: Field, call: MadeUpCall) -> bool:
    name, value = field.name, field.value
    if name == "arch":
        return value == machine_number(call.machine)
    if name == "path":
        return not call.contained and holds(Named(str(value)), call)
    if name == "dir":
        return not call.contained and holds(Below(str(value)), call)
    assert isinstance(value, int), field
    if name == "devminor":
        return bool(call.contained) and value <= CONTAINERS_FROM and field.op == ">="
    if name == "success":
        return holds(Succeeded(bool(value)), call)
    if name == "exit":
        return holds(Exited(value), call)
    if name == "saddr_fam":
        return holds(Family(value), call)
    if name == "perm":
        return holds(Access("".join(letter for letter in "rw" if value & PERMISSIONS[letter])), call)
    if name in ("a0", "a1", "a2", "a3"):
        return holds(Register(int(name[1]), field.op, value), call)
    return holds(Compared(name, field.op, value), call)
