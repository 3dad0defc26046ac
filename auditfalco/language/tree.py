"""The tree of a condition: frozen nodes, equal when they say the same, wherever they were written."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Callable, TypeVar, Union

from auditfalco.model.location import Location

NOWHERE = Location("", 1, 1)
Result = TypeVar("Result")


@dataclass(frozen=True)
class FieldUse:
    """``proc.aname[2]``: a field, with the text of its argument, or None without brackets."""

    name: str
    argument: str | None = None
    place: Location = field(default=NOWHERE, compare=False, repr=False)

    def __str__(self) -> str:
        """Return the field as it is written in messages."""
        return self.name if self.argument is None else f"{self.name}[{self.argument}]"


@dataclass(frozen=True)
class Literal:
    """A constant; `text` is unescaped, bytes that are not UTF-8 stand in it as surrogate escapes."""

    text: str
    place: Location = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class LiteralList:
    """``(a, "b c")``: constants; `lists` names the lists whose items were pasted here."""

    items: tuple[str, ...]
    place: Location = field(default=NOWHERE, compare=False, repr=False)
    lists: tuple[str, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class TransformList:
    """``(proc.name, "x")`` as an argument of a transformer."""

    items: tuple[Argument, ...]
    place: Location = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Transform:
    """``toupper(proc.name)``; only getopt takes an `argument` in brackets."""

    name: str
    arguments: tuple[Argument, ...]
    argument: str | None = None
    place: Location = field(default=NOWHERE, compare=False, repr=False)


Argument = Union[FieldUse, Transform, Literal, TransformList]
Operand = Union[FieldUse, Transform]
Right = Union[Literal, LiteralList, Transform]


@dataclass(frozen=True)
class Check:
    """``left operator [modifier] right``; `right` is None for ``exists`` alone."""

    left: Operand
    operator: str
    right: Right | None = None
    modifier: str = ""
    place: Location = field(default=NOWHERE, compare=False, repr=False)
    macro: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True)
class Macro:
    """The name of a macro, not yet replaced by what it stands for."""

    name: str
    place: Location = field(default=NOWHERE, compare=False, repr=False)
    macro: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True)
class Not:
    """True where its child is false."""

    child: Node
    place: Location = field(default=NOWHERE, compare=False, repr=False)
    macro: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True)
class And:
    """True where all its children are true; evaluated in order, up to the first false one."""

    children: tuple[Node, ...]
    place: Location = field(default=NOWHERE, compare=False, repr=False)
    macro: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True)
class Or:
    """True where one of its children is; evaluated in order, up to the first true one."""

    children: tuple[Node, ...]
    place: Location = field(default=NOWHERE, compare=False, repr=False)
    macro: str = field(default="", compare=False, repr=False)


# Every node has `macro`: the name of the macro that it is the whole of, or "".
Node = Union[Check, Macro, Not, And, Or]


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes right below `node`."""
    if isinstance(node, (And, Or)):
        return node.children
    if isinstance(node, Not):
        return (node.child,)
    return ()


def fold(root: Node, combine: Callable[[Node, list[Result]], Result]) -> Result:
    """Compute a value from the leaves up: `combine` gets each node with the values of its children.

    It does not recurse, so that a tree as deep as the parser allows, or macros make, needs no deep stack.
    """
    done: list[list[Result]] = [[]]
    open_nodes: list[tuple[Node, int]] = [(root, 0)]
    while open_nodes:
        node, position = open_nodes.pop()
        below = children(node)
        if position < len(below):
            if position == 0:
                done.append([])
            open_nodes += [(node, position + 1), (below[position], 0)]
            continue
        results = done.pop() if below else []
        done[-1].append(combine(node, results))
    return done[0][0]


def checks(root: Node) -> list[Check]:
    """Return every check below `root`, in the order of the text."""
    return [node for node in leaves(root) if isinstance(node, Check)]


def macros(root: Node) -> list[Macro]:
    """Return every macro's name below `root` that is not yet replaced, in the order of the text."""
    return [node for node in leaves(root) if isinstance(node, Macro)]


def leaves(root: Node) -> list[Node]:
    """Return every node below `root` that has none below it, in the order of the text."""
    found: list[Node] = []
    pending = [root]
    while pending:
        node = pending.pop()
        if not children(node):
            found.append(node)
        pending.extend(reversed(children(node)))
    return found


def fields(operand: Operand | Right | Argument | None) -> list[FieldUse]:
    """Return every field that an operand reads, in the order of the text."""
    if isinstance(operand, FieldUse):
        return [operand]
    if isinstance(operand, Transform):
        return [use for argument in operand.arguments for use in fields(argument)]
    if isinstance(operand, TransformList):
        return [use for item in operand.items for use in fields(item)]
    return []


def replace_macros(root: Node, meaning: Callable[[Macro], Node]) -> Node:
    """Return the tree with every macro's name replaced by what `meaning` gives for it, marked with that name."""

    def combine(node: Node, below: list[Node]) -> Node:
        if isinstance(node, Macro):
            return replace(meaning(node), macro=node.name)
        if isinstance(node, Not):
            return node if below[0] is node.child else replace(node, child=below[0])
        if isinstance(node, (And, Or)):
            same = all(new is old for new, old in zip(below, node.children))
            return node if same else replace(node, children=tuple(below))
        return node

    return fold(root, combine)
