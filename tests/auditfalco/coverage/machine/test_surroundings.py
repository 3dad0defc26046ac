"""What stands beside the kernel: audit rules for the boot, engines' state."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from auditfalco.coverage.machine import surroundings
from auditfalco.coverage.machine.surroundings import look_around


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(surroundings, "RULE_FILES", (str(tmp_path / "*.rules"),))
    return tmp_path


def test_where_new_processes_are_kept_from_audit(rules: Path) -> None:
    (rules / "10-none.rules").write_text("# -a task,never\n-D\n-a always,exit -S all\n")
    (rules / "20-task.rules").write_text("-D\n-a task,never\n")
    (rules / "30-task.rules").write_text("  -A never,task -F uid=5\n-e 2\n")
    found = look_around()
    assert found.never_task == (str(rules / "20-task.rules"), str(rules / "30-task.rules"))
    assert found.locks == (str(rules / "30-task.rules"),)


def test_without_rule_files(rules: Path) -> None:
    assert look_around().never_task == ()


def test_rule_files_that_others_may_not_list(rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (rules / "20-task.rules").write_text("-a task,never\n")

    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    assert look_around().never_task == ()


def test_the_state_of_engines(rules: Path, tmp_path: Path) -> None:
    (tmp_path / "docker" / "containers").mkdir(parents=True)
    places = {state.directory: state for state in look_around([str(tmp_path / "docker"), "/nowhere"]).engines}
    state = places[str(tmp_path / "docker" / "containers")]
    assert (state.engine, state.readable) == ("Docker", True)
    assert not any(place.startswith("/nowhere") for place in places)
