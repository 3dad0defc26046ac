"""Globs match as the C library's fnmatch does, byte by byte, and never take long."""

from __future__ import annotations

import ctypes
import ctypes.util

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditfalco.language.glob import compile_glob

FNM_CASEFOLD = 16


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("", [""], ["a"]),
        ("*", ["", "a", "/a/b", ".hidden", "\n"], []),
        ("/etc/*", ["/etc/", "/etc/passwd", "/etc/ssh/key"], ["/etc", "x/etc/"]),
        ("*.log", [".log", "a.log"], ["a.log.1"]),
        ("a?c", ["abc", "a/c"], ["ac", "abbc"]),
        ("a*b*c", ["abc", "axxbxxc", "abbcc"], ["acb", "ab"]),
        ("*a*a*", ["aa", "xaxax"], ["a"]),
        ("[abc]x", ["ax", "cx"], ["dx", "x"]),
        ("[a-c]", ["a", "b"], ["d", "-"]),
        ("[!a-c]", ["d", "/"], ["a", ""]),
        ("[^a]", ["b"], ["a"]),
        ("[]a]", ["]", "a"], ["b"]),
        ("[a-]", ["a", "-"], ["b"]),
        ("[[:digit:]x]", ["7", "x"], ["a"]),
        ("[", ["["], ["a", ""]),
        ("[ab", ["[ab"], ["a"]),
        (r"\*", ["*"], ["a", r"\*"]),
        (r"[\]]", ["]"], ["\\"]),
        ("a\\", [], ["a", "a\\"]),
        ("??", ["é", "\udcffA"], ["éa"]),
        ("é*", ["été"[:1] + "x"], ["e"]),
    ],
)
def test_dialect(pattern: str, matching: list[str], other: list[str]) -> None:
    matches = compile_glob(pattern)
    assert [value for value in matching if not matches(value)] == []
    assert [value for value in other if matches(value)] == []


def test_folding_is_for_ascii_letters() -> None:
    matches = compile_glob("*GINX[a-c]é", fold_case=True)
    assert matches("nginxBé")
    assert not matches("nginxBÉ")


alphabet = "ab*?[]!^-\\:/A"


@given(st.text(alphabet, max_size=9), st.text("ab-]A/[!\\:", max_size=7), st.booleans())
def test_the_c_library_agrees(pattern: str, value: str, fold_case: bool) -> None:
    fnmatch = ctypes.CDLL(ctypes.util.find_library("c")).fnmatch
    expected = fnmatch(pattern.encode(), value.encode(), FNM_CASEFOLD if fold_case else 0) == 0
    assert compile_glob(pattern, fold_case)(value) is expected


def test_many_stars_do_not_backtrack() -> None:
    assert not compile_glob("*a" * 100 + "b")("a" * 20_000)
