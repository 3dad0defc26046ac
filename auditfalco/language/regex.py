"""Matching regular expressions in time linear in the length of the value, whatever the pattern.

The syntax tree becomes a Thompson automaton; while values are matched, the sets of its positions that occur become
the states of a deterministic automaton, whose table is kept, and emptied when it grows too large. Python's own re
would take time exponential in the value for patterns such as ``(a|aa)*b``, and values come from whoever is watched.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Callable

from auditfalco.language.regex_syntax import (
    Characters,
    Expression,
    LineEdge,
    Ranges,
    RegexError,
    Repeat,
    Sequence,
    parse,
)

MAX_POSITIONS = 50_000
MAX_STATES = 2_000
_NEWLINE = 10
_START = 0


def compile_regex(pattern: str) -> Callable[[str], bool]:
    """Return a function that tells whether a value matches `pattern` as a whole.

    Bytes of the value that are not UTF-8 count as U+FFFD.

    Raises:
        RegexError: the pattern is not of the dialect, or too large.
    """
    return _Matcher(parse(pattern)).match


class _Automaton:
    """Positions of a nondeterministic automaton; position 0 is the start.

    `moves[p]` are the characters that lead on from p (empty: none do) to `after[p]`; `jumps[p]` are the positions
    reached from p without a character; `edges[p]` tells that these jumps hold only at the begin (False) or end (True)
    of a line.
    """

    def __init__(self, expression: Expression) -> None:
        self.moves: list[Ranges] = []
        self.after: list[int] = []
        self.jumps: list[list[int]] = []
        self.edges: dict[int, bool] = {}
        start = self.position()
        self.end = self.add(expression, start)

    def position(self) -> int:
        if len(self.moves) >= MAX_POSITIONS:
            raise RegexError("pattern too large")
        self.moves.append(())
        self.after.append(0)
        self.jumps.append([])
        return len(self.moves) - 1

    def add(self, expression: Expression, start: int) -> int:
        """Add an expression that begins at `start`; return the position where it ends."""
        if isinstance(expression, Sequence):
            for item in expression.items:
                start = self.add(item, start)
            return start
        if isinstance(expression, Repeat):
            return self.add_repeat(expression, start)
        end = self.position()
        if isinstance(expression, Characters):
            branch = self.position()
            self.jumps[start].append(branch)
            self.moves[branch] = expression.ranges
            self.after[branch] = end
        elif isinstance(expression, LineEdge):
            branch = self.position()
            self.jumps[start].append(branch)
            self.edges[branch] = expression.end
            self.jumps[branch].append(end)
        else:
            for item in expression.items:
                branch = self.position()
                self.jumps[start].append(branch)
                self.jumps[self.add(item, branch)].append(end)
        return end

    def add_repeat(self, repeat: Repeat, start: int) -> int:
        for _ in range(repeat.low):
            start = self.add(repeat.item, start)
        end = self.position()
        if repeat.high is None:
            loop = self.position()
            self.jumps[start] += [loop, end]
            self.jumps[self.add(repeat.item, loop)] += [loop, end]
            return end
        for _ in range(repeat.high - repeat.low):
            self.jumps[start].append(end)
            start = self.add(repeat.item, start)
        self.jumps[start].append(end)
        return end


class _Matcher:
    """The deterministic automaton, made as far as values need it."""

    def __init__(self, expression: Expression) -> None:
        self.automaton = _Automaton(expression)
        edges = {0, _NEWLINE, _NEWLINE + 1}
        for ranges in self.automaton.moves:
            for low, high in ranges:
                edges.update((low, high + 1))
        self.classes = sorted(edges)  # characters between two of these behave alike
        self.ascii = [bisect_right(self.classes, code) - 1 for code in range(128)]
        self.forget()

    def forget(self) -> None:
        """Empty the table; state 0 is the start."""
        self.states: list[tuple[frozenset[int], bool]] = []
        self.numbers: dict[tuple[frozenset[int], bool], int] = {}
        self.table: dict[tuple[int, int], int] = {}
        self.accepting: dict[int, bool] = {}
        self.number(frozenset((_START,)), True)

    def match(self, value: str) -> bool:
        if not value.isascii():
            value = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        state = 0
        table, ascii_classes = self.table, self.ascii
        for character in value:
            code = ord(character)
            kind = ascii_classes[code] if code < 128 else bisect_right(self.classes, code) - 1
            following = table.get((state, kind))
            if following is None:
                if len(self.states) > MAX_STATES:
                    positions, line_begin = self.states[state]
                    self.forget()
                    table = self.table
                    state = self.number(positions, line_begin)
                following = self.step(state, kind)
            if following < 0:
                return False
            state = following
        return self.accepts(state)

    def number(self, positions: frozenset[int], line_begin: bool) -> int:
        key = (positions, line_begin)
        if key not in self.numbers:
            self.numbers[key] = len(self.states)
            self.states.append(key)
        return self.numbers[key]

    def step(self, state: int, kind: int) -> int:
        """Return the state after a character of class `kind`, -1 if nothing can match then; keep it in the table."""
        code = self.classes[kind]
        automaton = self.automaton
        positions, line_begin = self.states[state]
        reached = frozenset(
            automaton.after[position]
            for position in self.closure(positions, line_begin, code == _NEWLINE)
            if any(low <= code <= high for low, high in automaton.moves[position])
        )
        following = self.number(reached, code == _NEWLINE and bool(automaton.edges)) if reached else -1
        self.table[state, kind] = following
        return following

    def accepts(self, state: int) -> bool:
        if state not in self.accepting:
            positions, line_begin = self.states[state]
            self.accepting[state] = self.automaton.end in self.closure(positions, line_begin, True)
        return self.accepting[state]

    def closure(self, positions: frozenset[int], line_begin: bool, line_end: bool) -> list[int]:
        """Return every position reached without a character."""
        automaton = self.automaton
        seen = set(positions)
        pending = list(positions)
        for position in pending:  # grows while it is walked
            edge = automaton.edges.get(position)
            if edge is not None and not (line_end if edge else line_begin):
                continue
            fresh = [jump for jump in automaton.jumps[position] if jump not in seen]
            seen.update(fresh)
            pending += fresh
        return pending
