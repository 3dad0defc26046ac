"""Checks of things that have more than one name (model.names).

A check that must hold for an alert holds if any name fits. One that, by a "not" above it, must fail for an alert holds
only if every name fits that whoever spelled it may have chosen: `not fd.name in (…)` is not bought with a link. So an
answer depends on whether the check stands under an odd number of "not".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from auditfalco.language.operands import Bind, Evaluate, Getter
from auditfalco.language.tree import Check, FieldUse, Literal, LiteralList, Node, checks, fields
from auditfalco.language.typecheck import TypedCheck, typed_check
from auditfalco.language.types import Resolver
from auditfalco.model.names import Names

NAMED_FIELDS = frozenset(
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


def evaluator(check: Check, resolve: Resolver, bind: Bind, negated: bool) -> tuple[TypedCheck, Evaluate]:
    """Return a check with its types and the function that answers it.

    Args:
        negated: whether the check stands under an odd number of "not".

    Raises:
        ConditionTypeError: as `typed_check`.
    """
    typed = typed_check(check, resolve)
    use = named_field(check)
    if use is None:
        return typed, typed.build(bind)
    return typed, _over_names(typed, bind(resolve(use.name, use.argument)), negated)


def named_field(check: Check) -> FieldUse | None:
    """The one field that a check looks at when that is one of NAMED_FIELDS, else None."""
    uses = [use for side in (check.left, check.right) for use in fields(side)]
    return uses[0] if len(uses) == 1 and uses[0].name in NAMED_FIELDS else None


def _over_names(typed: TypedCheck, get: Getter, negated: bool) -> Evaluate:
    of_name = typed.build(lambda ref: lambda name: name)  # the same check of one name, given in the event's place

    def answer(event: Any) -> bool:
        value = get(event)
        if type(value) is not Names:
            return of_name(value)
        if negated:
            return all(of_name(name) for name in value.chosen)
        return any(of_name(name) for name in value.all)

    return answer


def named_files(conditions: Iterable[Node]) -> list[str]:
    """The absolute paths that conditions compare NAMED_FIELDS with, each once, in order."""
    found: dict[str, None] = {}
    for root in conditions:
        for check in checks(root):
            if named_field(check) is not None:
                right = check.right
                texts = right.items if isinstance(right, LiteralList) else ()
                if isinstance(right, Literal):
                    texts = (right.text,)
                found.update(dict.fromkeys(text for text in texts if len(text) > 1 and text.startswith("/")))
    return list(found)
