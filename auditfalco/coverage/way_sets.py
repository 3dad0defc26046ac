"""Ways put together: all of several parts, any of several choices.

What is found is kept small: ways that contradict themselves are dropped, and those that others cover. Where there are
too many, they are made wider, never fewer.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterable
from typing import Callable

from auditfalco.coverage.constraints import (
    ANYTHING,
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
    Way,
    Ways,
)

MOST_WAYS = 64
MOST_CONSTRAINTS = 8

_COMPARED_CLOSELY = 256
"""With more ways only those are found covered that hold another one whole."""

_MANY = 4
"""With so many times the ways that are wanted all names are made wider at once."""

_AT_ONCE = 1024
"""Combinations that are looked at; with more, the parts are made wider first."""

_WORTH: tuple[type, ...] = (Named, Below, Register, Exited, Compared, Family, Contained, Access, Succeeded)
"""Kinds of constraints, those that leave the fewest events first."""

_HOLDS: dict[str, Callable[[int, int], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def one_way(*constraints: Constraint) -> Ways:
    """The ways that are but one."""
    return frozenset({frozenset(constraints)})


def any_of(choices: Iterable[Ways]) -> Ways:
    """The ways of whichever is taken."""
    return _bounded(frozenset(way for choice in choices for way in choice), MOST_WAYS)


def all_of(parts: Iterable[Ways]) -> Ways:
    """The ways in which all parts are fulfilled."""
    result = ANYTHING
    for part in sorted(set(parts) - {ANYTHING}, key=len):
        few = MOST_WAYS
        while len(result) * len(part) > _AT_ONCE:
            few //= 2
            result, part = _bounded(result, few), _bounded(part, few)
        joined = (_consistent(one | other) for one in result for other in part)
        result = _bounded(frozenset(way for way in joined if way is not None), MOST_WAYS)
    return result


def _consistent(way: Way) -> Way | None:
    """A way without what its other constraints imply, the most telling ones; None if no call can fulfil all of it."""
    if any(_exclude(one, other) for one in way for other in way if one != other):
        return None
    needed = [one for one in way if not any(_implies(other, one) for other in way if other != one)]
    if len(needed) > MOST_CONSTRAINTS:
        needed = sorted(needed, key=_worth)[:MOST_CONSTRAINTS]
    return frozenset(needed)


def _worth(constraint: Constraint) -> tuple[int, str]:
    return _WORTH.index(type(constraint)), repr(constraint)


def _exclude(one: Constraint, other: Constraint) -> bool:
    """Whether two constraints never hold of one call; not the other way round for some."""
    if isinstance(one, (Succeeded, Family)) and type(one) is type(other):
        return True
    if isinstance(one, Exited):
        return isinstance(other, Exited) or (isinstance(other, Succeeded) and other.success != (one.value >= 0))
    if isinstance(one, Register) and isinstance(other, Register) and one.index == other.index and one.op == "=":
        return one.value != other.value if other.op == "=" else not one.value & other.value
    if isinstance(one, Compared) and isinstance(other, Compared) and one.field == other.field and one.op == "=":
        return not _HOLDS[other.op](one.value, other.value)
    return False


def _implies(one: Constraint, other: Constraint) -> bool:
    """Whether a call that fulfils a constraint fulfils another one, which is not the same."""
    if isinstance(other, Below):
        inner = one.directory if isinstance(one, Below) else one.path if isinstance(one, Named) else ""
        return inner.startswith(f"{other.directory}/")
    if isinstance(one, Exited):
        return isinstance(other, Succeeded) and other.success == (one.value >= 0)
    if isinstance(one, Register) and isinstance(other, Register) and one.index == other.index and one.op == "=":
        return other.op == "&" and bool(one.value & other.value)
    if isinstance(one, Compared) and isinstance(other, Compared) and one.field == other.field and one.op == "=":
        return _HOLDS[other.op](one.value, other.value)
    return False


def _bounded(found: Ways, most: int) -> Ways:
    """The same ways without those that others cover, made wider until they are few enough."""
    fewest = _uncovered(found)
    while len(fewest) > most:
        directories = _next_directories(fewest, len(fewest) > _MANY * most)
        if not directories:
            return _by_what_tells_most(fewest, most)
        fewest = _uncovered(frozenset(_below(way, directories) for way in fewest))
    return fewest


def _uncovered(found: Ways) -> Ways:
    """The ways that no other one covers, whose constraints are all among theirs or follow from them."""
    if frozenset() in found:
        return ANYTHING
    shortest: list[Way] = []
    for way in sorted(found, key=len):
        if not any(other <= way for other in shortest):
            shortest.append(way)
    if len(shortest) > _COMPARED_CLOSELY:
        return frozenset(shortest)
    return frozenset(way for way in shortest if not any(other != way and _covers(other, way) for other in shortest))


def _covers(wider: Way, way: Way) -> bool:
    return all(one in way or any(_asks_within(other, one) for other in way) for one in wider)


def _asks_within(one: Constraint, other: Constraint) -> bool:
    """Whether asking for one of two constraints asks for what the other lets pass, too.

    A file that is named is not asked for with a directory: a hard link takes it out of there, and its inode stays.
    """
    return _implies(one, other) and not (isinstance(one, Named) and isinstance(other, Below))


def _next_directories(found: Ways, many: bool) -> frozenset[str]:
    """Directories to put in the place of the names in them: the one with the most of them, or all of the deepest.

    The root is none: that a name is below it says nothing.
    """
    above = Counter(parent for way in found for parent in {_parent(one) for one in way} if parent is not None)
    del above["/"]
    if not above:
        return frozenset()
    if many:
        deepest = max(parent.count("/") for parent in above)
        return frozenset(parent for parent in above if parent.count("/") == deepest)
    return frozenset({max(above, key=lambda parent: (above[parent], parent.count("/"), parent))})


def _below(way: Way, directories: frozenset[str]) -> Way:
    return frozenset(Below(parent) if (parent := _parent(one)) in directories and parent else one for one in way)


def _parent(constraint: Constraint) -> str | None:
    if isinstance(constraint, Named):
        return constraint.path.rpartition("/")[0] or "/"
    return (constraint.directory.rpartition("/")[0] or "/") if isinstance(constraint, Below) else None


def _by_what_tells_most(found: Ways, most: int) -> Ways:
    """For each constraint that is the most telling of its way, what all such ways have in common."""
    groups: dict[Constraint, list[Way]] = {}
    for way in found:
        groups.setdefault(min(way, key=_worth), []).append(way)
    merged = _uncovered(frozenset(frozenset.intersection(*ways) for ways in groups.values()))
    return merged if len(merged) <= most else frozenset({frozenset.intersection(*merged)})
