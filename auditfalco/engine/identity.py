"""Checks of things that have more than one name (model.names).

A check that must hold for an alert holds if any name fits. One that, by a "not" above it, must fail for an alert holds
only if every name fits that whoever spelled it may have chosen: `not fd.name in (…)` is not bought with a link. So an
answer depends on whether the check stands under an odd number of "not".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from auditfalco.language.operands import Bind, Evaluate, Getter
from auditfalco.language.tree import Check, FieldUse, Literal, LiteralList, Node, checks, fields
from auditfalco.language.typecheck import TypedCheck, typed_check
from auditfalco.language.types import Resolver, Shape
from auditfalco.model.names import Names

MODES = ("falco", "detect", "strict")
"""How checks see names: the printed one alone, as Falco; all of them; or all, and none is trusted."""

DETECT = "detect"

PROGRAM_FIELDS = frozenset({"proc.name", "proc.pname", "proc.aname", "proc.sname", "proc.pgid.name", "proc.vpgid.name"})
"""Those of NAMED_FIELDS that are names of programs."""

NAMED_FIELDS = PROGRAM_FIELDS | frozenset(
    {
        "fd.name",
        "fd.directory",
        "fd.filename",
        "fs.path.name",
        "fs.path.source",
        "fs.path.target",
        "evt.abspath",
        "evt.abspath.src",
        "evt.abspath.dst",
    }
)
"""The fields whose values may be `Names`."""


def evaluator(
    check: Check, resolve: Resolver, bind: Bind, negated: bool, mode: str = DETECT
) -> tuple[TypedCheck, Evaluate]:
    """Return a check with its types and the function that answers it.

    Args:
        negated: whether the check stands under an odd number of "not".
        mode: one of MODES.

    Raises:
        ConditionTypeError: as `typed_check`.
    """
    typed = typed_check(check, resolve)
    use = named_field(check)
    if use is None or mode == MODES[0]:
        return typed, typed.build(bind)
    field = resolve(use.name, use.argument)
    over = _over_ancestors if field.shape is Shape.ANCESTORS else _over_names
    return typed, over(typed, bind(field), negated, _all if mode == "strict" else _chosen)


def named_field(check: Check) -> FieldUse | None:
    """The one field that a check looks at when that is one of NAMED_FIELDS, else None."""
    uses = [use for side in (check.left, check.right) for use in fields(side)]
    return uses[0] if len(uses) == 1 and uses[0].name in NAMED_FIELDS else None


def _all(names: Names) -> tuple[str, ...]:
    return names.all


def _chosen(names: Names) -> tuple[str, ...]:
    return names.chosen


def _over_names(typed: TypedCheck, get: Getter, negated: bool, weighed: Callable[[Names], tuple[str, ...]]) -> Evaluate:
    of_name = typed.build(lambda ref: lambda name: name)  # the same check of one name, given in the event's place

    def answer(event: Any) -> bool:
        value = get(event)
        if type(value) is not Names:
            return of_name(value)
        if negated:
            return all(of_name(name) for name in weighed(value))
        return any(of_name(name) for name in value.all)

    return answer


def _over_ancestors(
    typed: TypedCheck, get: Getter, negated: bool, weighed: Callable[[Names], tuple[str, ...]]
) -> Evaluate:
    """As `_over_names`, for a field that has a name for each ancestor and asks whether one of them fits."""
    of_names = typed.build(lambda ref: lambda names: names)

    def answer(event: Any) -> bool:
        value = get(event)
        if not isinstance(value, tuple) or all(type(name) is not Names for name in value):
            return of_names(value)
        if negated:
            return any(
                all(of_names((one,)) for one in (weighed(name) if type(name) is Names else (name,))) for name in value
            )
        return of_names(tuple(one for name in value for one in (name.all if type(name) is Names else (name,))))

    return answer


def named_files(conditions: Iterable[Node]) -> list[str]:
    """The absolute paths that conditions compare names of files with, each once, in order."""
    texts = _compared(conditions, NAMED_FIELDS - PROGRAM_FIELDS)
    return [text for text in texts if len(text) > 1 and text.startswith("/")]


def named_programs(conditions: Iterable[Node]) -> list[str]:
    """The names that conditions compare names of programs with, each once, in order."""
    return [text for text in _compared(conditions, PROGRAM_FIELDS) if text and "/" not in text]


def _compared(conditions: Iterable[Node], fields_asked: frozenset[str]) -> list[str]:
    """The constants that some fields are compared with."""
    found: dict[str, None] = {}
    for root in conditions:
        for check in checks(root):
            use = named_field(check)
            if use is not None and use.name in fields_asked:
                right = check.right
                texts = right.items if isinstance(right, LiteralList) else ()
                if isinstance(right, Literal):
                    texts = (right.text,)
                found.update(dict.fromkeys(texts))
    return list(found)
