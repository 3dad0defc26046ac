"""Whether an audit rule certainly asks for an open, by what is known of it without records."""

from __future__ import annotations

from typing import NamedTuple

from auditfalco.coverage.abis import host_machines
from kernel_sources.audit.rule import AuditRule, Field
from kernel_sources.tables import syscall_number

UNSET = 0xFFFFFFFF


class Opened(NamedTuple):
    """An open that succeeded: by whom, which file, on which device. The login uid is -1 when unset."""

    pid: int
    login_uid: int | None
    path: str
    device: tuple[int, int]


def asks_for(rule: AuditRule, opened: Opened) -> bool:
    """Whether a rule asks for an open by whatever call of the open family; False where that is not certain."""
    if rule.filter_list != "exit" or rule.action != "always" or not _family() <= rule.syscalls:
        return False
    return all(_holds(field, opened) for field in rule.fields)


def keeps_quiet(rule: AuditRule, program: str | None) -> bool:
    """Whether a rule keeps quiet about what a program does."""
    return rule.action == "never" and program is not None and rule.value_of("exe") == program


def _family() -> frozenset[int]:
    found = (syscall_number(host_machines()[0], call) for call in ("open", "openat", "openat2"))
    return frozenset(number for number in found if number is not None)


def _holds(field: Field, opened: Opened) -> bool:
    name, operator, value = field.name, field.op, field.value
    if name in ("arch", "key"):
        return True
    if name == "pid":
        return operator == "!=" and value != opened.pid
    if name == "auid" and opened.login_uid is not None:
        return operator == "=" and value == (UNSET if opened.login_uid < 0 else opened.login_uid)
    if operator != "=":
        return False
    if name == "success":
        return value == 1
    if name == "path":
        return value == opened.path
    if name == "dir":
        return opened.path.startswith(f"{value}".rstrip("/") + "/")
    return name in ("devmajor", "devminor") and value == opened.device[name == "devminor"]
