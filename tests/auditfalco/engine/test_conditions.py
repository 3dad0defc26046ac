"""Conditions on events: chains and trees give the same answers, and Falco gives them too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditfalco.engine.compile import Compiler
from auditfalco.engine.field_event import FieldEvent, bind_field_event
from auditfalco.engine.walk import explain
from auditfalco.errors import ConditionError
from auditfalco.fields.catalogue import CATALOGUE, Catalogue
from auditfalco.language.parser import parse
from auditfalco.language.tree import And, Check, FieldUse, Literal, LiteralList, Macro, Node, Not, Or
from auditfalco.ruleset.advice import remarks_on_constants

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "cases" / "falco"
# "exists" of these depends on a socket that the event's fields say nothing of.
OF_A_SOCKET = {"gen/custom/custom_net/69"}


def answer(condition: str | Node, values: dict[str, Any], catalogue: Catalogue = CATALOGUE) -> bool:
    """Answer a condition as a chain and as a tree; both must agree."""
    tree = parse(condition) if isinstance(condition, str) else condition
    event = FieldEvent(values)
    result = Compiler(bind_field_event, catalogue.resolve).compile(tree).holds(event)
    assert explain(tree, event, bind_field_event, catalogue.resolve).result is result
    return result


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("proc.name = cat", True),
        ("proc.name = cat and proc.pid = 1", False),
        ("proc.name = cat or proc.pid = 1", True),
        ("not proc.name = cat", False),
        ("proc.pname = sh", False),
        ("proc.pname != sh", False),
        ("not proc.pname = sh", True),
        ("proc.pname exists", False),
        ("not (proc.name = dog or not proc.pid = 7)", True),
        ("not (not proc.name = cat)", True),
        ("proc.name = dog and proc.pid = 7 or proc.name = cat", True),
        ("(proc.name = dog or proc.pid = 7) and not proc.name = cat", False),
    ],
)
def test_absent_is_neither_equal_nor_unequal(condition: str, expected: bool) -> None:
    assert answer(condition, {"proc.name": "cat", "proc.pid": 7, "proc.pname": None}) is expected


def test_times_around_a_moment() -> None:
    second = 1_000_000_000
    condition = f"evt.around[{5 * second}] = 1000"
    assert [answer(condition, {f"evt.around[{5 * second}]": at * second}) for at in (3, 4, 5, 6, 7)] == [
        False,
        True,
        True,
        True,
        False,
    ]
    with pytest.raises(ConditionError, match="only compares with '='"):
        answer("evt.around[1] > 5", {})


def test_only_what_decides_is_looked_at() -> None:
    looked: list[str] = []

    def bind(ref: Any) -> Any:
        def read(event: Any) -> Any:
            looked.append(ref.name)
            return event.get(ref.name)

        return read

    condition = "proc.pid = 1 and proc.name = a or not (fd.num = 1 or fd.name = b)"
    chain = Compiler(bind, CATALOGUE.resolve).compile(parse(condition))
    assert not chain.holds({"proc.pid": 2, "fd.num": 1})
    assert looked == ["proc.pid", "fd.num"]


def test_a_macro_that_was_not_put_in_is_a_mistake() -> None:
    for use in (
        lambda: Compiler(bind_field_event, CATALOGUE.resolve).compile(Macro("m")),
        lambda: explain(Macro("m"), FieldEvent({}), bind_field_event, CATALOGUE.resolve),
    ):
        with pytest.raises(ValueError, match="macro m"):
            use()


@pytest.mark.parametrize("depth", [900])
def test_deep_conditions_need_no_deep_stack(depth: int) -> None:
    words = ["and", "or"]
    opened = "".join(f"(proc.pid {'!=' if n % 2 else '='} {n} {words[n % 2]} not " for n in range(depth))
    assert answer(opened + "proc.name = cat" + ")" * depth, {"proc.name": "cat", "proc.pid": -1}) in (True, False)


def test_equal_checks_are_bound_once() -> None:
    bound: list[str] = []

    def bind(ref: Any) -> Any:
        bound.append(ref.name)
        return lambda event: None

    compiler = Compiler(bind, CATALOGUE.resolve)
    compiler.compile(parse("proc.name = a or proc.name = a"))
    compiler.compile(parse("proc.name = a"))
    assert bound == ["proc.name"]


# Random trees against an evaluator that cannot be wrong: the definition, written down.
names = st.sampled_from(["proc.name", "proc.pname", "fd.name"])
texts = st.sampled_from(["", "a", "b", "ab"])
checks = st.one_of(
    st.builds(Check, names.map(FieldUse), st.just("exists")),
    st.builds(
        Check,
        names.map(FieldUse),
        st.sampled_from(["=", "!=", "contains", "startswith", "endswith"]),
        texts.map(Literal),
    ),
    st.builds(
        Check,
        names.map(FieldUse),
        st.just("in"),
        st.lists(texts, max_size=3).map(lambda items: LiteralList(tuple(items))),
    ),
    st.builds(
        Check,
        names.map(FieldUse),
        st.sampled_from(["=", "!=", "contains"]),
        st.lists(texts, max_size=3).map(lambda items: LiteralList(tuple(items))),
        st.sampled_from(["oneof", "anyof", "allof"]),
    ),
)
trees: st.SearchStrategy[Node] = st.recursive(
    checks,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(And, st.lists(inner, min_size=2, max_size=4).map(tuple))
        | st.builds(Or, st.lists(inner, min_size=2, max_size=4).map(tuple))
    ),
    max_leaves=12,
)
events = st.dictionaries(names, st.none() | texts)


def defined(node: Node, values: dict[str, Any]) -> bool:
    """Answer a condition by its definition, recursively."""
    if isinstance(node, Not):
        return not defined(node.child, values)
    if isinstance(node, And):
        return False not in [defined(child, values) for child in node.children]
    if isinstance(node, Or):
        return True in [defined(child, values) for child in node.children]
    assert isinstance(node, Check) and isinstance(node.left, FieldUse)
    value = values.get(node.left.name)
    if value is None:
        return False
    if node.operator == "exists":
        return True
    items = node.right.items if isinstance(node.right, LiteralList) else (getattr(node.right, "text", ""),)
    results = [compared(value, node.operator, item) for item in items]
    if node.modifier == "oneof":
        return results.count(True) == 1
    if node.modifier == "allof":
        return bool(results) and False not in results
    return True in results


def compared(value: str, operator: str, constant: str) -> bool:
    """Compare two texts."""
    return {
        "=": value == constant,
        "in": value == constant,
        "!=": value != constant,
        "contains": constant in value,
        "startswith": value[: len(constant)] == constant,
        "endswith": value[len(value) - len(constant) :] == constant and len(constant) <= len(value),
    }[operator]


@given(trees, events)
def test_random_conditions(tree: Node, values: dict[str, Any]) -> None:
    assert answer(tree, values) is defined(tree, values)


def cases(name: str) -> list[Any]:
    """Return the cases of a file, as parameters; none where the file is not there."""
    path = SHARED / name
    return [pytest.param(case, id=case["id"]) for case in (json.loads(path.read_text()) if path.exists() else [])]


def falco_answer(case: dict[str, Any]) -> bool | str:
    """Return our answer for a case, ``"error"`` where the condition is refused."""
    try:
        catalogue = CATALOGUE.declared({name: kind for name, kind in case["types"].items() if kind})
        # A field that Falco itself cannot read stands in the cases as an object that says so.
        values = {k: None if isinstance(v, dict) and "bytes_hex" not in v else v for k, v in case["event"].items()}
        result = answer(case["expr"], values, catalogue)
    except ConditionError:
        return "error"
    if case["id"].startswith("gen/"):
        remarks = [remark.message for remark in remarks_on_constants(parse(case["expr"]), catalogue.resolve)]
        assert remarks == case.get("warnings", [])
    return result


@pytest.mark.parametrize("case", cases("eval.json") + cases("eval_generated.json"))
def test_falco_agrees(case: dict[str, Any]) -> None:
    if case["id"] in OF_A_SOCKET:
        pytest.skip("depends on more than the fields of the event")
    if case["expect"] == "compiles":
        assert falco_answer(case) in (True, False)
    else:
        assert falco_answer(case) == case["expect"]
