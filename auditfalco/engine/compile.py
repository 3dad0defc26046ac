"""Conditions as chains of tests.

A condition becomes a list of tests, each with the position to go on at when it is true and when it is false, so that
"and", "or" and "not" cost nothing and the deepest condition needs no stack. What a condition means is defined by
:mod:`auditfalco.engine.walk`; this is the same, fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from auditfalco.engine.identity import DETECT, evaluator, named_field
from auditfalco.engine.times import binding_texts
from auditfalco.language.operands import Bind, Evaluate
from auditfalco.language.tree import And, Check, Macro, Node, Not, children
from auditfalco.language.types import Resolver

_TRUE = -1
_FALSE = -2


class Compiler:
    """Compiles conditions; checks that occur in several of them are bound once."""

    def __init__(self, bind: Bind, resolve: Resolver, mode: str = DETECT) -> None:
        """Make a compiler.

        Args:
            bind: gives the function that reads a field from an event.
            resolve: knows the fields.
            mode: how names are seen, one of identity.MODES.
        """
        self._mode = mode
        self._bind = binding_texts(bind)
        self._resolve = resolve
        self._tests: dict[tuple[Check, bool], Evaluate] = {}

    def compile(self, root: Node) -> Chain:
        """Return a condition as a chain.

        Raises:
            ConditionTypeError: a check asks what cannot be asked.
        """
        builder = _Builder(self)
        entry = builder.add(root)
        return Chain(tuple(builder.steps), entry)

    def test(self, check: Check, negated: bool) -> Evaluate:
        """Return the function that answers a check; `negated` where it stands under an odd number of "not"."""
        key = (check, negated and named_field(check) is not None)
        test = self._tests.get(key)
        if test is None:
            _, test = evaluator(check, self._resolve, self._bind, negated, self._mode)
            self._tests[key] = test
        return test


@dataclass(frozen=True)
class Chain:
    """A condition: `steps` are (test, where to go on if true, where if false), `entry` is where to begin."""

    steps: tuple[tuple[Evaluate, int, int], ...]
    entry: int

    def holds(self, event: Any) -> bool:
        """Tell whether an event fulfils the condition."""
        steps = self.steps
        position = self.entry
        while position >= 0:
            test, if_true, if_false = steps[position]
            position = if_true if test(event) else if_false
        return position == _TRUE


@dataclass
class _Frame:
    """A node on its way into the chain: the children from `remaining` on are in, beginning at `entry`."""

    node: Node
    if_true: int
    if_false: int
    negated: bool
    remaining: int
    entry: int


class _Builder:
    """Builds a chain from its end: where a test leads must be known before the test."""

    def __init__(self, compiler: Compiler) -> None:
        self.compiler = compiler
        self.steps: list[tuple[Evaluate, int, int]] = []

    def add(self, root: Node) -> int:
        """Add a tree; return where it begins."""
        frames = [self._frame(root, _TRUE, _FALSE, False)]
        while True:
            frame = frames[-1]
            if frame.remaining:
                frame.remaining -= 1
                frames.append(self._below(frame))
                continue
            frames.pop()
            if not frames:
                return frame.entry
            frames[-1].entry = frame.entry

    def _frame(self, node: Node, if_true: int, if_false: int, negated: bool) -> _Frame:
        if isinstance(node, Macro):
            raise ValueError(f"macro {node.name} was not put in")
        if isinstance(node, Check):
            self.steps.append((self.compiler.test(node, negated), if_true, if_false))
            return _Frame(node, if_true, if_false, negated, 0, len(self.steps) - 1)
        entry = if_true if isinstance(node, And) else if_false
        return _Frame(node, if_true, if_false, negated, len(children(node)), entry)

    def _below(self, frame: _Frame) -> _Frame:
        """Return the frame of the next child, the last of those that are not in."""
        child = children(frame.node)[frame.remaining]
        if isinstance(frame.node, Not):
            return self._frame(child, frame.if_false, frame.if_true, not frame.negated)
        if isinstance(frame.node, And):
            return self._frame(child, frame.entry, frame.if_false, frame.negated)
        return self._frame(child, frame.if_true, frame.entry, frame.negated)
