"""What a condition is made of: the names in it, each once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from auditfalco.language.tree import (
    Argument,
    Check,
    Literal,
    LiteralList,
    Node,
    Right,
    Transform,
    TransformList,
    checks,
    fields,
    macros,
)

_OF_LISTS = frozenset({"in", "intersects", "pmatch"})


@dataclass(frozen=True)
class ConditionDetails:
    """The names that a condition uses.

    Attributes:
        fields: of fields, without arguments.
        operators: of operators, each with its modifier.
        transformers: of transformers.
        macros: of the macros among those known.
        lists: of the lists among those known, which stand where a list may.
    """

    fields: frozenset[str]
    operators: frozenset[str]
    transformers: frozenset[str]
    macros: frozenset[str]
    lists: frozenset[str]


def details(root: Node, known_macros: Collection[str] = (), known_lists: Collection[str] = ()) -> ConditionDetails:
    """What a condition uses, its macros as they stand there and its lists not yet put in."""
    found = checks(root)
    sides = [side for check in found for side in (check.left, check.right)]
    return ConditionDetails(
        frozenset(use.name for side in sides for use in fields(side)),
        frozenset(operator_of(check) for check in found),
        frozenset(name for side in sides for name in _transformers(side)),
        frozenset(macro.name for macro in macros(root)).intersection(known_macros),
        frozenset(item for check in found for item in _list_items(check)).intersection(known_lists),
    )


def operator_of(check: Check) -> str:
    """A check's operator, with its modifier behind it."""
    return f"{check.operator} {check.modifier}" if check.modifier else check.operator


def _list_items(check: Check) -> tuple[str, ...]:
    if check.operator not in _OF_LISTS and not check.modifier:
        return ()
    if isinstance(check.right, LiteralList):
        return check.right.items
    return (check.right.text,) if isinstance(check.right, Literal) else ()


def _transformers(operand: Argument | Right | None) -> list[str]:
    """The names of the transformers in an operand, the outermost first."""
    if isinstance(operand, Transform):
        return [operand.name, *(name for inner in operand.arguments for name in _transformers(inner))]
    if isinstance(operand, TransformList):
        return [name for inner in operand.items for name in _transformers(inner)]
    return []
