"""From a rule's condition to the ways in which calls of one event type can fulfil it.

It asks for too much rather than too little: every event of the type that fulfils the condition fulfils all constraints
of at least one way. What is not understood proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from auditfalco.coverage.constraints import ANYTHING, NEVER, Contained, Way, Ways
from auditfalco.language.eventset import event_set
from auditfalco.language.tree import And, Check, FieldUse, Literal, Node, Not, fold

MOST_WAYS = 64
MOST_CONSTRAINTS = 8


class Answers(NamedTuple):
    """The ways in which a node is true, and those in which it is false."""

    true: Ways
    false: Ways


UNKNOWN = Answers(ANYTHING, ANYTHING)


def ways(condition: Node, event_type: str) -> Ways:
    """The ways in which events of a type fulfil a condition whose macros are replaced.

    At most MOST_WAYS, each of at most MOST_CONSTRAINTS; none if no such event can.
    """

    def combine(node: Node, below: list[Answers]) -> Answers:
        if isinstance(node, Check):
            return _check(node, event_type)
        if isinstance(node, Not):
            return Answers(below[0].false, below[0].true)
        true, false = [child.true for child in below], [child.false for child in below]
        if isinstance(node, And):
            return Answers(all_of(true), any_of(false))
        return Answers(any_of(true), all_of(false))

    return fold(condition, combine).true


def any_of(choices: Iterable[Ways]) -> Ways:
    """The ways of whichever is taken."""
    return _bounded(frozenset(way for choice in choices for way in choice))


def all_of(parts: Iterable[Ways]) -> Ways:
    """The ways in which all parts are fulfilled."""
    result = ANYTHING
    for part in parts:
        result = _bounded(frozenset(_short(one | other) for one in result for other in part))
    return result


def _short(way: Way) -> Way:
    return way if len(way) <= MOST_CONSTRAINTS else frozenset(sorted(way, key=repr)[:MOST_CONSTRAINTS])


def _bounded(found: Ways) -> Ways:
    """The same ways without those that another one covers; only what all have in common, where they are too many."""
    fewest = frozenset(way for way in found if not any(other < way for other in found))
    if len(fewest) <= MOST_WAYS:
        return fewest
    return frozenset({frozenset.intersection(*fewest)})


def _check(check: Check, event_type: str) -> Answers:
    types = Answers(_of_type(check, event_type), _of_type(Not(check), event_type))
    if types != UNKNOWN:
        return types
    if (
        isinstance(check.left, FieldUse)
        and check.left.name == "container.id"
        and check.operator == "!="
        and not check.modifier
        and isinstance(check.right, Literal)
        and check.right.text == "host"
    ):
        return Answers(frozenset({frozenset({Contained()})}), ANYTHING)
    return UNKNOWN


def _of_type(node: Node, event_type: str) -> Ways:
    return ANYTHING if event_type in event_set(node) else NEVER
