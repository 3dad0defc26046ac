"""Tree to text, and tree to JSON."""

from __future__ import annotations

from typing import Any, Callable

from auditfalco.language.escaping import SHORT_ESCAPES, always_quote, quote
from auditfalco.language.grammar import ARGUMENT
from auditfalco.language.tree import (
    And,
    Argument,
    Check,
    FieldUse,
    Literal,
    LiteralList,
    Macro,
    Node,
    Not,
    Right,
    TransformList,
    fold,
)


def text(root: Node) -> str:
    """Return the tree in its normal form: a text that parses to an equal tree."""
    return fold(root, _Style(quote, always_quote, _quote_argument, twice=True).node)


def falco_text(root: Node) -> str:
    """Return the tree as Falco prints it in ``condition_compiled``.

    Falco quotes a value only for blanks, ``=``, quotes, backslashes and control characters, and never writes the
    parentheses of ``not (not a)``, so this text does not always parse back; :func:`text` does.
    """
    return fold(root, _Style(_falco_quote, _falco_quote, _falco_quote_argument, twice=False).node)


def operand_text(operand: Argument | Right) -> str:
    """Return an operand alone in normal form."""
    return _Style(quote, always_quote, _quote_argument, twice=True).operand(operand)


def falco_operand_text(operand: Argument | Right) -> str:
    """Return an operand alone as Falco prints it, for instance as a key of ``output_fields``."""
    return _Style(_falco_quote, _falco_quote, _falco_quote_argument, twice=False).operand(operand)


class _Style:
    """How one of the two printers writes what they write differently."""

    def __init__(
        self,
        value: Callable[[str], str],
        inner: Callable[[str], str],
        argument: Callable[[str], str],
        twice: bool,
    ) -> None:
        self.value = value  # a constant to compare with
        self.inner = inner  # a constant inside a transformer
        self.argument = argument  # what stands in brackets
        self.twice = twice  # whether a "not" right under a "not" gets parentheses

    def node(self, node: Node, below: list[str]) -> str:
        if isinstance(node, Check):
            return self.check(node)
        if isinstance(node, Macro):
            return node.name
        if isinstance(node, Not):
            apart = self.twice and isinstance(node.child, Not)
            return f"not ({below[0]})" if apart else f"not {below[0]}"
        word = " and " if isinstance(node, And) else " or "
        return f"({word.join(below)})"

    def check(self, check: Check) -> str:
        words = [self.operand(check.left), check.operator]
        if check.modifier:
            words.append(check.modifier)
        if check.right is not None:
            words.append(self.operand(check.right))
        return " ".join(words)

    def operand(self, operand: Argument | Right) -> str:
        if isinstance(operand, Literal):
            return self.value(operand.text)
        if isinstance(operand, LiteralList):
            return "({})".format(", ".join(self.value(item) for item in operand.items))
        if isinstance(operand, FieldUse):
            return operand.name + self.brackets(operand.argument)
        if isinstance(operand, TransformList):
            return "({})".format(",".join(self.part(item) for item in operand.items))
        arguments = ",".join(self.part(argument) for argument in operand.arguments)
        return f"{operand.name}({arguments}){self.brackets(operand.argument)}"

    def part(self, argument: Argument) -> str:
        return self.inner(argument.text) if isinstance(argument, Literal) else self.operand(argument)

    def brackets(self, argument: str | None) -> str:
        return "" if argument is None else f"[{self.argument(argument)}]"


def tree_json(root: Node) -> Any:
    """Return the tree in JSON's types.

    ``{"and": […]}``, ``{"or": […]}``, ``{"not": …}``, ``{"macro": name}``, and ``{"left": …, "op": …, "right"?: …}``
    with the operands ``{"field", "arg"?}``, ``{"transformer", "args", "arg"?}``, ``{"value"}``, ``{"list"}`` and,
    inside a transformer, ``{"tlist"}``. An operator with a modifier is one string, ``"= oneof"``.
    """
    return fold(root, _node_json)


def _node_json(node: Node, below: list[Any]) -> Any:
    if isinstance(node, Check):
        return check_json(node)
    if isinstance(node, Macro):
        return {"macro": node.name}
    if isinstance(node, Not):
        return {"not": below[0]}
    return {"and" if isinstance(node, And) else "or": below}


def check_json(check: Check) -> dict[str, Any]:
    """Return one check in JSON's types; see :func:`tree_json`."""
    result: dict[str, Any] = {
        "left": _operand_json(check.left),
        "op": f"{check.operator} {check.modifier}" if check.modifier else check.operator,
    }
    if check.right is not None:
        result["right"] = _operand_json(check.right)
    return result


def _operand_json(operand: Argument | Right) -> dict[str, Any]:
    if isinstance(operand, Literal):
        return {"value": operand.text}
    if isinstance(operand, LiteralList):
        return {"list": list(operand.items)}
    if isinstance(operand, TransformList):
        return {"tlist": [_operand_json(item) for item in operand.items]}
    result: dict[str, Any]
    if isinstance(operand, FieldUse):
        result = {"field": operand.name}
    else:
        result = {"transformer": operand.name, "args": [_operand_json(argument) for argument in operand.arguments]}
    if operand.argument is not None:
        result["arg"] = operand.argument
    return result


def _quote_argument(argument: str) -> str:
    return argument if ARGUMENT.fullmatch(argument) else always_quote(argument)


def _falco_quote(value: str) -> str:
    if not any(character <= " " or character in "=\"'\\\x7f" for character in value):
        return value
    return '"{}"'.format("".join(SHORT_ESCAPES.get(character, character) for character in value))


def _falco_quote_argument(argument: str) -> str:
    return _falco_quote(argument) or '""'
