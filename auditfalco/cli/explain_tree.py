"""Trees of conditions, drawn for people: with colours on a terminal, plain anywhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Callable, TypeVar

from auditfalco.cli.terminal import shown
from auditfalco.engine.values import text_value
from auditfalco.engine.walk import Finding
from auditfalco.language.operands import TypedOperand
from auditfalco.language.printer import text
from auditfalco.language.tree import And, Check, LiteralList, Macro, Node, Not, children
from auditfalco.language.types import Value
from auditfalco.text import escape

Branch = TypeVar("Branch")

_STYLES = {True: "green", False: "red", None: ""}
_MARKS = {True: "true ", False: "false", None: ""}


@dataclass(frozen=True)
class Line:
    """One line of a drawing: a node's answer, if there is an event to ask, and what it says."""

    result: bool | None
    text: str


def tree_lines(root: Node) -> list[Line]:
    """A condition, a line for each node."""
    return [Line(None, prefix + _label(node)) for prefix, node in _drawn(root, children)]


def finding_lines(root: Finding) -> list[Line]:
    """What every node of a condition said of an event, a line for each."""
    return [
        Line(finding.result, prefix + _label(finding.node) + _values(finding))
        for prefix, finding in _drawn(root, lambda finding: finding.below)
    ]


def _drawn(root: Branch, below: Callable[[Branch], Sequence[Branch]]) -> Iterator[tuple[str, Branch]]:
    """Every node of a tree from the top down, with the lines that lead to it; nothing recurses."""
    pending = [("", "", root)]
    while pending:
        own, beneath, node = pending.pop()
        yield own, node
        under = below(node)
        for number in range(len(under) - 1, -1, -1):
            last = number == len(under) - 1
            pending.append((beneath + ("└─ " if last else "├─ "), beneath + ("   " if last else "│  "), under[number]))


def _label(node: Node) -> str:
    if isinstance(node, (Check, Macro)):
        label = shown(text(node))
    elif isinstance(node, Not):
        label = "not"
    else:
        label = "and" if isinstance(node, And) else "or"
    notes = [f"macro {node.macro}"] if node.macro else []
    if isinstance(node, Check) and isinstance(node.right, LiteralList):
        notes += [f"list {name}" for name in node.right.lists]
    return f"{label}  [{', '.join(notes)}]" if notes else label


def _values(finding: Finding) -> str:
    """What the fields of a check were."""
    node = finding.node
    if not isinstance(node, Check) or finding.left_operand is None:
        return ""
    said = f"   — {_value(finding.left_operand, finding.left)}"
    if finding.right_operand is not None and finding.right_operand.constant is None:
        said += f", {_value(finding.right_operand, finding.right)}"
    return said


def _value(operand: TypedOperand, value: Value) -> str:
    if value is None:
        return "absent"
    return f'"{escape(text_value(value, operand.type, operand.shape))}"'


def print_lines(lines: Iterable[Line]) -> None:
    """Print a drawing: in colour if a person looks on and does not mind."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        for line in lines:
            print(f"{_MARKS[line.result]}  {line.text}" if line.result is not None else line.text)
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for line in lines:
        style = _STYLES[line.result]
        mark = f"{_MARKS[line.result]}  " if line.result is not None else ""
        console.print(Text.assemble((mark, style), line.text))
