"""The answers that Falco itself gives for rule files, as `run -V` reports them in JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

import pytest

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "cases" / "falco"


def cases(name: str, kind: str) -> list[Any]:
    """The cases of a file, as parameters; none where the file is not there."""
    path = SHARED / name
    found = json.loads(path.read_text()) if path.exists() else []
    return [pytest.param(case, id=case["id"]) for case in found if case["kind"] == kind]


def validated(case: dict[str, Any], command: Callable[..., Any]) -> Any:
    """What `run -V` says of a case's files."""
    names = [Path(name).name for name in case["file_names"]]
    options = [option for name in names for option in ("-V", name)]
    return command("run", *options, "-o", "json_output=true", files=dict(zip(names, case["files"])))


def check_file(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Compare what was found in a file."""
    assert set(ours) == {"name", "successful", "errors", "warnings", "schema_valid", "schema_warnings"}
    assert ours["successful"] == theirs["successful"]
    assert [issue["code"] for issue in ours["errors"]] == theirs["error_codes"]
    assert sorted(issue["code"] for issue in ours["warnings"]) == sorted(theirs["warning_codes"])
    assert (ours["schema_valid"], ours["schema_warnings"]) == (theirs["schema_valid"], theirs["schema_warnings"])
    for issue in (*ours["errors"], *ours["warnings"]):
        assert set(issue) == {"code", "codedesc", "context", "message"}
        assert set(issue["context"]) == {"locations", "snippet"}


@pytest.mark.parametrize("case", cases("loader.json", "load"))
def test_upstream_loader_tests(case: dict[str, Any], command: Callable[..., Any]) -> None:
    said = validated(case, command)
    results = json.loads(said.out)["falco_load_results"]
    check_file(results[-1], case["expect"])
    assert said.code == (0 if all(result["successful"] for result in results) else 1)
    assert [result["name"] for result in results] == [Path(name).name for name in case["file_names"]]


@pytest.mark.parametrize("case", cases("loader_generated.json", "validate"))
def test_generated_rule_files(case: dict[str, Any], command: Callable[..., Any]) -> None:
    said = validated(case, command)
    assert said.code == case["rc"]
    if case.get("results") is None:  # nothing but an error
        assert (said.out, said.err) == (case["stdout"], case["stderr"].splitlines(keepends=True)[-1])
        return
    for ours, theirs in zip(json.loads(said.out)["falco_load_results"], case["results"]):
        check_file(ours, theirs)
