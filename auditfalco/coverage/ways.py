"""From a rule's condition to the ways in which calls of one event type can fulfil it.

It asks for too much rather than too little: every event of the type that fulfils the condition fulfils all constraints
of at least one way. What is not understood proves nothing. It speaks of calls, not of io_uring's operations.

An absent value fulfils no check, so that `not x = y` holds for it, and of names under a "not" only those count that
whoever spelled them may have chosen (engine.identity). So a check that must be false proves nothing, unless its answer
follows from the event type.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from auditfalco.coverage import (
    proofs_of_callers,
    proofs_of_names,
    proofs_of_opens,
    proofs_of_registers,
    proofs_of_results,
    proofs_of_sockets,
)
from auditfalco.coverage.constraints import ANYTHING, NEVER, Ways
from auditfalco.coverage.question import Question, question
from auditfalco.coverage.way_sets import all_of, any_of
from auditfalco.language.eventset import event_set
from auditfalco.language.tree import And, Check, Node, Not, fold
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME

_PROOFS = (
    proofs_of_names.proof,
    proofs_of_results.proof,
    proofs_of_callers.proof,
    proofs_of_opens.proof,
    proofs_of_registers.proof,
    proofs_of_sockets.proof,
)


class Answers(NamedTuple):
    """The ways in which a node is true, and those in which it is false."""

    true: Ways
    false: Ways


UNKNOWN = Answers(ANYTHING, ANYTHING)


def ways(condition: Node, event_type: str) -> Ways:
    """The ways in which calls of a type fulfil a condition whose macros are replaced.

    At most way_sets.MOST_WAYS, each of at most way_sets.MOST_CONSTRAINTS; none if no such call can.

    Raises:
        ConditionTypeError: a check asks what cannot be asked.
    """

    def combine(node: Node, below: list[Answers]) -> Answers:
        if isinstance(node, Check):
            return _answers(node, event_type)
        if isinstance(node, Not):
            return Answers(below[0].false, below[0].true)
        true, false = [child.true for child in below], [child.false for child in below]
        if isinstance(node, And):
            return Answers(all_of(true), any_of(false))
        return Answers(any_of(true), all_of(false))

    return fold(condition, combine).true


@lru_cache(maxsize=4096)
def _answers(check: Check, event_type: str) -> Answers:
    types = Answers(_of_type(check, event_type), _of_type(Not(check), event_type))
    if types != UNKNOWN:
        return types
    asked = question(check, event_type)
    if asked is None:
        return UNKNOWN
    constant = _of_direction(asked)
    if constant is not None:
        return Answers(ANYTHING, NEVER) if constant else Answers(NEVER, ANYTHING)
    for proof in _PROOFS:
        found = proof(asked)
        if found is not None:
            return Answers(found, ANYTHING)
    return UNKNOWN


def _of_type(node: Node, event_type: str) -> Ways:
    return ANYTHING if event_type in event_set(node) else NEVER


def _of_direction(asked: Question) -> bool | None:
    """What a check of evt.dir says of every call, which is seen when it ends; None of another field."""
    known = EVENT_TYPES_BY_NAME.get(asked.event_type)
    if asked.field.name != "evt.dir" or (known is not None and not known.is_syscall):
        return None
    return asked.holds("<")
