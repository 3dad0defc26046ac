"""Whether a condition can still be true where some fields never have a value.

A check of an absent value fails, whatever it compares with: neither equal nor unequal. So a condition that needs one is
never true; one that only excludes by it excludes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from auditfalco.errors import AuditfalcoError
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.fields.sources import REASONS
from auditfalco.language.eventset import event_set
from auditfalco.language.tree import And, Check, FieldUse, Node, Not, fields, fold
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME
from auditfalco.model.uringoperations import OPERATIONS
from auditfalco.normalise.told import told_by_operation, told_parameters
from auditfalco.normalise.unlisted import BEYOND_FALCO

NO_PARAMETER = "is no parameter of"
"""Begins the reason for an argument that events of a type do not have in Falco either."""

_ARGUMENTS = frozenset({"evt.arg", "evt.rawarg"})

Absent = Callable[[FieldUse], str]
"""Why a field is absent from the events in question; "" when it is not."""


class Outcome(NamedTuple):
    """What a condition can be, and the absent fields that bear on it, each with the reason."""

    can_hold: bool
    can_fail: bool
    absent: frozenset[str] = frozenset()


def outcome(condition: Node, event_type: str, absent: Absent) -> Outcome:
    """What a condition, macros replaced, can be for events of a type.

    Args:
        condition: of a rule.
        event_type: decides the checks of ``evt.type``.
        absent: tells the fields that have no value.
    """

    def combine(node: Node, below: list[Outcome]) -> Outcome:
        if isinstance(node, Check):
            return _of_check(node, event_type, absent)
        if isinstance(node, Not):
            return Outcome(below[0].can_fail, below[0].can_hold, below[0].absent)
        return _joined(below, isinstance(node, And))

    return fold(condition, combine)


def _of_check(check: Check, event_type: str, absent: Absent) -> Outcome:
    uses = [use for side in (check.left, check.right) for use in fields(side)]
    reasons = frozenset(f"{use} {reason}" for use, reason in ((use, absent(use)) for use in uses) if reason)
    if reasons:
        return Outcome(False, True, reasons)
    return Outcome(event_type in event_set(check), event_type in event_set(Not(check)))


def _joined(below: list[Outcome], conjunction: bool) -> Outcome:
    """The outcome of "and", or of "or"; what the event type alone decides makes the rest of no account."""
    for one in below:
        if not (one.can_hold if conjunction else one.can_fail) and not one.absent:
            return Outcome(not conjunction, conjunction)
    absent = frozenset().union(*(one.absent for one in below))
    if conjunction:
        return Outcome(all(one.can_hold for one in below), any(one.can_fail for one in below), absent)
    return Outcome(any(one.can_hold for one in below), all(one.can_fail for one in below), absent)


def never_told(event_type: str) -> Absent:
    """Tells the fields that events of a type never have here."""

    def absent(use: FieldUse) -> str:
        try:
            ref = CATALOGUE.resolve(use.name, use.argument)
        except AuditfalcoError:
            return ""
        if ref.name in REASONS:
            return f"is never set: {REASONS[ref.name]}"
        if ref.name in _ARGUMENTS and ref.argument is not None:
            return _of_argument(event_type, ref.argument)
        return ""

    return absent


def _of_argument(event_type: str, argument: str) -> str:
    parameters = [parameter.name for parameter in EVENT_TYPES_BY_NAME[event_type].parameters]
    if argument.isdigit() and int(argument) < len(parameters):
        argument = parameters[int(argument)]
    told = {*told_parameters(event_type), *BEYOND_FALCO.get(event_type, ())}
    told.update(*(told_by_operation(name) for name, one in OPERATIONS.items() if one.event_type == event_type))
    if argument in told:
        return ""
    return f"is not told of {event_type}" if argument in parameters else f"{NO_PARAMETER} {event_type}"
