"""Audit rules that follow the files that rules name; the kernel's side is made up, the files are real."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from auditfalco.agent import named_files
from auditfalco.agent.asked import Asked
from auditfalco.agent.asking import ask, widened
from auditfalco.agent.named_files import NamedFiles
from auditfalco.coverage.constraints import Named, Succeeded
from auditfalco.coverage.files import HostFiles
from auditfalco.coverage.needs import Needs
from auditfalco.coverage.plan import Plan
from auditfalco.coverage.rulemaking import PlannedRule
from kernel_sources.audit import rule_text
from kernel_sources.audit.rule import AuditRule, Field, rule
from kernel_sources.errors import RuleRefused
from kernel_sources.procfs import ProcFS


class Installed:
    """The kernel's list, and what happened to it; rules with some field are not understood."""

    def __init__(self) -> None:
        self.ours: list[AuditRule] = []
        self.history: list[str] = []
        self.gone: list[AuditRule] = []
        self.unknown = ""

    def add_all(self, rules: Iterable[AuditRule]) -> list[RuleRefused]:
        refused = []
        for one in rules:
            if any(field.name == self.unknown for field in one.fields):
                refused.append(RuleRefused(rule_text.text(one), errno.EINVAL))
            else:
                self.ours.append(one)
                self.history.append(f"+{one.value_of('path')}")
        return refused

    def remove(self, one: AuditRule) -> bool:
        self.gone = [other for other in self.gone if other != one]
        if one not in self.ours:
            return False
        self.ours.remove(one)
        self.history.append(f"-{one.value_of('path')}")
        return True

    def missing(self) -> list[AuditRule]:
        return self.gone


@pytest.fixture
def installed() -> Installed:
    return Installed()


@pytest.fixture
def names(installed: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NamedFiles]:
    monkeypatch.setattr(named_files, "MISSING_SECONDS", 0.01)
    way = frozenset({Named(f"{tmp_path}/link/file"), Succeeded(True)})
    made = NamedFiles(Plan(Needs({"creat": {way: ("r",)}})), Asked(installed), HostFiles(ProcFS()))  # type: ignore[arg-type]
    yield made
    made.stop()


def wait_for(installed: Installed, *paths: object) -> None:
    """Wait until exactly these names are watched; a bug makes the test hang no longer than its patience."""
    for _ in range(1000):
        if {one.value_of("path") for one in installed.ours} == set(map(str, paths)):
            return
        named_files.time.sleep(0.01)
    pytest.fail(f"watched: {installed.ours}")


def test_a_name_is_followed(installed: Installed, names: NamedFiles, tmp_path: Path) -> None:
    names.start()
    assert installed.ours == []
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to("a")
    wait_for(installed, tmp_path / "a/file")
    (tmp_path / "b").mkdir()
    (tmp_path / "next").symlink_to("b")
    (tmp_path / "next").rename(tmp_path / "link")
    names.look_again()
    wait_for(installed, tmp_path / "b/file")
    assert installed.history.index(f"+{tmp_path}/b/file") < installed.history.index(f"-{tmp_path}/a/file")


def test_what_the_kernel_has_dropped_is_asked_for_again(
    installed: Installed, names: NamedFiles, tmp_path: Path
) -> None:
    (tmp_path / "link").mkdir()
    names.start()
    before = list(installed.ours)
    installed.gone = list(before)
    names.look_again()
    names.stop()
    assert installed.ours == before and installed.history.count(f"+{tmp_path}/link/file") == 2 * len(before)


def test_what_the_kernel_does_not_understand_is_asked_for_more_widely(installed: Installed) -> None:
    installed.unknown = "saddr_fam"
    asked = Asked(installed)  # type: ignore[arg-type]
    made = rule("exit", "always", Field("arch", "=", 1), Field("a0", "=", 2), Field("saddr_fam", "=", 2), syscalls=[42])
    answer = ask(asked, [PlannedRule(made, ("r",), 1)])
    assert [str(field) for field in answer.taken[made].fields] == ["arch=1", "a0=2"]
    assert (answer.refused, [one.rule for one in asked.wanted]) == ([], [answer.taken[made]])


def test_a_rule_never_becomes_one_for_everybody_nor_a_wider_silence() -> None:
    own = PlannedRule(rule("exit", "always", Field("arch", "=", 1), Field("auid", "=", 7), syscalls=[42]), (), 1)
    quiet = PlannedRule(rule("exit", "never", Field("exe", "=", "/x"), Field("a0", "=", 1), syscalls=[42]), (), 1)
    assert widened(own) is None and widened(quiet) is None
