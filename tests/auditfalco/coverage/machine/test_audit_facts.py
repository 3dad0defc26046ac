"""Looking at audit, with prepared answers in the kernel's place."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditfalco.coverage.machine import auditing
from auditfalco.coverage.machine.auditing import Auditing, look_at_audit
from kernel_sources.audit.rule import AuditRule, rule
from kernel_sources.audit.status import AuditStatus
from kernel_sources.errors import NotPermitted, NotSupported
from kernel_sources.procfs import ProcFS


class LittleReader:
    """Stands in for the multicast socket."""

    receive_buffer = 4096
    refusal: Exception | None = None

    def __enter__(self) -> LittleReader:
        if self.refusal is not None:
            raise self.refusal
        return self

    def __exit__(self, *error: object) -> None:
        pass


class LittleControl:
    """Stands in for the control socket."""

    enabled = 1
    pid = 0
    rules: tuple[AuditRule, ...] = ()
    refusal: Exception | None = None
    unread_rules = 0
    asked = 0

    def __enter__(self) -> LittleControl:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def status(self) -> AuditStatus:
        if self.refusal is not None:
            raise self.refusal
        return AuditStatus(self.enabled, 1, self.pid, 0, 64, 0, 0)

    def list_rules(self) -> list[AuditRule]:
        return list(self.rules)

    def knows_list(self, name: str) -> bool:
        self.asked += 1
        return False


@pytest.fixture(autouse=True)
def control(monkeypatch: pytest.MonkeyPatch) -> LittleControl:
    little = LittleControl()
    monkeypatch.setattr(auditing, "AuditControl", lambda: little)
    monkeypatch.setattr(auditing, "MulticastReader", LittleReader)
    return little


def look(version: tuple[int, int] = (6, 1), proc: str = "/nowhere") -> Auditing:
    return look_at_audit(ProcFS(proc), version)


def test_all_is_well(control: LittleControl) -> None:
    found = look()
    assert (found.deaf, found.refusal, found.buffer, found.can_ask, found.uring) == ("", "", 4096, True, True)
    assert control.asked == 0  # the version tells it


def test_an_old_kernel_is_asked_for_the_list_of_io_uring(control: LittleControl) -> None:
    assert look((5, 10)).uring is False
    assert control.asked == 1


def test_a_rule_on_the_list_shows_that_there_is_one(control: LittleControl) -> None:
    control.rules = (rule("io_uring", "always"),)
    assert look((5, 14)).uring is True


def test_locked(control: LittleControl) -> None:
    control.enabled = 2
    found = look((5, 10))
    assert found.locked and not found.can_ask
    assert (found.uring, control.asked) == (None, 0)


def test_without_the_right_to_ask(control: LittleControl) -> None:
    control.refusal = NotPermitted("no")
    found = look()
    assert (found.refusal, found.status, found.rules, found.can_ask, found.locked) == ("no", None, None, False, False)
    assert look((5, 10)).uring is None


@pytest.mark.parametrize(("error", "unsupported"), [(NotPermitted("no"), False), (NotSupported("none"), True)])
def test_deaf(monkeypatch: pytest.MonkeyPatch, error: Exception, unsupported: bool) -> None:
    monkeypatch.setattr(LittleReader, "refusal", error)
    found = look()
    assert (found.deaf, found.unsupported, found.buffer) == (str(error), unsupported, 0)


def test_who_the_daemon_is(control: LittleControl, tmp_path: Path) -> None:
    control.pid = 77
    assert look(proc=str(tmp_path)).daemon == ""
    (tmp_path / "77").mkdir()
    (tmp_path / "77" / "comm").write_text("auditd\n")
    assert look(proc=str(tmp_path)).daemon == "auditd"
    (tmp_path / "77" / "exe").symlink_to("/usr/sbin/auditd")
    assert look(proc=str(tmp_path)).daemon == "/usr/sbin/auditd"
