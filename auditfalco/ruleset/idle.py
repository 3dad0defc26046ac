"""Parts of rules that do nothing: rules never reached, exceptions that never match."""

from __future__ import annotations

from collections.abc import Iterator

from auditfalco.language.tree import And, Check, FieldUse, Literal, LiteralList, Node, Not
from auditfalco.ruleset.rule import Rule, Ruleset
from auditfalco.ruleset.traps import Trap


def unreached_rules(ruleset: Ruleset) -> Iterator[Trap]:
    """Rules behind one that holds whenever they do, so that with `rule_matching: first` they never fire."""
    before: list[tuple[Rule, frozenset[Node]]] = []
    for rule in ruleset.rules:
        if not rule.enabled:
            continue
        asked = frozenset(_conjuncts(rule.condition))
        for earlier, fewer in before:
            if earlier.source == rule.source and fewer <= asked:
                message = f"rule {rule.name!r} is never reached: {earlier.name!r} holds whenever it does"
                yield Trap("never-reached", message, "put it first, or set rule_matching to all", rule.location)
                break
        before.append((rule, asked))


def _conjuncts(root: Node) -> list[Node]:
    """What must hold together for a condition to hold."""
    if isinstance(root, And):
        return [each for child in root.children for each in _conjuncts(child)]
    return [root]


def idle_exceptions(ruleset: Ruleset) -> Iterator[Trap]:
    """Exclusions of values that the rest of their rule rules out anyway."""
    for rule in ruleset.rules:
        asked = _conjuncts(rule.condition)
        allowed = {key: values for key, values in map(_equality, asked) if key}
        for node in asked:
            if not isinstance(node, Not):
                continue
            for check in _conjuncts(node.child):
                key, values = _equality(check)
                if key in allowed and isinstance(check, Check) and not values & allowed[key]:
                    message = f"it excludes {key} {_listed(values)}, which the rule {rule.name!r} never lets through"
                    yield Trap("exception-never-matches", message, "take it out, or correct the value", check.place)


def _equality(node: Node) -> tuple[str, frozenset[str]]:
    """The field that a check wants to be one of some constants, and those; "" where it wants something else."""
    if not isinstance(node, Check) or not isinstance(node.left, FieldUse) or node.modifier:
        return "", frozenset()
    if node.operator in ("=", "==") and isinstance(node.right, Literal):
        return str(node.left), frozenset([node.right.text])
    if node.operator == "in" and isinstance(node.right, LiteralList) and node.right.items:
        return str(node.left), frozenset(node.right.items)
    return "", frozenset()


def _listed(values: frozenset[str]) -> str:
    shown = sorted(values)
    return f"({', '.join(shown[:3])}{', …' if len(shown) > 3 else ''})"
