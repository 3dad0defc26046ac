"""What checks of who calls prove: user and group ids, and that it is in a container.

A record shows the ids as they are when the call ends, which is when the kernel's filter looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from auditfalco.coverage.constraints import ANYTHING, Compared, Constraint, Contained, Ways
from auditfalco.coverage.question import Question
from auditfalco.coverage.way_sets import any_of, one_way
from auditfalco.fields.of_user import UNKNOWN
from auditfalco.model.container import HOST

UNSET = 0xFFFFFFFF
"""The login uid of who has none, as the kernel compares it; in conditions it is -1."""

MOST_RANGES = 16

_ON_HOST: dict[str, str | None] = {
    **dict.fromkeys(("container.id", "container.full_id", "container.name", "container.type"), HOST.id),
    **{f"container.image{part}": "" for part in ("", ".id", ".repository", ".tag", ".digest")},
    **dict.fromkeys(("k8s.pod.name", "k8s.ns.name", "k8s.pod.id", "k8s.pod.uid", "k8s.pod.sandbox_id"), None),
}
"""What the fields of containers are for processes of the host; None where absent."""

_KERNEL_FIELDS = {"user.uid": "euid", "group.gid": "egid", "user.loginuid": "auid"}


def proof(asked: Question) -> Ways | None:
    """The ways in which a check of the caller is true; None of another field."""
    field = asked.field.name
    if field in _KERNEL_FIELDS:
        return _ids(asked, _KERNEL_FIELDS[field])
    if field == "user.loginname":
        return ANYTHING if asked.holds(UNKNOWN) else one_way(Compared("auid", "!=", UNSET))
    if field in _ON_HOST:
        return ANYTHING if asked.holds(_ON_HOST[field]) else one_way(Contained())
    return None


def _ids(asked: Question, field: str) -> Ways:
    """The ways in which an id fulfils a check; every number is one, and the highest stands for none."""
    unset = -1 if field == "auid" else UNSET
    edges = sorted({0, UNSET, *(edge for number in asked.numbers for edge in _edges(number, unset))})
    stretches = [(edge, following - 1) for edge, following in zip(edges, [*edges[1:], UNSET + 1])]
    answers = ((asked.holds(unset if first == UNSET else first), first, last) for first, last in stretches)
    ranges = []
    for holds, alike in groupby(answers, key=lambda answer: answer[0]):
        parts = list(alike)
        if holds:
            ranges.append((parts[0][1], parts[-1][2]))
    if len(ranges) == 2 and (ranges[0][0], ranges[1]) == (0, (ranges[0][1] + 2, UNSET)):
        return one_way(Compared(field, "!=", ranges[0][1] + 1))
    if len(ranges) > MOST_RANGES:
        ranges = [(ranges[0][0], ranges[-1][1])]
    return any_of(one_way(*_within(field, first, last)) for first, last in ranges)


def _edges(number: int, unset: int) -> Sequence[int]:
    """Where answers may change: at a constant, and behind it."""
    place = UNSET if number == unset else number
    return [edge for edge in (place, place + 1) if 0 <= edge <= UNSET]


def _within(field: str, first: int, last: int) -> list[Constraint]:
    if first == last:
        return [Compared(field, "=", first)]
    above: list[Constraint] = [Compared(field, ">=", first)] if first else []
    if last == UNSET:
        return above
    return [*above, Compared(field, "!=", UNSET) if last == UNSET - 1 else Compared(field, "<=", last)]
