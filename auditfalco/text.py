"""The one escaping boundary: text from events, made safe for a line of output.

File names, arguments and process names are chosen by whoever is watched. Before they reach any sink they pass through
here, once. Control characters, the second half of the Latin-1 controls, characters that reorder or hide text, and bytes
that are no UTF-8 all come out as escapes, so that a line stays one line and shows what it holds.
"""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Any

_PLAIN = re.compile(r"[ !#-\[\]-~]*")
_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_REPLACEMENT = "\ufffd"
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def escape(text: str) -> str:
    """A text as the inside of a JSON string: Falco's form of its text alerts.

    Quotes and backslashes get a backslash; characters that a terminal or a reader could be misled by become \\uXXXX;
    bytes that are not UTF-8 (surrogate escapes) become U+FFFD, as in Falco.
    """
    if _PLAIN.fullmatch(text):
        return text
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    short = _SHORT.get(character)
    if short is not None:
        return short
    code = ord(character)
    if 0x20 <= code < 0x7F:
        return character
    if 0xD800 <= code <= 0xDFFF:
        return _REPLACEMENT
    if unicodedata.category(character) not in _UNSAFE_CATEGORIES:
        return character
    if code > 0xFFFF:
        code -= 0x10000
        return f"\\u{0xD800 | code >> 10:04x}\\u{0xDC00 | code & 0x3FF:04x}"
    return f"\\u{code:04x}"


def json_text(value: Any) -> str:
    """A value as one line of JSON with keys sorted, every text in it escaped by `escape`.

    Raises:
        TypeError: the value holds what JSON cannot.
    """
    if isinstance(value, str):
        return f'"{escape(value)}"'
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value) if math.isfinite(value) else "null"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(json_text(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f'"{escape(str(key))}":{json_text(value[key])}' for key in sorted(value)) + "}"
    raise TypeError(f"{type(value).__name__} has no JSON form")
