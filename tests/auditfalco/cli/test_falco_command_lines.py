"""The answers that Falco itself gives to command lines."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Callable

import pytest

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "cases" / "falco"

SKIPPED = {
    "gen/config/plugins_not_loaded": "Falco loads a plugin's library; here plugins take no effect, and are said so"
}

OTHER_WORDS = {
    "cli/Help--help": "our name stands in the usage line",
    "gen/help": "our own help text",
    "gen/version_json": "the versions of the build machine",
    "gen/config_is_dir": "the words of the C++ library",
    "gen/V_dir": "the words of the C++ library",
    "gen/opt/02:=x": "the words of yaml-cpp",
    "gen/config/rules_sel_bad": "the words of yaml-cpp",
    "gen/V_bad_verbose": "our places count from 1 and lie in the file, Falco's in the expanded condition",
    "gen/list_N": "the fields of Falco's container plugin are built in",
    "gen/list_markdown": "our own descriptions",
    "gen/list_markdown_flag": "our own descriptions",
}
"""Cases of which not every word is compared, and why; their exit codes are, and what is the same in both."""

OTHER_LINES = {
    "Falco version: ": "the version of the build machine",
    "Invalid (positive) syscall names": "base_syscalls takes no effect, and is said so",
    "An append_ouptut entry specifies": "said in our own words",
    "...": "where the case leaves something out",
}
"""Beginnings of lines on standard error that are not compared."""

OTHER_MESSAGES = re.compile(r"yaml-cpp: |unknown filter: |The standalone 'enabled' key")
"""Messages that have words of Falco's libraries in them, or that are longer than ours."""


def cases(name: str) -> list[Any]:
    """The cases of a file, as parameters; none where the file is not there."""
    path = SHARED / name
    found = json.loads(path.read_text()) if path.exists() else []
    return [pytest.param(case, id=case["id"]) for case in found]


def unordered(value: Any) -> Any:
    """JSON with every list sorted: Falco's come out of hash tables."""
    if isinstance(value, dict):
        return {key: unordered(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted((unordered(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


def check_results(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> None:
    """Compare what was found in every file."""
    for mine, expected in zip(ours, theirs):
        assert mine["successful"] == expected["successful"]
        for kind in ("errors", "warnings"):
            assert [issue["code"] for issue in mine[kind]] == [issue["code"] for issue in expected[kind]]
            for issue, other in zip(mine[kind], expected[kind]):
                last = issue["context"]["locations"][-1]
                assert [last["item_type"], last["item_name"]] == other["item"]
                if not OTHER_MESSAGES.match(other["message"]):
                    assert other["message"] in issue["message"]
    assert len(ours) == len(theirs)


def check_described(described: dict[str, Any], expect: dict[str, Any]) -> None:
    """Compare what is described with what a case says of it."""
    rules = {rule["info"]["name"]: rule for rule in described["rules"]}
    if "conditions" in expect:
        compiled = {name: rule["details"]["condition_compiled"] for name, rule in rules.items()}
        assert compiled == expect["conditions"]
    if "enabled" in expect:
        assert {name: rule["info"]["enabled"] for name, rule in rules.items()} == expect["enabled"]


def check_asserted(said: Any, expect: dict[str, Any]) -> None:
    """Compare with what Falco's own tests assert."""
    for stream, text in (("stdout", said.out), ("stderr", said.err)):
        assert all(part in text for part in expect.get(f"{stream}_contains", ()))
        assert all(re.search(pattern, text) for pattern in expect.get(f"{stream}_regex", ()))
        assert not any(re.search(pattern, text) for pattern in expect.get(f"{stream}_not_regex", ()))


@pytest.mark.parametrize("case", cases("cli.json"))
def test_upstream_tests(case: dict[str, Any], command: Callable[..., Any]) -> None:
    expect, observed = case["expect"], case.get("observed", case["expect"])
    said = command("run", *case["args"], files=case["files"])
    assert said.code == observed["rc"], said.err
    if case["id"] in OTHER_WORDS:
        expect = {"stdout_contains": [part for part in expect["stdout_contains"] if not part.startswith("falco ")]}
    check_asserted(said, expect)
    if "results" in observed:
        report = json.loads(said.out)
        check_results(report["falco_load_results"], observed["results"])
        if "falco_describe_results" in report:
            check_described(report["falco_describe_results"], expect)
    elif "stdout_len" in observed and case["id"] not in OTHER_WORDS:
        assert said.out == observed["stdout"]


@pytest.mark.parametrize("case", cases("cli_generated.json"))
def test_generated_command_lines(case: dict[str, Any], command: Callable[..., Any]) -> None:
    if case["id"] in SKIPPED:
        pytest.skip(SKIPPED[case["id"]])
    expect = case["expect"]
    said = command("run", *case["args"], files=case["files"])
    assert said.code == expect["rc"], said.err
    if case["id"] in OTHER_WORDS:
        check_other_words(said, case)
        return
    if "stdout_json" in expect:
        assert unordered(json.loads(said.out)) == unordered(expect["stdout_json"])
    else:
        assert said.out == expect["stdout"]
    for line in expect["stderr"]:
        if not line.startswith(tuple(OTHER_LINES)):
            assert line in said.err


def check_other_words(said: Any, case: dict[str, Any]) -> None:
    """Compare what is the same in both of a case that differs in words."""
    expect = case["expect"]
    if expect["rc"]:
        assert "Error: " in said.err
        assert expect["stdout"].partition("\n")[0] == said.out.partition("\n")[0]
    elif "stdout_json" in expect:
        assert set(expect["stdout_json"]) <= set(json.loads(said.out))
    elif "-N" in case["args"]:
        extra = set(said.out.split()) - set(expect["stdout"].split())
        assert set(expect["stdout"].split()) <= set(said.out.split())
        assert {name.partition(".")[0] for name in extra} == {"container", "k8s"}
    elif "markdown" in case["id"]:
        title, description, *rest = [line for line in expect["stdout"].splitlines() if line]
        ours = [line for line in said.out.splitlines() if line]
        assert ours[0] == title
        assert description
        assert ours[2:4] == rest[:2]
