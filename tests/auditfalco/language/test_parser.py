"""Conditions as text: which are conditions, what tree they are, and where the others go wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auditfalco.errors import ConditionSyntaxError
from auditfalco.language.grammar import MAX_DEPTH, MAX_TRANSFORM_DEPTH
from auditfalco.language.parser import parse
from auditfalco.language.printer import falco_text, text, tree_json
from auditfalco.language.source import Anchor, Source
from auditfalco.language.tree import (
    And,
    Check,
    FieldUse,
    Literal,
    LiteralList,
    Macro,
    Not,
    Or,
    Transform,
    TransformList,
    checks,
)
from auditfalco.model.location import Location

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "cases" / "falco" / "parser.json"
FALCO_CASES: list[dict[str, Any]] = json.loads(SHARED.read_text()) if SHARED.exists() else []

A, B, C = Macro("a"), Macro("b"), Macro("c")
NAME = FieldUse("proc.name")


def check(operator: str, right: Any = None, modifier: str = "", left: Any = NAME) -> Check:
    """Return a check of proc.name."""
    return Check(left, operator, right, modifier)


TREES = {
    # words and parentheses
    "a": A,
    "  ( ( a ) )\n": A,
    "a and b and c": And((A, B, C)),
    "a or b and c": Or((A, And((B, C)))),
    "a and b or c": Or((And((A, B)), C)),
    "(a or b) and c": And((Or((A, B)), C)),
    "a and (b and c)": And((A, And((B, C)))),
    "a and(b)or(c)": Or((And((A, B)), C)),
    "not a": Not(A),
    "not not a": A,
    "not not not a": Not(A),
    "not (not a)": Not(Not(A)),
    "not(a or b)": Not(Or((A, B))),
    "a and not b": And((A, Not(B))),
    "notes": Macro("notes"),
    "android or order": Or((Macro("android"), Macro("order"))),
    # operators and what they take
    "proc.name exists": check("exists"),
    "proc.name existsand a": And((check("exists"), A)),
    "proc.name=cat": check("=", Literal("cat")),
    "proc.name\t==\r\ncat": check("==", Literal("cat")),
    "proc.name != 'a b'": check("!=", Literal("a b")),
    "proc.name = *.log": check("=", Literal("*.log")),
    "proc.name = [x]": check("=", Literal("[x]")),
    "proc.name = fd.name": check("=", Literal("fd.name")),
    "proc.name = not": check("=", Literal("not")),
    "fd.num >= -1": check(">=", Literal("-1"), left=FieldUse("fd.num")),
    "fd.num < .5e+3": check("<", Literal(".5e+3"), left=FieldUse("fd.num")),
    "fd.num <= 0XfF": check("<=", Literal("0XfF"), left=FieldUse("fd.num")),
    "proc.name in (a, 'b c',\"d\")": check("in", LiteralList(("a", "b c", "d"))),
    "proc.name in()": check("in", LiteralList(())),
    "proc.name in shells": check("in", Literal("shells")),
    "proc.name pmatch (/etc)": check("pmatch", LiteralList(("/etc",))),
    "proc.name icontains x": check("icontains", Literal("x")),
    # modifiers are words only where a list or a name follows
    "proc.name = anyof (a, b)": check("=", LiteralList(("a", "b")), "anyof"),
    "proc.name startswith allof names": check("startswith", Literal("names"), "allof"),
    "proc.name = oneof": check("=", Literal("oneof")),
    "proc.name = oneof and a": And((check("=", Literal("oneof")), A)),
    "proc.name = oneof_them": check("=", Literal("oneof_them")),
    "proc.name = 'anyof'": check("=", Literal("anyof")),
    # arguments
    "evt.arg[0] = x": check("=", Literal("x"), left=FieldUse("evt.arg", "0")),
    "proc.env['A B'] = x": check("=", Literal("x"), left=FieldUse("proc.env", "A B")),
    "proc.env[+=*] = x": check("=", Literal("x"), left=FieldUse("proc.env", "+=*")),
    # transformers
    "toupper( proc.name ) = X": check("=", Literal("X"), left=Transform("toupper", (NAME,))),
    "b64(tolower(proc.name)) exists": check("exists", left=Transform("b64", (Transform("tolower", (NAME,)),))),
    "proc.name = val(proc.name)": check("=", Transform("val", (NAME,))),
    "proc.name in tolower(proc.name)": check("in", Transform("tolower", (NAME,))),
    "val": Macro("val"),
    "len and a": And((Macro("len"), A)),
    'join("-", (proc.name, 5)) = x': check(
        "=", Literal("x"), left=Transform("join", (Literal("-"), TransformList((NAME, Literal("5")))))
    ),
    "join('', ()) = x": check("=", Literal("x"), left=Transform("join", (Literal(""), TransformList(())))),
    'getopt(fd.types, "n:")[n] = x': check(
        "=", Literal("x"), left=Transform("getopt", (FieldUse("fd.types"), Literal("n:")), "n")
    ),
}

# What is wrong, and the line and column of the first character that cannot be.
ERRORS = {
    "": ("the condition is empty", 1, 1),
    "  ": ("expected a '(' token, a field check, or an identifier", 1, 3),
    "= a": ("expected a '(' token", 1, 1),
    "a b": ("unexpected token after 'a'", 1, 3),
    "a andb": ("expected blank or '(' after 'and'", 1, 6),
    "a or": ("expected blank or '(' after 'or'", 1, 5),
    "a AND b": ("unexpected token after 'a'", 1, 3),
    "(a": ("expected a ')' token", 1, 3),
    "a)": ("unexpected token after 'a'", 1, 2),
    "a # b": ("unexpected token after 'a'", 1, 3),
    "proc.name": ("expected a valid check operator", 1, 10),
    "proc.name is x": ("expected a valid check operator", 1, 11),
    "proc.name not in (a)": ("expected a valid check operator", 1, 11),
    "proc.name containsx": ("expected a valid check operator", 1, 11),
    "proc.name contains": ("expected a valid check operator", 1, 11),
    "proc.name =": ("expected a string value", 1, 12),
    "proc.name = (a)": ("expected a string value", 1, 13),
    "proc.name = a=b": ("unexpected token after 'a'", 1, 14),
    'proc.name = "open': ("expected a string value", 1, 13),
    "fd.num > x": ("expected a number value", 1, 10),
    "fd.num > 5x": ("unexpected token after '5'", 1, 11),
    "proc.name in 5": ("expected a list, an identifier", 1, 14),
    "proc.name in (a b)": ("expected a ')' token", 1, 17),
    "proc.name in (a,)": ("expected a string value", 1, 17),
    "proc.name = oneof(a)": ("unexpected token after 'oneof'", 1, 18),
    "evt.arg[] = x": ("expected a valid field argument", 1, 9),
    "evt.arg[a b] = x": ("expected a ']' token", 1, 10),
    "toupper() = x": ("expected field transformer argument", 1, 9),
    "toupper(proc.name = x": ("expected a ')' token closing the transformer", 1, 19),
    "proc.name = val(x)": ("expected a field within 'val' transformer", 1, 17),
    "b64(val(proc.name)) = x": ("expected field transformer argument", 1, 5),
    "a and\n  b c": ("unexpected token after 'b'", 2, 5),
    r'proc.name = "a\q"': ("means nothing in a value quoted with", 1, 18),
    r'proc.name = "a\'"': ("means nothing in a value quoted with", 1, 18),
    r'proc.name = "\x4"': ("needs two hexadecimal digits", 1, 18),
}


@pytest.mark.parametrize("condition", TREES)
def test_conditions_parse_to_their_trees(condition: str) -> None:
    assert parse(condition) == TREES[condition]


@pytest.mark.parametrize("condition", TREES)
def test_normal_form_parses_to_the_same_tree(condition: str) -> None:
    normal = text(TREES[condition])
    assert parse(normal) == TREES[condition]
    assert text(parse(normal)) == normal


@pytest.mark.parametrize("condition", ERRORS)
def test_errors_say_what_and_where(condition: str) -> None:
    message, line, column = ERRORS[condition]
    with pytest.raises(ConditionSyntaxError) as caught:
        parse(condition)
    assert message in caught.value.message
    assert (caught.value.line, caught.value.column) == (line, column)
    assert str(caught.value).startswith(f"{line}:{column}: ")


def test_nodes_know_their_places() -> None:
    tree = parse("a and\n not proc.name in (x, y)")
    assert isinstance(tree, And)
    negation = tree.children[1]
    assert isinstance(negation, Not)
    assert negation.place == Location("", 2, 2)
    assert checks(tree)[0].place == Location("", 2, 6)


def test_places_follow_the_source() -> None:
    source = Source("a and proc.name = x y", (Anchor(0, Location("rules.yaml", 7, 3)),))
    with pytest.raises(ConditionSyntaxError) as caught:
        parse(source)
    assert str(caught.value.location) == "rules.yaml:7:23"


@pytest.mark.parametrize("depth", [1, 900, MAX_DEPTH - 1])
def test_deep_parentheses(depth: int) -> None:
    assert parse("(" * depth + "a" + ")" * depth) == A
    nested = parse("not (" * depth + "a" + ")" * depth)
    assert parse(text(nested)) == nested if depth < 200 else text(nested).startswith("not (not (")


def test_deeper_than_allowed_is_one_error() -> None:
    for condition in ("(" * 100_000, "(" * 100_000 + "a" + ")" * 100_000):
        with pytest.raises(ConditionSyntaxError, match=f"more than {MAX_DEPTH} parentheses"):
            parse(condition)


def test_transformers_nest_within_bounds() -> None:
    depth = MAX_TRANSFORM_DEPTH
    nested = parse("b64(" * depth + "proc.name" + ")" * depth + " exists")
    assert text(nested) == "b64(" * depth + "proc.name" + ")" * depth + " exists"
    with pytest.raises(ConditionSyntaxError, match="transformers inside one another"):
        parse("b64(" * 100_000 + "proc.name")


def test_long_conditions() -> None:
    names = [f"n{number}" for number in range(50_000)]
    listed = parse(f"proc.name in ({', '.join(names)})")
    assert isinstance(listed, Check) and listed.right == LiteralList(tuple(names))
    joined = parse(" or ".join(names))
    assert isinstance(joined, Or) and len(joined.children) == len(names)
    assert parse("not " * 50_000 + "a") == A


def json_ready(value: Any) -> Any:
    """Return JSON in which texts that are not UTF-8 stand as Falco's cases write them."""
    if isinstance(value, dict):
        return {key: json_ready(item) for key, item in value.items()}
    if isinstance(value, list):
        return [json_ready(item) for item in value]
    if isinstance(value, str) and any("\udc80" <= character <= "\udcff" for character in value):
        return {"bytes_hex": value.encode("utf-8", "surrogateescape").hex()}
    return value


@pytest.mark.parametrize("case", FALCO_CASES, ids=lambda case: case["id"])
def test_falco_agrees(case: dict[str, Any]) -> None:
    if case.get("kind") == "equivalent":
        assert parse(case["expr"]) == parse(case["expr2"])
    elif case["ok"]:
        tree = parse(case["expr"])
        assert json_ready(tree_json(tree)) == case["ast"]
        assert json_ready(falco_text(tree)) == case["canonical"]
        assert parse(text(tree)) == tree
    else:
        with pytest.raises(ConditionSyntaxError) as caught:
            parse(case["expr"])
        if "error_pos" in case:
            place = case["error_pos"]
            error = caught.value
            assert (error.offset, error.line, error.column) == (place["idx"], place["line"], place["col"])
