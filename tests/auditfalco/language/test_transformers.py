"""Transformers: what they do, and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.errors import ConditionTypeError
from auditfalco.language.transformers import Input, Option, build, decode_base64, scan_options
from auditfalco.language.types import TYPES


def given(type_name: str, is_list: bool = False, constant: str | None = None) -> Input:
    """Return an argument of a type."""
    return Input(TYPES[type_name], is_list, "the argument", constant)


TEXT = given("CHARBUF")
TEXTS = given("CHARBUF", is_list=True)


@pytest.mark.parametrize(
    ("name", "inputs", "values", "result"),
    [
        ("toupper", [TEXT], ["aé1Z"], "Aé1Z"),
        ("tolower", [TEXT], ["AÉ1z"], "aÉ1z"),
        ("basename", [TEXT], ["/usr/bin/cat"], "cat"),
        ("basename", [TEXT], ["cat"], "cat"),
        ("basename", [TEXT], ["/usr/"], ""),
        ("len", [TEXT], ["é\udcff"], 3),
        ("len", [given("BYTEBUF")], [b"a\0"], 2),
        ("len", [TEXTS], [("a", "b")], 2),
        ("len", [given("UINT64", is_list=True)], [()], 0),
        ("concat", [TEXT, TEXT, TEXT], ["a", "", "b"], "ab"),
        ("concat", [TEXT, TEXT], ["\udcc3", "\udca9"], "é"),
        ("join", [TEXT, TEXTS], ["-", ("a", "b", "c")], "a-b-c"),
        ("join", [TEXT, given("INT64", is_list=True)], [",", (1, -2)], "1,-2"),
        ("join", [TEXT, TEXTS], ["-", ()], ""),
        ("toupper", [TEXTS], [("a", "b")], ("A", "B")),
        ("b64", [TEXTS], [("YQ==", "!")], None),
    ],
)
def test_results(name: str, inputs: list[Input], values: list[Any], result: Any) -> None:
    assert build(name, inputs, None).function(values) == result


@pytest.mark.parametrize(
    ("name", "inputs", "argument", "message"),
    [
        ("toupper", [given("INT64")], None, "'INT64' is not supported by 'toupper'"),
        ("basename", [given("BYTEBUF")], None, "not supported"),
        ("len", [given("UINT64")], None, "not supported"),
        ("toupper", [TEXT, TEXT], None, "exactly one argument"),
        ("toupper", [TEXT], "0", "argument in brackets"),
        ("concat", [TEXT], None, "at least 2"),
        ("concat", [TEXTS, TEXT], None, "must be strings"),
        ("join", [TEXT], None, "exactly 2"),
        ("join", [TEXTS, TEXTS], None, "must be a single value"),
        ("join", [given("INT64"), TEXTS], None, "must be a string"),
        ("join", [TEXT, TEXT], None, "must be a list"),
        ("join", [TEXT, given("BOOL", is_list=True)], None, "strings and integers"),
        ("getopt", [TEXTS], None, "exactly 2"),
        ("getopt", [TEXT, given("CHARBUF", constant="n")], None, "must be a list"),
        ("getopt", [TEXTS, TEXT], None, "must be a quoted string"),
        ("getopt", [TEXTS, given("CHARBUF", constant="n")], "", "single option character"),
        ("getopt", [TEXTS, given("CHARBUF", constant="n")], "nt", "single option character"),
    ],
)
def test_refusals(name: str, inputs: list[Input], argument: str | None, message: str) -> None:
    with pytest.raises(ConditionTypeError, match=message):
        build(name, inputs, argument)


@pytest.mark.parametrize(
    ("encoded", "decoded"),
    [
        ("", ""),
        ("aGVsbG8=", "hello"),
        ("aGVsbG8", "hello"),
        ("/w==", "\udcff"),
        ("aGVsbG8==", None),
        ("aGVsbG", None),  # leaves bits over
        ("aGVs bG8=", None),
        ("aGVs\nbG8=", None),
        ("-_-_", None),
        ("=", None),
        ("a", None),
        ("é", None),
    ],
)
def test_base64_is_strict(encoded: str, decoded: str | None) -> None:
    assert decode_base64(encoded) == decoded
    raw = None if decoded is None else decoded.encode("utf-8", "surrogateescape")
    assert decode_base64(encoded.encode()) == raw


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([], []),
        (["-n"], [Option("n")]),
        (["-nt", "value"], [Option("n"), Option("t", "value")]),
        (["-tvalue", "-n"], [Option("t", "value"), Option("n")]),
        (["-t", "-n"], [Option("t", "-n")]),
        (["-t", ""], [Option("t", "")]),
        (["-t"], [Option("t", "", missing=True)]),
        (["-x", "-n"], [Option("?"), Option("n")]),
        (["word", "-n"], []),
        (["-n", "--", "-t", "x"], [Option("n")]),
        (["--long", "-n"], [Option("n")]),
        (["-", "-n"], []),
    ],
)
def test_options(words: list[str], found: list[Option]) -> None:
    assert scan_options(words, {"n": False, "t": True}) == found


def test_getopt_with_and_without_an_option() -> None:
    options = given("CHARBUF", constant=":nt:")
    everything = build("getopt", [TEXTS, options], None).function
    assert everything([("-n", "-t", "x", "-q"), ""]) == ("n", "t", "x", "?")
    assert everything([("-t",), ""]) == ("",)
    assert everything([("-t", ""), ""]) == ("t", "")
    one = build("getopt", [TEXTS, options], "t").function
    assert one([("-t", "a", "-tb"), ""]) == "b"
    assert one([("-n",), ""]) == ""
