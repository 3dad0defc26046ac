"""JSON of any depth, and texts in it that are not UTF-8.

Conditions nest as deep as the parser allows, which is deeper than the standard library's encoder follows. Text that is
not UTF-8 (surrogate escapes) is written ``{"bytes_hex": "…"}``, and read so.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import isfinite
from typing import Any

_BYTES = "bytes_hex"


class NotJson(Exception):
    """Raised when a text is not JSON, or nested too deep; `line` and `column` are where, from 1."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


@dataclass(frozen=True)
class _Written:
    """A piece of the outcome."""

    text: str


def dumps(value: Any) -> str:
    """One line of JSON, keys in their order; printable ASCII only."""
    written: list[str] = []
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, _Written):
            written.append(item.text)
        elif isinstance(item, dict):
            pending += reversed(_pieces("{", [(f"{_text(str(key))}: ", item[key]) for key in item], "}"))
        elif isinstance(item, (list, tuple)):
            pending += reversed(_pieces("[", [("", element) for element in item], "]"))
        else:
            written.append(_scalar(item))
    return "".join(written)


def _pieces(start: str, pairs: list[tuple[str, Any]], end: str) -> list[Any]:
    pieces: list[Any] = [_Written(start)]
    for number, (head, value) in enumerate(pairs):
        pieces += [_Written(f"{', ' if number else ''}{head}"), value]
    return [*pieces, _Written(end)]


def _scalar(value: Any) -> str:
    if isinstance(value, str) and any("\udc80" <= character <= "\udcff" for character in value):
        return f'{{"{_BYTES}": "{value.encode("utf-8", "surrogateescape").hex()}"}}'
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(text: str) -> str:
    """A text as JSON; DEL and the second half of Latin-1's controls come out as escapes too."""
    return json.dumps(text).replace("\x7f", "\\u007f")


def loads(text: str) -> Any:
    """The value that a JSON text stands for.

    Raises:
        NotJson: it stands for none, or is nested deeper than anything that is asked for.
    """
    try:
        return _readable(json.loads(text, parse_float=_finite, parse_constant=_finite))
    except json.JSONDecodeError as error:
        raise NotJson(f"not JSON: {error.msg}", error.lineno, error.colno) from None
    except RecursionError:
        raise NotJson("nested too deep") from None
    except ValueError as error:  # a number too long, or too large
        raise NotJson(f"not JSON: {error}") from None


def _finite(written: str) -> float:
    number = float(written)
    if not isfinite(number):
        raise ValueError(f"{written} is no number")
    return number


def _readable(value: Any) -> Any:
    """A value with lone surrogates, which no text holds, replaced."""
    if isinstance(value, dict):
        return {_whole(key): _readable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_readable(item) for item in value]
    return _whole(value) if isinstance(value, str) else value


def _whole(text: str) -> str:
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def text_of(value: Any) -> str | None:
    """The text that a JSON value stands for: a string, or ``{"bytes_hex": "…"}``; None for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and list(value) == [_BYTES] and isinstance(value[_BYTES], str):
        try:
            return bytes.fromhex(value[_BYTES]).decode("utf-8", "surrogateescape")
        except ValueError:
            return None
    return None
