"""The escaping boundary: whatever a process puts into its names, a line of output is one line and shows it."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from auditfalco.text import escape, json_text

ANY_TEXT = some.text(some.characters(exclude_categories=()), max_size=60)
VALID_TEXT = some.text(max_size=60)
MISLEADING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("plain text ~!#[]{}<>&'`|", "plain text ~!#[]{}<>&'`|"),
        ("caf\u00e9 \u4f60\u597d \U0001f600", "caf\u00e9 \u4f60\u597d \U0001f600"),
        ('say "hi" \\ there', 'say \\"hi\\" \\\\ there'),
        ("\b\f\n\r\t", "\\b\\f\\n\\r\\t"),
        ("\0\x01\x1b[2J\x7f", "\\u0000\\u0001\\u001b[2J\\u007f"),
        ("\x80\x85\x9b31m\x9f", "\\u0080\\u0085\\u009b31m\\u009f"),
        ("\u2028\u2029", "\\u2028\\u2029"),
        ("a\u202eb\u2066c\u2069\u200e\u200f\u061c", "a\\u202eb\\u2066c\\u2069\\u200e\\u200f\\u061c"),
        ("zero\u200bwidth\ufeff\u00ad", "zero\\u200bwidth\\ufeff\\u00ad"),
        ("\ue000\ufffe", "\\ue000\\ufffe"),
        ("\U000e0041", "\\udb40\\udc41"),
        ("\udcff\ud800", "\ufffd\ufffd"),
        ("", ""),
    ],
)
def test_what_is_shown(text: str, escaped: str) -> None:
    assert escape(text) == escaped


@given(ANY_TEXT)
def test_every_line_is_one_printable_line(text: str) -> None:
    line = escape(text)
    assert len(line.splitlines()) <= 1
    assert not {unicodedata.category(character) for character in line} & MISLEADING
    assert line.encode("utf-8").decode("utf-8") == line


@given(VALID_TEXT)
def test_valid_text_can_be_read_back(text: str) -> None:
    assert json.loads(f'"{escape(text)}"') == text


@given(some.binary(max_size=60))
def test_any_bytes_of_the_kernel_can_be_shown(raw: bytes) -> None:
    shown = json.loads(f'"{escape(raw.decode("utf-8", "surrogateescape"))}"')
    kept = [byte for byte in raw if byte < 0x80]
    assert [ord(character) for character in shown if ord(character) < 0x80] == kept


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False, allow_infinity=False) | VALID_TEXT,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(VALID_TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_json_can_be_read_back(value: Any) -> None:
    line = json_text(value)
    assert json.loads(line) == value
    assert len(line.splitlines()) <= 1


@given(some.dictionaries(ANY_TEXT, ANY_TEXT, max_size=5))
def test_json_of_any_text_is_json(value: dict[str, str]) -> None:
    assert isinstance(json.loads(json_text(value)), dict)


def test_json_has_its_keys_in_order_and_no_blanks() -> None:
    assert (
        json_text({"b": [1, 2.5, True], "a": None, "c": ("x", False)}) == '{"a":null,"b":[1,2.5,true],"c":["x",false]}'
    )


@pytest.mark.parametrize("value", [b"bytes", {1, 2}, object(), {"a": b""}])
def test_what_json_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="has no JSON form"):
        json_text(value)
