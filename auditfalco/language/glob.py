"""Glob patterns, byte by byte, in time bounded by the length of the pattern times that of the value.

The dialect is fnmatch(3) in the C locale without flags: ``*`` also matches ``/`` and a leading dot, ``?`` matches one
byte, ``[…]`` one byte of a set (``[!…]`` and ``[^…]`` one outside it; ranges and ``[:classes:]``), a backslash takes
the special meaning from the next byte, and a ``[`` that is never closed stands for itself.
"""

from __future__ import annotations

import re
from typing import Callable

_CLASSES = {
    b"alnum": b"0-9A-Za-z",
    b"alpha": b"A-Za-z",
    b"blank": b" \\t",
    b"cntrl": b"\\x00-\\x1f\\x7f",
    b"digit": b"0-9",
    b"graph": b"!-~",
    b"lower": b"a-z",
    b"print": b" -~",
    b"punct": b"!-/:-@\\[-`{-~",
    b"space": b" \\t-\\r",
    b"upper": b"A-Z",
    b"xdigit": b"0-9A-Fa-f",
}
_NOTHING = b"(?!)"


def compile_glob(pattern: str, fold_case: bool = False) -> Callable[[str], bool]:
    """Return a function that tells whether a value matches `pattern` as a whole.

    Args:
        fold_case: take ASCII letters of either case for the same.
    """
    pieces = _split(pattern.encode("utf-8", "surrogateescape"))
    flags = re.DOTALL | (re.IGNORECASE if fold_case else 0)
    # A piece has no repetition: whatever it matches has one length, so looking for it never goes back.
    parts = [(re.compile(b"".join(piece), flags), len(piece)) for piece in pieces]

    def matches(value: str) -> bool:
        return _match(parts, value.encode("utf-8", "surrogateescape"))

    return matches


def _match(parts: list[tuple[re.Pattern[bytes], int]], value: bytes) -> bool:
    """Match the pieces between the stars: the first at the start, the last at the end, others as early as can be."""
    first, length = parts[0]
    if len(parts) == 1:
        return length == len(value) and first.match(value) is not None
    last, tail = parts[-1]
    end = len(value) - tail
    if length > end or first.match(value) is None or last.match(value, end) is None:
        return False
    position = length
    for piece, _ in parts[1:-1]:
        found = piece.search(value, position, end)
        if found is None:
            return False
        position = found.end()
    return True


def _split(pattern: bytes) -> list[list[bytes]]:
    """Return the pieces between the stars, each a list of regular expressions for one byte."""
    pieces: list[list[bytes]] = [[]]
    position = 0
    while position < len(pattern):
        byte = pattern[position : position + 1]
        position += 1
        if byte == b"*":
            pieces.append([])
        elif byte == b"?":
            pieces[-1].append(b".")
        elif byte == b"[":
            bracket = _bracket(pattern, position)
            if bracket is None:
                pieces[-1].append(re.escape(byte))
            else:
                expression, position = bracket
                pieces[-1].append(expression)
        elif byte == b"\\":
            escaped = pattern[position : position + 1]
            position += 1
            pieces[-1].append(re.escape(escaped) if escaped else _NOTHING)  # nothing is escaped: fnmatch never matches
        else:
            pieces[-1].append(re.escape(byte))
    return pieces


def _bracket(pattern: bytes, position: int) -> tuple[bytes, int] | None:
    """Read a set whose ``[`` stands before `position`; None when it is not closed."""
    negated = pattern[position : position + 1] in (b"!", b"^")
    position += negated
    members: list[bytes] = []
    start = position
    while True:
        byte = pattern[position : position + 1]
        if not byte:
            return None
        if byte == b"]" and position > start:
            break
        named = re.compile(rb"\[:([a-z]+):\]").match(pattern, position)
        if named is not None and named.group(1) in _CLASSES:
            members.append(_CLASSES[named.group(1)])
            position = named.end()
            continue
        low, position = _member(pattern, position)
        high = low
        if pattern[position : position + 1] == b"-" and pattern[position + 1 : position + 2] not in (b"]", b""):
            high, position = _member(pattern, position + 1)
        if low <= high:
            members.append(re.escape(low) + b"-" + re.escape(high))
    inside = b"".join(members)
    if not inside:
        return (b"." if negated else _NOTHING), position + 1
    return (b"[^" if negated else b"[") + inside + b"]", position + 1


def _member(pattern: bytes, position: int) -> tuple[bytes, int]:
    """Read one byte of a set: itself, after a backslash, or as ``[.x.]`` or ``[=x=]``."""
    collating = re.compile(rb"\[([.=])(.)\1\]", re.DOTALL).match(pattern, position)
    if collating is not None:
        return collating.group(2), collating.end()
    if pattern[position : position + 1] == b"\\" and position + 1 < len(pattern):
        position += 1
    return pattern[position : position + 1], position + 1
