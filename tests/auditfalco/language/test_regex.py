"""Regular expressions: the dialect, and that no pattern and no value takes long."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from auditfalco.language import regex
from auditfalco.language.regex import compile_regex
from auditfalco.language.regex_syntax import RegexError


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("", [""], ["a"]),
        ("abc", ["abc"], ["ab", "abcd", "xabc"]),
        ("a|b|", ["a", "b", ""], ["ab"]),
        ("a.c", ["abc", "aéc", "a\udcffc"], ["a\nc", "ac"]),
        (".*etc.*", ["/etc/x"], ["/e\ntc"]),
        ("[a-c]+", ["abc"], ["", "abd"]),
        ("[^a-c]", ["d", "\n"], ["a"]),
        ("[]a]+", ["]a"], ["b"]),
        ("[a-]+", ["a-"], ["b"]),
        ("[[:alpha:][:digit:]_]+", ["a1_"], ["-"]),
        ("[[:^space:]]", ["x"], [" "]),
        (r"\.\x41\x{e9}\101\n", [".AéA\n"], ["xAéA\n"]),
        (r"[\]\\]+", ["]\\"], ["x"]),
        ("(ab)*c", ["c", "ababc"], ["abac"]),
        ("a{2}", ["aa"], ["a", "aaa"]),
        ("a{2,}", ["aa", "aaaa"], ["a"]),
        ("a{1,2}b?", ["a", "aab"], ["aaa"]),
        ("a{,2}", ["a{,2}"], ["a"]),
        ("a{x}", ["a{x}"], ["a"]),
        ("a**", ["", "aaa"], ["b"]),
        ("a*?", ["", "aa"], ["b"]),
        ("^abc$", ["abc"], ["abc\n"]),
        ("a\n^b$", ["a\nb"], ["a\nc"]),
        ("a$b", [], ["ab"]),
        ("x^y", [], ["xy"]),
        ("()", [""], ["a"]),
    ],
)
def test_dialect(pattern: str, matching: list[str], other: list[str]) -> None:
    matches = compile_regex(pattern)
    assert [value for value in matching if not matches(value)] == []
    assert [value for value in other if matches(value)] == []


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", "missing )"),
        (")", "unexpected )"),
        ("[a", "missing ]"),
        ("*a", "no argument for repetition operator"),
        ("(|+)", "no argument for repetition operator"),
        ("(?i)a", "no argument for repetition operator"),
        ("a{2,1}", "invalid repetition size"),
        ("a{1001}", "invalid repetition size"),
        ("(a{100}){100}", "invalid repetition size"),
        ("[b-a]", "invalid character class range"),
        ("[a-b-c]", "invalid character class range"),
        ("[[:nope:]]", "invalid character class range"),
        (r"\d", "invalid escape sequence"),
        (r"\b", "invalid escape sequence"),
        (r"[\w]", "invalid escape sequence"),
        (r"\1", "invalid escape sequence"),
        ("a\\", "trailing"),
        ("\udcff", "invalid UTF-8"),
        ("(a|b){1000}" * 60, "pattern too large"),
    ],
)
def test_what_is_not_of_the_dialect_is_refused(pattern: str, message: str) -> None:
    with pytest.raises(RegexError, match=re.escape(message)):
        compile_regex(pattern)


pieces = st.sampled_from(["a", "b", ".", "(a|b)", "[ab]", "(", "|", ")", "*", "+", "?", "{2}", "{1,3}", "c"])


@given(st.lists(pieces, max_size=7).map("".join), st.lists(st.text("abc", max_size=6), min_size=1, max_size=4))
def test_python_agrees_where_the_dialects_meet(pattern: str, values: list[str]) -> None:
    assume(not re.search(r"[*+?}][*+?{]|\(\?", pattern))
    try:
        expected = re.compile(pattern)
    except re.error:
        with pytest.raises(RegexError):
            compile_regex(pattern)
        return
    matches = compile_regex(pattern)
    assert [matches(value) for value in values] == [bool(expected.fullmatch(value)) for value in values]


def test_nothing_backtracks() -> None:
    value = "a" * 5_000
    for pattern in ("(a|aa)*b", "(a*)*b", "(a+)+b", ".*a.*a.*a.*a.*b", "(x+x+)+y|(a?){500}c"):
        assert not compile_regex(pattern)(value)


def test_the_table_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regex, "MAX_STATES", 10)
    matches = compile_regex("(a|b)*a(a|b){6}")
    for value in ("ab" * 50, "ba" * 50 + "abbbbbb", "abababa", "b" * 7, "a" * 7):
        assert matches(value) == (value[-7:-6] == "a")
