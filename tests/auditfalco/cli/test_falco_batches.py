"""The answers that Falco's own code gives to conditions and output lines, asked for by `explain --batch`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parents[3].parent / "shared"
CASES = SHARED / "cases" / "falco"
OF_A_SOCKET = {"gen/custom/custom_net/69": "whether it exists depends on a socket that the event says nothing of"}


@cache
def cases(name: str) -> tuple[dict[str, Any], ...]:
    """The cases of a file; none where the file is not there."""
    path = CASES / name
    return tuple(json.loads(path.read_text())) if path.exists() else ()


def parameters(name: str) -> list[Any]:
    """The numbers of a file's cases, as parameters under their names."""
    return [pytest.param(number, id=case["id"]) for number, case in enumerate(cases(name))]


def request(case: dict[str, Any], wanted: tuple[str, ...]) -> dict[str, Any]:
    """What is asked for a case."""
    return {"id": case["id"], **{key: case[key] for key in wanted if key in case}}


@cache
def replies(name: str, wanted: tuple[str, ...]) -> list[dict[str, Any]]:
    """The replies to all cases of a file, from one run."""
    return answered(request(case, wanted) for case in cases(name))


def answered(requests: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The replies to some requests."""
    asked = "".join(json.dumps(line) + "\n" for line in requests)
    command = [sys.executable, "-m", "auditfalco", "explain", "--batch", "-"]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, timeout=300, check=True)
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


def reply_to(name: str, number: int, *wanted: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A case and the reply to it."""
    case, reply = cases(name)[number], replies(name, wanted)[number]
    assert reply["id"] == case["id"]
    return case, reply


@pytest.mark.parametrize("number", parameters("parser.json"))
def test_trees(number: int) -> None:
    case, reply = reply_to("parser.json", number, "expr")
    assert reply["ok"] == case["ok"]
    if case.get("kind") == "equivalent":
        return
    if case["ok"]:
        assert (reply["tree"], reply["canonical"]) == (case["ast"], case["canonical"])
    elif "error_pos" in case:
        assert (reply["line"], reply["column"]) == (case["error_pos"]["line"], case["error_pos"]["col"])


def test_conditions_that_mean_the_same_have_the_same_tree() -> None:
    if not cases("parser.json"):
        pytest.skip("the cases are not there")
    first = {reply["id"]: reply for reply in replies("parser.json", ("expr",))}
    pairs = [{"id": case["id"], "expr": case["expr2"]} for case in cases("parser.json") if "expr2" in case]
    for second in answered(pairs):
        assert second["tree"] == first[second["id"]]["tree"], second["id"]


@pytest.mark.parametrize("number", parameters("eval.json"))
def test_answers(number: int) -> None:
    check_answer("eval.json", number)


@pytest.mark.parametrize("number", parameters("eval_generated.json"))
def test_generated_answers(number: int) -> None:
    check_answer("eval_generated.json", number)


def check_answer(name: str, number: int) -> None:
    """Compare one answer."""
    case, reply = reply_to(name, number, "expr", "event", "types")
    if case["id"] in OF_A_SOCKET:
        pytest.skip(OF_A_SOCKET[case["id"]])
    if case["expect"] == "error":
        assert reply["result"] is None
        assert reply["error"]
    elif case["expect"] == "compiles":
        assert reply["result"] in (True, False)
    else:
        assert reply.get("result") is case["expect"], reply


@pytest.mark.parametrize("number", parameters("evtset.json"))
def test_event_types(number: int) -> None:
    case, reply = reply_to("evtset.json", number, "expr")
    table = json.loads((SHARED / "reference" / "evttypes.json").read_text())
    every = ({event["name"] for event in table["events"]} | set(table["generic_syscalls"])) - {""}
    by_code = {event["code"]: event["name"] for key in ("events", "old_versions", "unused") for event in table[key]}
    types = set(reply["event_types"])
    if "complement" in case:
        left_out = {by_code.get(name, name) for name in case["complement"]}
        assert types >= every - left_out
        assert not types & left_out
    else:
        assert types == set(case["names"])


@pytest.mark.parametrize("number", parameters("format.json"))
def test_output_lines(number: int) -> None:
    case, reply = reply_to("format.json", number, "format", "event", "types", "json")
    assert reply["ok"] == case["ok"], reply
    if not case["ok"]:
        assert reply["error"]
        return
    if case["returns"] or case["json"]:
        assert reply["output"] == case["output"]
    else:
        assert reply["output"] is None
    ours = reply["field_values"]
    # Falco's formatter also keeps values of lines that it formatted before.
    assert ours == {key: value for key, value in case.get("field_values", ours).items() if key in ours}
