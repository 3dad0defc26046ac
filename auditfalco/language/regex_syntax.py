"""Regular expressions of RE2's POSIX dialect: text to syntax tree.

Supported: ``. [set] (group) a|b * + ? {n} {n,} {n,m} ^ $``, ``[:classes:]`` inside sets, and the escapes ``\\a \\f
\\n \\r \\t \\v \\123 \\x7F \\x{10FFFF}`` and ``\\`` before punctuation. Not in this dialect, and refused: ``(?…)``,
``\\d`` and its kin, ``\\b``. ``^`` and ``$`` also match at line ends; ``.`` matches no newline. Source: RE2's
parse.cc with the option posix_syntax.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union

Ranges = tuple[tuple[int, int], ...]  # of code points, both ends included, in order and apart
MAX_REPEAT = 1000
_LAST = 0x10FFFF
_CLASSES = {
    "alnum": "09AZaz",
    "alpha": "AZaz",
    "ascii": "\x00\x7f",
    "blank": "\t\t  ",
    "cntrl": "\x00\x1f\x7f\x7f",
    "digit": "09",
    "graph": "!~",
    "lower": "az",
    "print": " ~",
    "punct": "!/:@[`{~",
    "space": "\t\r  ",
    "upper": "AZ",
    "word": "09AZ__az",
    "xdigit": "09AFaf",
}
_CONTROL = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


class RegexError(ValueError):
    """Raised when a pattern is not of the dialect."""


@dataclass(frozen=True)
class Characters:
    """One character of a set."""

    ranges: Ranges


@dataclass(frozen=True)
class Sequence:
    """One after the other; none matches the empty text."""

    items: tuple[Expression, ...]


@dataclass(frozen=True)
class Choice:
    """One of several."""

    items: tuple[Expression, ...]


@dataclass(frozen=True)
class Repeat:
    """From `low` to `high` times (None: without end)."""

    item: Expression
    low: int
    high: int | None


@dataclass(frozen=True)
class LineEdge:
    """The begin (or the end) of a line."""

    end: bool


Expression = Union[Characters, Sequence, Choice, Repeat, LineEdge]


def parse(pattern: str) -> Expression:
    """Return the syntax tree of a pattern.

    Raises:
        RegexError: the pattern is not of the dialect.
    """
    if any("\udc80" <= character <= "\udcff" for character in pattern):
        raise RegexError("invalid UTF-8")
    return _Parser(pattern).parse()


class _Parser:
    """One run over one pattern; `levels` holds, for every open group, the finished choices and the running sequence."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.offset = 0
        self.levels: list[tuple[list[Expression], list[Expression]]] = [([], [])]

    def parse(self) -> Expression:
        while self.offset < len(self.pattern):
            self.item()
        if len(self.levels) > 1:
            raise RegexError(f"missing ): {self.pattern}")
        return self.close()

    def item(self) -> None:
        character = self.take()
        choices, sequence = self.levels[-1]
        if character == "(":
            self.levels.append(([], []))
        elif character == ")":
            if len(self.levels) == 1:
                raise RegexError(f"unexpected ): {self.pattern}")
            group = self.close()
            self.levels[-1][1].append(group)
        elif character == "|":
            choices.append(Sequence(tuple(sequence)))
            sequence.clear()
        elif character in "*+?":
            low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}[character]
            self.repeat(low, high, character)
        elif character == "{" and self.counts():
            pass
        else:
            sequence.append(self.atom(character))

    def atom(self, character: str) -> Expression:
        if character == ".":
            return Characters(((0, 9), (11, _LAST)))
        if character in "^$":
            return LineEdge(character == "$")
        if character == "[":
            return self.set()
        if character == "\\":
            character = self.escape()
        return Characters(((ord(character), ord(character)),))

    def close(self) -> Expression:
        """End the innermost group."""
        choices, sequence = self.levels.pop()
        last = Sequence(tuple(sequence))
        return Choice((*choices, last)) if choices else last

    def take(self) -> str:
        character = self.pattern[self.offset]
        self.offset += 1
        return character

    # repetition -------------------------------------------------------------------------------------------------------

    def counts(self) -> bool:
        """Read ``n}``, ``n,}`` or ``n,m}``; false when the brace stands for itself."""
        body, brace, _ = self.pattern[self.offset :].partition("}")
        low, comma, high = body.partition(",")
        if not brace or not _digits(low) or (high and not _digits(high)):
            return False
        self.offset += len(body) + 1
        least = int(low) if len(low) < 6 else MAX_REPEAT + 1
        most = least if not comma else None if not high else int(high) if len(high) < 6 else MAX_REPEAT + 1
        if least > MAX_REPEAT or (most is not None and (most > MAX_REPEAT or most < least)):
            raise RegexError(f"invalid repetition size: {{{body}}}")
        self.repeat(least, most, f"{{{body}}}")
        return True

    def repeat(self, low: int, high: int | None, written: str) -> None:
        sequence = self.levels[-1][1]
        if not sequence:
            raise RegexError(f"no argument for repetition operator: {written}")
        item = Repeat(sequence[-1], low, high)
        if _copies(item) > MAX_REPEAT:
            raise RegexError(f"invalid repetition size: {written}")
        sequence[-1] = item

    # sets and escapes -------------------------------------------------------------------------------------------------

    def set(self) -> Expression:
        ranges: list[tuple[int, int]] = []
        negated = self.pattern.startswith("^", self.offset)
        self.offset += negated
        first = True
        while first or not self.pattern.startswith("]", self.offset):
            if self.offset >= len(self.pattern):
                raise RegexError(f"missing ]: {self.pattern}")
            if self.pattern.startswith("-", self.offset) and not first and self.pattern[self.offset + 1 :][:1] != "]":
                raise RegexError(f"invalid character class range: {self.pattern[self.offset :][:2]}")
            named = self.named_class()
            ranges += named if named is not None else [self.range()]
            first = False
        self.offset += 1
        return Characters(_inverse(_merge(ranges)) if negated else _merge(ranges))

    def named_class(self) -> Ranges | None:
        """Read ``[:name:]`` or ``[:^name:]``."""
        if not self.pattern.startswith("[:", self.offset):
            return None
        name, closed, _ = self.pattern[self.offset + 2 :].partition(":]")
        if not closed:
            return None
        ends = _CLASSES.get(name.lstrip("^") if name.startswith("^") else name)
        if ends is None:
            raise RegexError(f"invalid character class range: [:{name}:]")
        self.offset += len(name) + 4
        ranges = tuple((ord(low), ord(high)) for low, high in zip(ends[::2], ends[1::2]))
        return _inverse(ranges) if name.startswith("^") else ranges

    def range(self) -> tuple[int, int]:
        start = self.offset
        low = high = self.member()
        if self.pattern.startswith("-", self.offset) and self.pattern[self.offset + 1 :][:1] not in ("]", ""):
            self.offset += 1
            high = self.member()
        if high < low:
            raise RegexError(f"invalid character class range: {self.pattern[start : self.offset]}")
        return ord(low), ord(high)

    def member(self) -> str:
        character = self.take()
        return self.escape() if character == "\\" else character

    def escape(self) -> str:
        """Read what follows a backslash."""
        if self.offset >= len(self.pattern):
            raise RegexError("trailing \\ at end of regexp")
        character = self.take()
        if character in _CONTROL:
            return _CONTROL[character]
        if character == "x":
            return self.hexadecimal()
        if character in "01234567":
            return self.octal(character)
        if character.isascii() and not character.isalnum():
            return character
        raise RegexError(f"invalid escape sequence: \\{character}")

    def octal(self, first: str) -> str:
        digits = first
        while len(digits) < 3 and self.pattern[self.offset :][:1] in tuple("01234567"):
            digits += self.take()
        if first != "0" and len(digits) == 1:
            raise RegexError(f"invalid escape sequence: \\{first}")  # it would be a back-reference
        return chr(int(digits, 8))

    def hexadecimal(self) -> str:
        rest = self.pattern[self.offset :]
        digits, length = (rest[1:].partition("}")[0], 2) if rest.startswith("{") and "}" in rest else (rest[:2], 0)
        valid = digits and all(digit in "0123456789abcdefABCDEF" for digit in digits)
        if not valid or (not length and len(digits) < 2) or len(digits) > 8 or int(digits, 16) > _LAST:
            raise RegexError(f"invalid escape sequence: \\x{rest[:2]}")
        self.offset += len(digits) + length
        return chr(int(digits, 16))


def _copies(expression: Expression) -> int:
    """Return how often the innermost item of nested repetitions is copied, at most."""
    if isinstance(expression, Repeat):
        count = expression.low if expression.high is None else expression.high
        return max(count, 1) * _copies(expression.item)
    if isinstance(expression, (Sequence, Choice)):
        return max((_copies(item) for item in expression.items), default=1)
    return 1


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _merge(ranges: list[tuple[int, int]]) -> Ranges:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def _inverse(ranges: Ranges) -> Ranges:
    """Return what is outside sorted ranges."""
    outside: list[tuple[int, int]] = []
    start = 0
    for low, high in ranges:
        if start < low:
            outside.append((start, low - 1))
        start = high + 1
    if start <= _LAST:
        outside.append((start, _LAST))
    return tuple(outside)
