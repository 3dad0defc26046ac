"""`explain --batch`: one request a line in, one reply a line out, whatever the request."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest

from auditfalco.cli.deep_json import NotJson, dumps, loads

Command = Callable[..., Any]


def replies(command: Command, *requests: Any, code: int = 0) -> list[dict[str, Any]]:
    """The replies to some requests; a text is a line as it is."""
    lines = [request if isinstance(request, str) else json.dumps(request) for request in requests]
    said = command("explain", "--batch", "b.jsonl", files={"b.jsonl": "\n".join(lines)})
    assert (said.code, said.err) == (code, "")
    return [json.loads(line) for line in said.out.splitlines()]


def test_conditions_without_an_event_are_parsed(command: Command) -> None:
    assert replies(command, {"id": 1, "expr": "evt.type = open and not proc.name in (a, 'b c')"}) == [
        {
            "id": 1,
            "ok": True,
            "tree": {
                "and": [
                    {"left": {"field": "evt.type"}, "op": "=", "right": {"value": "open"}},
                    {"not": {"left": {"field": "proc.name"}, "op": "in", "right": {"list": ["a", "b c"]}}},
                ]
            },
            "canonical": '(evt.type = open and not proc.name in (a, "b c"))',
            "event_types": ["open"],
        }
    ]


def test_macros_leave_the_event_types_open(command: Command) -> None:
    (reply,) = replies(command, {"id": "m", "expr": "a and b"})
    assert reply == {"id": "m", "ok": True, "tree": {"and": [{"macro": "a"}, {"macro": "b"}]}, "canonical": "(a and b)"}


def test_errors_have_a_place(command: Command) -> None:
    (reply,) = replies(command, {"id": 1, "expr": "a and\n b ="})
    assert (reply["ok"], reply["line"], reply["column"]) == (False, 2, 4)


def test_conditions_with_an_event_are_answered(command: Command) -> None:
    event = {"proc.name": "cat", "proc.pid": 5, "fd.name": None, "x.n": 200, "x.l": ["a", "b"]}
    types = {"x.n": "UINT8", "x.l": "LIST(CHARBUF)"}
    expected = {
        "proc.name = cat": True,
        "proc.pid > 5": False,
        "fd.name != x": False,
        "not fd.name = x": True,
        "x.n = -56": True,
        "x.l in (a, b, c)": True,
        "x.l intersects (c)": False,
    }
    requests = [{"id": text, "expr": text, "event": event, "types": types} for text in expected]
    assert {reply["id"]: reply["result"] for reply in replies(command, *requests)} == expected


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ({"expr": "x.n = 1", "event": {"x.n": 1}}, "nonexistent field x.n"),
        ({"expr": "x.n = 1", "event": {"x.n": 1}, "types": {"x.n": "INT7"}}, "unknown type INT7"),
        ({"expr": "proc.pid contains 1", "event": {}}, "not supported"),
        ({"expr": "proc.pid = 1", "event": {"proc.pid": {}}}, "the event gives 'proc.pid'"),
        ({"expr": "mine", "event": {}}, "Undefined macro 'mine'"),
        ({"expr": "proc.name =", "event": {}}, "expected a string value"),
    ],
)
def test_what_cannot_be_answered_has_no_result(command: Command, request_: dict[str, Any], error: str) -> None:
    (reply,) = replies(command, {"id": 0, **request_})
    assert reply["result"] is None
    assert error in reply["error"]


def test_output_lines(command: Command) -> None:
    event = {"proc.name": "cat", "proc.pid": 5, "fd.name": None}
    strict, lenient, as_json, broken, empty = replies(
        command,
        {"id": 1, "format": "%proc.name %fd.name", "event": event},
        {"id": 2, "format": "*%proc.name %fd.name %4proc.pid|", "event": event},
        {"id": 3, "format": "%proc.name %proc.pid %fd.name", "event": event, "json": True},
        {"id": 4, "format": "%no.field", "event": event},
        {"id": 5, "format": "text", "json": True},
    )
    assert strict == {"id": 1, "ok": True, "output": None, "field_values": {"proc.name": "cat"}}
    assert lenient["output"] == "cat <NA> 5   |"
    assert as_json["output"] == '{"proc.name":"cat","proc.pid":5}'
    assert (broken["ok"], "output" in broken) == (False, False)
    assert empty == {"id": 5, "ok": True, "output": "null", "field_values": {}}


def test_lines_that_are_no_request_are_answered_too(command: Command) -> None:
    bad = ["{", "[]", '"x"', '{"id": 7}', {"id": 8, "expr": 5}, {"id": 9, "expr": "evt.num=1", "event": []}]
    bad += [
        {"id": 10, "expr": "evt.num=1", "event": {}, "types": [1]},
        {"id": 11, "format": []},
        "[" * 100_000,
        "9" * 10_000,
    ]
    answered = replies(command, *bad, "", {"id": "last", "expr": "a"}, code=1)
    assert [reply["id"] for reply in answered] == [None, None, None, 7, 8, 9, 10, 11, None, None, "last"]
    assert [reply["ok"] for reply in answered] == [False] * 10 + [True]
    assert answered[1]["error"] == "line 2: a request is a JSON object"


def test_conditions_that_are_not_utf8(command: Command) -> None:
    (reply,) = replies(command, {"id": 1, "expr": {"bytes_hex": b"proc.name = ".hex() + "ff"}})
    assert reply["tree"]["right"] == {"value": {"bytes_hex": "ff"}}
    assert reply["canonical"] == {"bytes_hex": b"proc.name = ".hex() + "ff"}
    (reply,) = replies(command, {"id": 1, "expr": "proc.name = '\ud800 \U0001f600'"})
    assert reply["tree"]["right"] == {"value": "\ufffd \U0001f600"}


@pytest.mark.parametrize(
    ("condition", "ok"),
    [
        ("(" * 900 + "a" + ")" * 900, True),
        ("not (" * 900 + "a" + ")" * 900, True),
        ("not " * 100_000 + "a", True),
        ("a or " * 100_000 + "a", True),
        ("proc.name in (" + ", ".join(["x"] * 50_000) + ")", True),
        ("(" * 100_000, False),
        ("(" * 100_000 + "a" + ")" * 100_000, False),
        ("not (" * 100_000, False),
        ("tolower(" * 100_000, False),
        ("proc.name = '" + "x" * 1_000_000, False),
        ("\0", False),
        ("proc.name = \\", True),
    ],
    ids=range(12),
)
def test_hostile_conditions(command: Command, condition: str, ok: bool) -> None:
    (reply,) = replies(command, {"id": 1, "expr": condition})
    assert reply["ok"] is ok
    if not ok:
        assert len(reply["error"]) < 400
        assert reply["line"] == 1


def test_json_of_any_depth() -> None:
    deep: Any = "end"
    for _ in range(5_000):
        deep = {"below": [deep]}
    assert dumps(deep) == '{"below": [' * 5_000 + '"end"' + "]}" * 5_000


@pytest.mark.parametrize(
    "value", [None, True, 1, -2.5, "", 'a"b\\', "\x7f\x00é😀", [], {}, [[1], {"a": [None]}], {"": {}}]
)
def test_json_there_and_back(value: Any) -> None:
    assert loads(dumps(value)) == value
    assert dumps(value).isprintable()


def test_what_is_no_json_is_located() -> None:
    with pytest.raises(NotJson) as caught:
        loads('{\n "a": x}')
    assert (caught.value.line, caught.value.column) == (2, 7)
