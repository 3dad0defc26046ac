"""Audit rules of others that keep from us what we ask for: filters that say "never", and record types left out.

The kernel's filter goes by the first rule that matches (audit_filter_rules in kernel/auditsc.c), and rules are added
behind those that are there. The task list decides at a process's birth whether it is audited at all; the exclude list
drops single records, whatever its action says (audit_filter in kernel/audit.c).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import NamedTuple

from kernel_sources.audit.rule import AuditRule
from kernel_sources.audit.rule_text import text
from kernel_sources.tables import record_type_number


class Extent(IntEnum):
    """How much of something a filter takes away."""

    NONE = 0
    SOME = 1
    ALL = 2


class Silencer(NamedTuple):
    """An audit rule that may keep something from us, how much of everything that is, and what."""

    rule: AuditRule
    extent: Extent
    meaning: str

    def __str__(self) -> str:
        """The rule in auditctl's notation, and what it does."""
        return f"{text(self.rule)}: {self.meaning}"


_WITHOUT_IT_NOTHING = ("SYSCALL",)
_NEEDED = (
    *("SYSCALL", "URINGOP", "EXECVE", "PATH", "CWD", "SOCKADDR", "BPRM_FCAPS", "FD_PAIR", "MMAP", "CAPSET"),
    *("OPENAT2", "OBJ_PID", "KERN_MODULE", "BPF", "CONFIG_CHANGE"),
)
"""The records that events are made of; PROCTITLE and EOE can be done without."""

_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LISTS_OF_CALLS = frozenset({"exit", "io_uring"})
_MANY_CALLS = 1024
"""A rule for so many calls is one for all of them (``-S all`` sets 2048 bits)."""


def silencers(rules: Iterable[AuditRule], own_key: str) -> list[Silencer]:
    """The audit rules that may keep something from us, the gravest first; those with our key are not among them."""
    found = (_silencer(rule) for rule in rules if own_key not in rule.all_keys())
    return sorted((one for one in found if one is not None), key=lambda one: -one.extent)


def _silencer(rule: AuditRule) -> Silencer | None:
    if rule.filter_list == "task" and rule.action == "never":
        if not rule.fields:
            return Silencer(rule, Extent.ALL, "no process that starts from now on is audited")
        return Silencer(rule, Extent.SOME, "the processes that it is about are not audited")
    if rule.filter_list == "exclude":
        return _exclusion(rule)
    if rule.filter_list in _LISTS_OF_CALLS and rule.action == "never":
        conditions = [field for field in rule.fields if field.name != "arch"]
        extent = Extent.SOME if conditions or len(rule.syscalls) < _MANY_CALLS else Extent.ALL
        return Silencer(rule, extent, "the calls that it is about are not recorded")
    if rule.filter_list == "filesystem" and rule.action == "never":
        return Silencer(rule, Extent.SOME, "names of files on these file systems are not recorded")
    return None


def _exclusion(rule: AuditRule) -> Silencer | None:
    dropped = dropped_records(rule)
    if not dropped:
        return None
    conditional = any(field.name != "msgtype" for field in rule.fields)
    everything = not conditional and any(name in dropped for name in _WITHOUT_IT_NOTHING)
    names = ", ".join(dropped)
    whose = " of the processes that it is about" if conditional else ""
    return Silencer(rule, Extent.ALL if everything else Extent.SOME, f"the kernel drops the records{whose}: {names}")


def dropped_records(rule: AuditRule) -> tuple[str, ...]:
    """The record types that an exclude rule drops, of those that we need."""
    if rule.filter_list != "exclude":
        return ()
    return tuple(name for name in _NEEDED if _drops(rule, record_type_number(name)))


def _drops(rule: AuditRule, number: int | None) -> bool:
    types = [field for field in rule.fields if field.name == "msgtype" and isinstance(field.value, int)]
    if number is None:
        return False
    return all(field.op not in _COMPARISONS or _COMPARISONS[field.op](number, int(field.value)) for field in types)


def keeps_from(silencing: AuditRule, asked: AuditRule) -> Extent:
    """How much of what an audit rule asks for, a "never" of the same list that comes before it takes away."""
    if silencing.action != "never" or silencing.filter_list != asked.filter_list:
        return Extent.NONE
    if silencing.syscalls.isdisjoint(asked.syscalls) or _disjoint(silencing, asked):
        return Extent.NONE
    if silencing.syscalls >= asked.syscalls and set(silencing.fields) <= set(asked.fields):
        return Extent.ALL
    return Extent.SOME


def _disjoint(one: AuditRule, other: AuditRule) -> bool:
    """Whether no call can fulfil both: each wants another value of the same field."""
    wanted = {field.name: field.value for field in one.fields if field.op == "="}
    return any(field.op == "=" and field.name in wanted and wanted[field.name] != field.value for field in other.fields)
