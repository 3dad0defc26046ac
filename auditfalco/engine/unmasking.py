"""Why a rule holds for an event for which, by printed names alone, it would not."""

from __future__ import annotations

from typing import Any

from auditfalco.engine.compile import Compiler
from auditfalco.engine.identity import evaluator, named_field
from auditfalco.engine.times import binding_texts
from auditfalco.language.operands import Bind, Evaluate, Getter
from auditfalco.language.tree import Check, Node, Not, children
from auditfalco.language.types import Resolver
from auditfalco.model.names import Names

PRINTED = "falco"
"""The mode of engine.identity that looks at printed names alone."""


class Unmasking:
    """Finds the names that made one condition hold.

    Args:
        condition: the rule's.
        bind: gives the function that reads a field from an event.
        resolve: knows the fields.
        mode: how the engine sees names, one of identity.MODES.
    """

    def __init__(self, condition: Node, bind: Bind, resolve: Resolver, mode: str) -> None:
        self._plain = None if mode == PRINTED else Compiler(bind, resolve, PRINTED).compile(condition)
        self._checks: list[tuple[str, Getter, Evaluate, Evaluate]] = []
        texts = binding_texts(bind)
        for check, negated in _named_checks(condition):
            use = named_field(check)
            if use is not None and self._plain is not None:
                _, plain = evaluator(check, resolve, texts, negated, PRINTED)
                _, seen = evaluator(check, resolve, texts, negated, mode)
                self._checks.append((str(use), texts(resolve(use.name, use.argument)), plain, seen))

    def names(self, event: Any) -> str:
        """The other names that made the condition hold, as ``field=name,…`` for each field; "" where none did."""
        if not self._checks or self._plain is None or self._plain.holds(event):
            return ""
        told: dict[str, None] = {}
        for field, get, plain, seen in self._checks:
            if plain(event) is not seen(event):
                value = get(event)
                values = value if isinstance(value, tuple) else (value,)
                others = [other for one in values if type(one) is Names for other in one.all[1:]]
                told[f"{field}={','.join(others)}"] = None
        return " ".join(told)


def _named_checks(root: Node) -> list[tuple[Check, bool]]:
    """The checks of names, with whether each stands under an odd number of "not"; each once."""
    found: dict[tuple[Check, bool], None] = {}
    pending = [(root, False)]
    while pending:
        node, negated = pending.pop()
        if isinstance(node, Check):
            if named_field(node) is not None:
                found[node, negated] = None
        else:
            below = negated is not isinstance(node, Not)
            pending.extend((child, below) for child in reversed(children(node)))
    return list(found)
