"""What killed runs of the agent have left: notes of settings, and audit rules."""

from __future__ import annotations

import dataclasses
import stat
from pathlib import Path
from typing import cast

import pytest

from auditfalco.agent.leftovers import (
    Note,
    SettingsNote,
    notes_of_the_dead,
    others_run,
    remove_strays,
    stray_rules,
    take_over,
)
from auditfalco.coverage.keys import Instance, keys_of
from kernel_sources.audit.control import AuditControl
from kernel_sources.audit.installed import InstalledRules, SettingChange
from kernel_sources.audit.rule import AuditRule, Field, rule
from kernel_sources.audit.status import AuditStatus
from kernel_sources.procfs import ProcFS

LIVING, DEAD, REUSED, ZOMBIE = Instance(10, 500), Instance(11, 500), Instance(12, 400), Instance(13, 500)
CHANGES = {"enabled": SettingChange(0, frozenset({1})), "backlog_limit": SettingChange(64, frozenset({8192}))}


@pytest.fixture
def proc(tmp_path: Path) -> ProcFS:
    """A /proc with the living run, a younger process under the number of a dead one, and a zombie."""
    root = tmp_path / "proc"
    for pid, state in ((10, "S"), (12, "S"), (13, "Z")):
        (root / str(pid)).mkdir(parents=True)
        later = " ".join(["0"] * 18 + ["500"] + ["0"] * 30)
        (root / str(pid) / "stat").write_text(f"{pid} (agent) {state} {later}\n")
    return ProcFS(str(root))


def asked(instance: Instance | None) -> AuditRule:
    return rule("exit", "always", Field("auid", "=", 1), keys=keys_of(instance))


class Kernel:
    """Rules, and settings as a dead run left them."""

    def __init__(self, *rules: AuditRule) -> None:
        self.rules = list(rules)
        self.state = AuditStatus(1, 1, 0, 0, 8192, 0, 0, 0x7F, 15000, 0)

    def status(self) -> AuditStatus:
        return self.state

    def list_rules(self) -> list[AuditRule]:
        return list(self.rules)

    def delete_rule(self, one: AuditRule) -> None:
        self.rules.remove(one)

    def set_enabled(self, enabled: bool) -> None:
        self.state = dataclasses.replace(self.state, enabled=int(enabled))

    def set_backlog_limit(self, records: int) -> None:
        self.state = dataclasses.replace(self.state, backlog_limit=records)


def test_rules_of_dead_runs_alone_are_strays(proc: ProcFS) -> None:
    foreign = rule("exit", "always", Field("auid", "=", 2), keys=["theirs"])
    rules = [foreign, asked(None), *(asked(run) for run in (LIVING, DEAD, REUSED, ZOMBIE))]
    assert stray_rules(rules, proc) == [asked(DEAD), asked(REUSED), asked(ZOMBIE)]
    kernel = Kernel(*rules)
    assert remove_strays(cast(AuditControl, kernel), proc) == 3
    assert kernel.rules == [foreign, asked(None), asked(LIVING)]


def test_a_note_is_there_while_something_is_changed(tmp_path: Path, proc: ProcFS) -> None:
    note = SettingsNote(DEAD, tmp_path / "run")
    note.write(CHANGES)
    (path,) = (tmp_path / "run").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert notes_of_the_dead(proc, tmp_path / "run") == [Note(path, CHANGES)]
    note.write({})
    assert (list((tmp_path / "run").iterdir()), note.failure) == ([], None)


def test_a_note_of_a_living_run_is_its_own(tmp_path: Path, proc: ProcFS) -> None:
    SettingsNote(LIVING, tmp_path).write(CHANGES)
    assert notes_of_the_dead(proc, tmp_path) == []


def test_a_note_that_cannot_be_written_is_a_failure_and_no_error(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("no directory")
    note = SettingsNote(DEAD, tmp_path / "run")
    note.write(CHANGES)
    assert note.failure is not None


@pytest.mark.parametrize(
    "content", ["", "[]", '{"enabled": 1}', '{"enabled": [0]}', '{"pid": [0, 1]}', '{"enabled": [-1, 1]}']
)
def test_a_broken_note_says_nothing(tmp_path: Path, proc: ProcFS, content: str) -> None:
    path = tmp_path / "settings-11-500.json"
    path.write_text(content)
    assert notes_of_the_dead(proc, tmp_path) == [Note(path, {})]


def test_settings_of_the_dead_are_restored_by_the_next_run_at_its_end(tmp_path: Path, proc: ProcFS) -> None:
    SettingsNote(DEAD, tmp_path).write(CHANGES)
    kernel = Kernel()
    own = SettingsNote(LIVING, tmp_path)
    installed = InstalledRules(cast(AuditControl, kernel), own.write)
    take_over(installed, proc, tmp_path)
    assert [path.name for path in tmp_path.glob("settings*")] == ["settings-10-500.json"]
    installed.undo()
    assert (kernel.state.enabled, kernel.state.backlog_limit) == (0, 64)
    assert list(tmp_path.glob("settings*")) == []


def test_a_living_run_with_rules_relies_on_the_settings(proc: ProcFS) -> None:
    own = Instance(20, 1)
    assert others_run([asked(own), asked(LIVING)], own, proc)
    assert not others_run([asked(own), asked(DEAD), asked(ZOMBIE), asked(None)], own, proc)


def test_settings_may_stay_with_what_is_known_of_them(tmp_path: Path) -> None:
    kernel = Kernel()
    kernel.state = dataclasses.replace(kernel.state, backlog_limit=64)
    noted: list[dict[str, SettingChange]] = []
    installed = InstalledRules(cast(AuditControl, kernel), lambda changes: noted.append(dict(changes)))
    installed.set_backlog_limit(8192)
    assert installed.undo(settings=False) == []
    assert (kernel.state.backlog_limit, noted[-1]["backlog_limit"].before) == (8192, 64)
    assert installed.undo() == []
    assert (kernel.state.backlog_limit, noted[-1]) == (64, {})
