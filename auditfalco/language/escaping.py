r"""Quoted values: what their escapes stand for, and how a value is quoted so that it reads back the same.

A value is text in which bytes that are not UTF-8 stand as surrogate escapes, as everywhere in this package.
"""

from __future__ import annotations

import re

from auditfalco.language.grammar import BARE

_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|.)", re.DOTALL)
_SIMPLE = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "\\": "\\", "/": "/", " ": "\\"}
SHORT_ESCAPES = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", '"': '\\"'}
_TO_QUOTE = re.compile(r'[\\"\x00-\x1f\x7f\udc80-\udcff]')


class EscapeError(ValueError):
    """Raised when a quoted value holds a backslash that means nothing."""


def unescape(body: str, quote: str) -> str:
    """Return what stands between two quotes, escapes resolved.

    Args:
        body: the text between the quotes.
        quote: the quote character, which may be escaped in `body`; the other one may not.

    Raises:
        EscapeError: an escape is unknown, or ``\\x`` has fewer than two digits.
    """
    if "\\" not in body:
        return body

    def resolve(match: re.Match[str]) -> str:
        escape = match.group(1)
        if len(escape) == 3:
            return chr(_byte(int(escape[1:], 16)))
        if escape == quote:
            return quote
        if escape in _SIMPLE:
            return _SIMPLE[escape]
        if escape == "x":
            raise EscapeError("\\x in a quoted value needs two hexadecimal digits")
        raise EscapeError(f"\\{escape} means nothing in a value quoted with {quote}")

    return whole_characters(_ESCAPE.sub(resolve, body))


def whole_characters(text: str) -> str:
    """Return `text` with surrogate escapes that together are UTF-8 characters replaced by these."""
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def quote(text: str) -> str:
    """Return `text` as a value of a condition: bare where that is plain to read, else in double quotes."""
    if BARE.fullmatch(text) and not _TO_QUOTE.search(text):
        return text
    return always_quote(text)


def always_quote(text: str) -> str:
    """Return `text` in double quotes, escaped."""

    def escape(match: re.Match[str]) -> str:
        character = match.group()
        return SHORT_ESCAPES.get(character) or f"\\x{ord(character) & 0xFF:02x}"

    return f'"{_TO_QUOTE.sub(escape, text)}"'


def _byte(value: int) -> int:
    """Return the code point that stands for a byte in our texts."""
    return value if value < 0x80 else 0xDC00 + value
