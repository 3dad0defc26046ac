"""Walking a condition's tree for one event: what conditions mean, and why an answer is what it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from auditfalco.engine.identity import DETECT, evaluator, named_field
from auditfalco.engine.times import binding_texts
from auditfalco.engine.values import json_value
from auditfalco.language.operands import Bind, TypedOperand
from auditfalco.language.printer import check_json
from auditfalco.language.tree import And, Check, Macro, Node, Not, fold
from auditfalco.language.types import Resolver, Value


@dataclass(frozen=True)
class Finding:
    """What a node said of an event.

    Attributes:
        node: the node; its `macro` names the macro it was, if it was one.
        result: its answer.
        left: for a check, the value of its left side; None is absent.
        right: for a check against a field or transformer, the value of its right side.
        below: the findings of its children.
    """

    node: Node
    result: bool
    left: Value = None
    right: Value = None
    left_operand: TypedOperand | None = None
    right_operand: TypedOperand | None = None
    below: tuple[Finding, ...] = ()


def explain(root: Node, event: Any, bind: Bind, resolve: Resolver, mode: str = DETECT) -> Finding:
    """Answer a condition node by node, without stopping early.

    A check of a thing with several names answers differently under a "not" (engine.identity), and a macro may stand in
    both places. So each node is answered for both, and the one above takes what it needs.

    Raises:
        ConditionTypeError: a check asks what cannot be asked.
    """
    text_bind = binding_texts(bind)

    def find(node: Node, below: list[_Both]) -> _Both:
        if isinstance(node, Check):
            return _check(node, event, text_bind, resolve, mode)
        if isinstance(node, Macro):
            raise ValueError(f"macro {node.name} was not put in")
        if isinstance(node, Not):
            below = [_Both(child.negated, child.plain) for child in below]
        plain = _combined(node, [child.plain for child in below])
        same = all(child.plain is child.negated for child in below)
        return _Both(plain, plain if same else _combined(node, [child.negated for child in below]))

    return fold(root, find).plain


class _Both(NamedTuple):
    """What a node says where it must hold, and where it stands under an odd number of "not"; mostly the same."""

    plain: Finding
    negated: Finding


def _combined(node: Node, below: list[Finding]) -> Finding:
    results = [finding.result for finding in below]
    if isinstance(node, Not):
        result = not results[0]
    else:
        result = all(results) if isinstance(node, And) else any(results)
    return Finding(node, result, below=tuple(below))


def _check(check: Check, event: Any, bind: Bind, resolve: Resolver, mode: str) -> _Both:
    typed, answer = evaluator(check, resolve, bind, False, mode)
    left = typed.left.getter(bind)(event)
    right = typed.right.getter(bind)(event) if typed.right is not None else None
    plain = Finding(check, answer(event), left, right, typed.left, typed.right)
    if named_field(check) is None:
        return _Both(plain, plain)
    _, negated = evaluator(check, resolve, bind, True, mode)
    return _Both(plain, replace(plain, result=negated(event)))


def finding_json(root: Finding) -> dict[str, Any]:
    """Return findings as the condition's JSON tree, with ``result``, ``value`` and ``macro`` added to its nodes."""
    done: dict[int, dict[str, Any]] = {}
    pending = [(root, False)]
    while pending:
        finding, below_done = pending.pop()
        if below_done or not finding.below:
            done[id(finding)] = _node_json(finding, [done[id(below)] for below in finding.below])
        else:
            pending.append((finding, True))
            pending.extend((below, False) for below in finding.below)
    return done[id(root)]


def _node_json(finding: Finding, below: list[dict[str, Any]]) -> dict[str, Any]:
    node = finding.node
    result: dict[str, Any]
    if isinstance(node, Check):
        result = check_json(node)
        result["value"] = _value(finding.left, finding.left_operand)
        if finding.right_operand is not None:
            result["right_value"] = _value(finding.right, finding.right_operand)
    elif isinstance(node, Not):
        result = {"not": below[0]}
    else:
        result = {"and" if isinstance(node, And) else "or": below}
    result["result"] = finding.result
    if node.macro:
        result["macro"] = node.macro
    return result


def _value(value: Value, operand: TypedOperand | None) -> Any:
    return None if operand is None else json_value(value, operand.type)
