"""Which event types a condition can be true for, as far as its checks of the type tell.

A rule is run only on events of these types. Source: libsinsp's filter/ppm_codes.cpp: checks of ``evt.type`` and
``syscall.type`` with ``= == != in`` count, and checks of ``evt.num`` that every number from 1 on fails or passes.
"""

from __future__ import annotations

from dataclasses import dataclass

from auditfalco.language.tree import And, Check, FieldUse, Literal, LiteralList, Node, Not, fold
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME

MANY_CODES = 100  # a rule for more of Falco's event codes than this draws a warning
_GENERIC_CODES = 2  # the codes of "syscall", which stand for all generic system calls


@dataclass(frozen=True)
class EventSet:
    """A set of event types: `names`, or all but `names`."""

    names: frozenset[str]
    all_but: bool = False

    def __contains__(self, name: str) -> bool:
        """Tell whether an event type is in the set."""
        return (name in self.names) != self.all_but

    def __or__(self, other: EventSet) -> EventSet:
        """Return what is in one of the sets."""
        return ~(~self & ~other)

    def __and__(self, other: EventSet) -> EventSet:
        """Return what is in both sets."""
        if self.all_but and other.all_but:
            return EventSet(self.names | other.names, True)
        if self.all_but:
            return EventSet(other.names - self.names)
        if other.all_but:
            return EventSet(self.names - other.names)
        return EventSet(self.names & other.names)

    def __invert__(self) -> EventSet:
        """Return what is not in the set."""
        return EventSet(self.names, not self.all_but)

    @property
    def is_everything(self) -> bool:
        """Whether no event type is left out."""
        return self.all_but and not self.names

    def known_names(self) -> frozenset[str]:
        """Return the set by name."""
        return frozenset(EVENT_TYPES_BY_NAME) - self.names if self.all_but else self.names

    def codes(self) -> int:
        """Return how many of Falco's event codes are in the set."""
        types = [EVENT_TYPES_BY_NAME[name] for name in self.known_names() if name in EVENT_TYPES_BY_NAME]
        apart = any(event_type.generic for event_type in types) and "syscall" not in self
        return sum(event_type.codes for event_type in types) + (_GENERIC_CODES if apart else 0)


EVERYTHING = EventSet(frozenset(), True)
NOTHING = EventSet(frozenset())


def event_set(root: Node) -> EventSet:
    """Return the event types that a condition, macros replaced, can be true for."""
    return fold(root, _combine)[0]


def _combine(node: Node, below: list[tuple[EventSet, EventSet]]) -> tuple[EventSet, EventSet]:
    """Return the event types for which a node can be true, and those for which it can be false."""
    if isinstance(node, Check):
        return _check(node)
    if isinstance(node, Not):
        return below[0][1], below[0][0]
    conjunction = isinstance(node, And)
    true, false = (EVERYTHING, NOTHING) if conjunction else (NOTHING, EVERYTHING)
    for child_true, child_false in below:
        true = true & child_true if conjunction else true | child_true
        false = false | child_false if conjunction else false & child_false
    return true, false


def _check(check: Check) -> tuple[EventSet, EventSet]:
    unknown = EVERYTHING, EVERYTHING
    if not isinstance(check.left, FieldUse) or check.left.argument is not None or check.modifier:
        return unknown
    if check.left.name in ("evt.type", "syscall.type"):
        if check.operator == "exists":
            return EVERYTHING, NOTHING
        names = _constants(check)
        if names is None or check.operator not in ("=", "==", "!=", "in"):
            return unknown
        named = EventSet(frozenset(names))
        return (~named, named) if check.operator == "!=" else (named, ~named)
    if check.left.name == "evt.num":
        verdict = _of_every_number(check)
        return unknown if verdict is None else (EVERYTHING, NOTHING) if verdict else (NOTHING, EVERYTHING)
    return unknown


def _constants(check: Check) -> tuple[str, ...] | None:
    if isinstance(check.right, Literal):
        return (check.right.text,)
    return check.right.items if isinstance(check.right, LiteralList) else None


def _of_every_number(check: Check) -> bool | None:
    """Return what a check says of all numbers from 1 on; None when it depends on the number."""
    texts = _constants(check)
    if texts is None or not all(text.isascii() and text.isdigit() and len(text) < 20 for text in texts):
        return None
    numbers = [int(text) for text in texts]
    if check.operator in ("in", "intersects"):
        return None if any(numbers) else False
    if len(numbers) != 1:
        return None
    number = numbers[0]
    if check.operator in ("=", "==", "<="):
        return None if number else False
    if check.operator in ("!=", ">"):
        return None if number else True
    if check.operator in ("<", ">="):
        return None if number > 1 else check.operator == ">="
    return None
