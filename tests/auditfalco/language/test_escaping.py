"""Escapes in quoted values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditfalco.language.escaping import EscapeError, always_quote, quote, unescape, whole_characters


@pytest.mark.parametrize(
    ("body", "mark", "value"),
    [
        ("plain", '"', "plain"),
        (r"\b\f\n\r\t\\\/", '"', "\b\f\n\r\t\\/"),
        (r"say \"x\"", '"', 'say "x"'),
        (r"it\'s", "'", "it's"),
        (r"a\ b", '"', "a\\b"),
        (r"\x41\x7a", '"', "Az"),
        (r"\xff", '"', "\udcff"),
        (r"\xc3\xa9", '"', "é"),
        (r"\x00", '"', "\0"),
    ],
)
def test_escapes(body: str, mark: str, value: str) -> None:
    assert unescape(body, mark) == value


@pytest.mark.parametrize(("body", "mark"), [(r"\q", '"'), (r"\'", '"'), (r"\"", "'"), (r"\x", '"'), (r"\xg0", '"')])
def test_anything_else_after_a_backslash_is_refused(body: str, mark: str) -> None:
    with pytest.raises(EscapeError):
        unescape(body, mark)


@given(st.text())
def test_quoting_is_undone_by_unescaping(text: str) -> None:
    value = text.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")
    quoted = always_quote(value)
    assert unescape(quoted[1:-1], '"') == value
    assert quote(value) in (value, quoted)


def test_bytes_that_make_a_character_become_it() -> None:
    assert whole_characters("\udcc3" + "\udca9") == "é"
    assert whole_characters("\udcc3x") == "\udcc3x"
