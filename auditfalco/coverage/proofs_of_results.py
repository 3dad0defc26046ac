"""What checks of a call's result prove: success, failure, or one of a few values.

The kernel counts -4095 to -1 as errors (include/linux/err.h) and everything else as success.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Callable

from auditfalco.coverage.constraints import ANYTHING, Exited, Succeeded, Ways
from auditfalco.coverage.proofs_of_names import OPEN_TYPES
from auditfalco.coverage.question import Question, question
from auditfalco.coverage.way_sets import any_of, one_way
from auditfalco.fields.of_event_results import result_text
from auditfalco.language.tree import Check
from auditfalco.language.types import Family, Value

LAST_ERROR = -4095
MOST_VALUES = 4
"""Errors that are asked for one by one; with more, for all failures."""

_ANY_NUMBER = frozenset(
    {
        *("brk", "fcntl", "getegid", "geteuid", "getgid", "getuid", "ioctl", "keyctl", "llseek", "lseek", "mmap"),
        *("mmap2", "prctl", "ptrace", "semctl"),
    }
)
"""Event types of calls that may return a number below the errors, which the kernel takes for success."""

_RETURN_DESCRIPTORS = OPEN_TYPES | {"accept", "accept4", "dup", "dup2", "dup3", "socket"}
"""Event types whose fd.num is what the call returned, or -1."""

_VALUES: dict[str, Callable[[int], Value]] = {
    "evt.res": result_text,
    "evt.rawres": lambda result: result,
    "evt.failed": lambda result: result < 0,
    "evt.count.error": lambda result: int(result < 0),
    "fd.num": lambda result: max(result, -1),
}
"""Fields that a result tells, and what they are for one."""


def proof(asked: Question) -> Ways | None:
    """The ways in which a check of the result is true; None of another field."""
    value = _VALUES.get(asked.field.name)
    if value is None or (asked.field.name == "fd.num" and asked.event_type not in _RETURN_DESCRIPTORS):
        return None

    def holds(results: Iterable[int]) -> list[int]:
        return [result for result in results if asked.holds(value(result))]

    errors = _errors(asked.check)
    if asked.event_type in _ANY_NUMBER and _may_hold_below(asked, holds):
        return ANYTHING
    succeeds = one_way(Succeeded(True)) if holds(_samples(asked, 0)) else frozenset()
    if len(errors) <= MOST_VALUES:
        return any_of([succeeds, *(one_way(Exited(error)) for error in errors)])
    return ANYTHING if succeeds else one_way(Succeeded(False))


@lru_cache(maxsize=1024)
def _errors(check: Check) -> tuple[int, ...]:
    """The errors for which a check of the result is true, whatever the call."""
    asked = question(check, "")
    if asked is None:
        return ()
    value = _VALUES[asked.field.name]
    return tuple(error for error in range(LAST_ERROR, 0) if asked.holds(value(error)))


def _samples(asked: Question, first: int, last: int = (1 << 63) - 1) -> list[int]:
    """Results of a range, at least one from every stretch of it that a check of numbers answers alike."""
    near = asked.numbers if asked.field.type.family is Family.NUMBER else ()
    edges = {first, last, *(number + step for number in near for step in (-1, 0, 1))}
    return [edge for edge in edges if first <= edge <= last]


def _may_hold_below(asked: Question, holds: Callable[[Iterable[int]], list[int]]) -> bool:
    """Whether a check may hold for a result below the errors, of which a text has only the digits."""
    if asked.field.type.family is Family.TEXT:
        return not asked.is_exact or any(text.startswith("-") for text in asked.texts)
    return bool(holds(_samples(asked, -(1 << 63), LAST_ERROR - 1)))
