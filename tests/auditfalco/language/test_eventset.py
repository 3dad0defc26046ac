"""Which event types a condition can be true for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditfalco.language.eventset import EVERYTHING, NOTHING, EventSet, event_set
from auditfalco.language.parser import parse
from auditfalco.language.tree import And, Check, FieldUse, Literal, LiteralList, Node, Not, Or, fold
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME

SHARED = Path(__file__).resolve().parents[3].parent / "shared"
CASES = SHARED / "cases" / "falco" / "evtset.json"
TABLE = SHARED / "reference" / "evttypes.json"
FALCO_CASES: list[dict[str, Any]] = json.loads(CASES.read_text()) if CASES.exists() else []


def only(*names: str) -> EventSet:
    """Return a set of event types."""
    return EventSet(frozenset(names))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("evt.type = open", only("open")),
        ("evt.type in (open, close)", only("open", "close")),
        ("syscall.type = ptrace", only("ptrace")),
        ("evt.type != open", ~only("open")),
        ("not evt.type = open", ~only("open")),
        ("evt.type = open and proc.name = x", only("open")),
        ("evt.type = open or proc.name = x", EVERYTHING),
        ("proc.name = x and not (proc.pid = 1 or evt.type = open)", ~only("open")),
        ("not (evt.type = open and proc.name = x)", EVERYTHING),
        ("evt.type = open and evt.type = close", NOTHING),
        ("evt.type in (open, close) and not evt.type = close", only("open")),
        ("evt.type exists", EVERYTHING),
        ("not evt.type exists", NOTHING),
        ("evt.type in ()", NOTHING),
        ("evt.type contains open", EVERYTHING),
        ("not evt.type contains open", EVERYTHING),
        ("tolower(evt.type) = open", EVERYTHING),
        ("evt.type = val(syscall.type)", EVERYTHING),
        ("evt.type = anyof (open)", EVERYTHING),
        ("evt.num = 0", NOTHING),
        ("evt.num != 0", EVERYTHING),
        ("not evt.num > 0", NOTHING),
        ("evt.num = 0 or evt.type = open", only("open")),
        ("evt.num in (0, 1)", EVERYTHING),
        ("evt.num < 0", NOTHING),
        ("evt.num < -5", EVERYTHING),
    ],
)
def test_sets(condition: str, expected: EventSet) -> None:
    assert event_set(parse(condition)) == expected


def test_codes() -> None:
    assert only("open").codes() == EVENT_TYPES_BY_NAME["open"].codes
    assert only("umask", "sync").codes() == 2  # generic system calls share theirs
    assert (~only("open")).codes() > 100
    assert EVERYTHING.is_everything and not NOTHING.is_everything


types = st.sampled_from(["open", "close", "execve"])
checks = st.one_of(
    st.builds(Check, st.just(FieldUse("evt.type")), st.sampled_from(["=", "!="]), st.builds(Literal, types)),
    st.builds(
        Check,
        st.just(FieldUse("evt.type")),
        st.just("in"),
        st.builds(LiteralList, st.lists(types, max_size=3).map(tuple)),
    ),
    st.builds(
        Check, st.just(FieldUse("evt.num")), st.sampled_from(["=", "<", ">="]), st.sampled_from("012").map(Literal)
    ),
    st.builds(Check, st.just(FieldUse("proc.name")), st.just("="), st.sampled_from("ab").map(Literal)),
)
trees: st.SearchStrategy[Node] = st.recursive(
    checks,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=8,
)


def holds(tree: Node, event: dict[str, Any]) -> bool:
    """Answer a condition in the plainest way."""

    def combine(node: Node, below: list[bool]) -> bool:
        if isinstance(node, Not):
            return not below[0]
        if isinstance(node, (And, Or)):
            return all(below) if isinstance(node, And) else any(below)
        assert isinstance(node, Check) and isinstance(node.left, FieldUse)
        value = event[node.left.name]
        if isinstance(node.right, LiteralList):
            return value in node.right.items
        assert isinstance(node.right, Literal)
        if node.left.name == "evt.num":
            number = int(node.right.text)
            return bool({"=": value == number, "<": value < number, ">=": value >= number}[node.operator])
        return bool((value == node.right.text) == (node.operator == "="))

    return fold(tree, combine)


@given(trees, types, st.integers(1, 4), st.sampled_from("ab"))
def test_no_event_that_fulfils_a_condition_is_outside_its_set(tree: Node, name: str, number: int, process: str) -> None:
    if holds(tree, {"evt.type": name, "evt.num": number, "proc.name": process}):
        assert name in event_set(tree)


@pytest.mark.parametrize("case", FALCO_CASES, ids=lambda case: case["id"])
def test_falco_agrees(case: dict[str, Any]) -> None:
    table = json.loads(TABLE.read_text())
    by_code = {event["code"]: event["name"] for key in ("events", "old_versions", "unused") for event in table[key]}
    derived = event_set(parse(case["expr"]))
    if case["all"]:
        assert derived.is_everything
    elif "complement" in case:
        assert derived == EventSet(frozenset(by_code.get(name, name) for name in case["complement"]), True)
    else:
        assert derived == EventSet(frozenset(case["names"]))
