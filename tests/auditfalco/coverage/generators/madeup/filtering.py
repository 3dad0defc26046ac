"""Whether a constraint holds of a made-up call, as the kernel's filter finds it (kernel/auditsc.c, auditfilter.c)."""

from __future__ import annotations

import operator
from typing import Callable

from auditfalco.coverage.constraints import (
    Access,
    Below,
    Compared,
    Constraint,
    Contained,
    Exited,
    Family,
    Named,
    Register,
    Succeeded,
)
from madeup.calls import MadeUpCall

_WORD = 0xFFFFFFFF
_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "&": lambda left, right: bool(left & right),
}
_READ, _WRITE = 4, 2
_ACCESS_MODES = (_READ, _WRITE, _READ | _WRITE, _READ | _WRITE)
"""ACC_MODE() in include/linux/fs.h."""


def holds(constraint: Constraint, call: MadeUpCall) -> bool:
    """Whether the kernel finds a constraint fulfilled."""
    if isinstance(constraint, Named):
        return call.succeeded and constraint.path in call.files
    if isinstance(constraint, Below):
        return call.succeeded and any(name.startswith(f"{constraint.directory}/") for name in call.files)
    if isinstance(constraint, Access):
        return bool(_access(call) & sum({"r": _READ, "w": _WRITE}[letter] for letter in constraint.letters))
    if isinstance(constraint, Succeeded):
        return call.succeeded == constraint.success
    if isinstance(constraint, Exited):
        return call.result & _WORD == constraint.value & _WORD
    if isinstance(constraint, Compared):
        return _COMPARISONS[constraint.op](call.ids[constraint.field], constraint.value)
    if isinstance(constraint, Family):
        return call.family == constraint.number
    if isinstance(constraint, Register):
        return _COMPARISONS[constraint.op](call.registers[constraint.index] & _WORD, constraint.value)
    assert isinstance(constraint, Contained)
    return call.contained is True


def _access(call: MadeUpCall) -> int:
    """The classes of perm= that a call is in; none for those that the kernel's lists leave out."""
    if call.name == "creat":
        return _WRITE
    if call.name not in ("open", "openat", "openat2") or call.open_flags is None:
        return 0
    return _ACCESS_MODES[call.open_flags & 3]
