"""What is undone, and what is left alone, against a kernel in small."""

from __future__ import annotations

import dataclasses
import errno
import threading
from typing import cast

import pytest

from kernel_sources.audit import rule_text
from kernel_sources.audit.control import AuditControl
from kernel_sources.audit.installed import InstalledRules, SettingChange
from kernel_sources.audit.rule import AuditRule, Field, rule
from kernel_sources.audit.status import AuditStatus
from kernel_sources.errors import NotPermitted, RuleRefused

MINE = rule("exit", "always", Field("auid", "=", 1), keys=["mine"])
ALSO_MINE = rule("exit", "always", Field("auid", "=", 2), keys=["mine"])
QUIET = rule("exit", "never", Field("pid", "=", 3), prepend=True)
FOREIGN = rule("exit", "always", Field("auid", "=", 9), keys=["theirs"])


class LittleKernel:
    """Stands in for ``AuditControl``: a list of rules and a status, with the kernel's answers."""

    def __init__(self, *rules: AuditRule, enabled: int = 0) -> None:
        self.rules = list(rules)
        self.state = AuditStatus(enabled, 1, 0, 0, 64, 0, 0, 0x7F, 15000, 0)
        self.deleted: list[AuditRule] = []
        self.refuses: dict[AuditRule, int] = {}
        self.hides: set[AuditRule] = set()
        self.locked = False

    def status(self) -> AuditStatus:
        return self.state

    def _set(self, **members: int) -> None:
        if self.locked:
            raise NotPermitted("locked")
        self.state = dataclasses.replace(self.state, **members)

    def set_enabled(self, enabled: bool) -> None:
        self._set(enabled=int(enabled))

    def set_backlog_limit(self, records: int) -> None:
        self._set(backlog_limit=records)

    def set_rate_limit(self, records: int) -> None:
        self._set(rate_limit=records)

    def set_backlog_wait_time(self, ticks: int) -> None:
        self._set(backlog_wait_time=ticks)

    def list_rules(self) -> list[AuditRule]:
        return [item for item in self.rules if item not in self.hides]

    def add_rule(self, item: AuditRule) -> None:
        if self.locked:
            raise NotPermitted("locked")
        number = errno.EEXIST if item in self.rules else self.refuses.get(item)
        if number:
            raise RuleRefused(rule_text.text(item), number)
        self.rules.insert(0 if item.prepend else len(self.rules), item)

    def delete_rule(self, item: AuditRule) -> None:
        if self.locked:
            raise NotPermitted("locked")
        if item not in self.rules:
            raise RuleRefused(rule_text.text(item), errno.ENOENT)
        self.rules.remove(item)
        self.deleted.append(item)


def installed(kernel: LittleKernel) -> InstalledRules:
    return InstalledRules(cast(AuditControl, kernel))


def test_what_was_added_is_removed_and_nothing_else() -> None:
    kernel = LittleKernel(FOREIGN)
    with installed(kernel) as rules:
        assert rules.add(MINE)
        assert kernel.rules == [FOREIGN, MINE]
    assert kernel.rules == [FOREIGN]


def test_a_rule_that_was_there_is_not_ours() -> None:
    kernel = LittleKernel(FOREIGN)
    with installed(kernel) as rules:
        assert not rules.add(FOREIGN)
        assert rules.foreign == (FOREIGN,)
        assert rules.ours == ()
        assert not rules.remove(FOREIGN)
    assert kernel.rules == [FOREIGN]


def test_adding_twice_is_adding_once() -> None:
    kernel = LittleKernel()
    with installed(kernel) as rules:
        assert rules.add(MINE)
        assert rules.add(MINE)
        assert rules.foreign == ()
    assert kernel.rules == []


def test_everything_is_undone_when_the_block_fails() -> None:
    kernel = LittleKernel(FOREIGN)
    with pytest.raises(ZeroDivisionError), installed(kernel) as rules:
        rules.enable()
        rules.set_backlog_limit(8192)
        rules.set_backlog_wait_time(0)
        rules.add(MINE)
        raise ZeroDivisionError
    assert kernel.rules == [FOREIGN]
    assert kernel.state == LittleKernel().state


def test_recording_rules_go_before_those_that_suppress() -> None:
    kernel = LittleKernel()
    with installed(kernel) as rules:
        assert rules.add_all([QUIET, MINE, ALSO_MINE]) == []
        assert kernel.rules == [QUIET, MINE, ALSO_MINE]
    assert kernel.deleted == [ALSO_MINE, MINE, QUIET]


def test_refusals_are_told_and_the_others_added() -> None:
    kernel = LittleKernel()
    kernel.refuses[MINE] = errno.EINVAL
    with installed(kernel) as rules:
        refused = rules.add_all([MINE, ALSO_MINE])
        assert [error.errno for error in refused] == [errno.EINVAL]
        assert rules.ours == (ALSO_MINE,)
        with pytest.raises(RuleRefused):
            rules.add(MINE)


def test_a_rule_that_the_kernel_does_not_list_counts_as_refused_and_is_taken_back() -> None:
    kernel = LittleKernel()
    kernel.hides.add(MINE)
    with installed(kernel) as rules:
        with pytest.raises(RuleRefused) as caught:
            rules.add(MINE)
        assert caught.value.errno == errno.ENOENT
        assert rules.ours == ()
    assert kernel.deleted == [MINE]


def test_the_kernel_may_have_dropped_a_rule_itself() -> None:
    kernel = LittleKernel()
    with installed(kernel) as rules:
        rules.add(MINE)
        kernel.rules.clear()
        assert rules.missing() == [MINE]
        assert rules.remove(MINE)
        rules.add(ALSO_MINE)
        kernel.rules.clear()
    assert kernel.rules == []


def test_missing_rules_are_armed_again_as_ours() -> None:
    kernel = LittleKernel(FOREIGN)
    with installed(kernel) as rules:
        rules.add_all([MINE, ALSO_MINE, FOREIGN])
        kernel.rules.clear()
        kernel.refuses[ALSO_MINE] = errno.ENOENT
        refused = rules.rearm()
        assert [error.errno for error in refused] == [errno.ENOENT]
        assert set(rules.ours) == {MINE, FOREIGN}
        assert rules.missing() == []
    assert kernel.rules == []


def test_a_setting_that_somebody_changed_after_us_stays() -> None:
    kernel = LittleKernel()
    with installed(kernel) as rules:
        rules.set_backlog_limit(8192)
        rules.set_backlog_wait_time(0)
        kernel.set_backlog_limit(320)
    assert kernel.state.backlog_limit == 320
    assert kernel.state.backlog_wait_time == 15000


def test_a_setting_changed_twice_goes_back_to_the_first_value() -> None:
    kernel = LittleKernel()
    with installed(kernel) as rules:
        rules.set_backlog_limit(8192)
        rules.set_backlog_limit(16384)
    assert kernel.state.backlog_limit == 64


def test_a_refused_second_change_does_not_hide_the_first() -> None:
    kernel = LittleKernel()
    with installed(kernel) as rules:
        rules.set_backlog_limit(8192)
        kernel.locked = True
        with pytest.raises(NotPermitted):
            rules.set_backlog_limit(16384)
        kernel.locked = False
    assert kernel.state.backlog_limit == 64


@pytest.mark.parametrize("taken", [True, False], ids=["the kernel took it", "the kernel did not"])
def test_an_interrupt_before_the_answer_leaves_nothing_behind(taken: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = LittleKernel(FOREIGN)
    add_rule = kernel.add_rule

    def interrupted(item: AuditRule) -> None:
        if taken and item != FOREIGN:
            add_rule(item)
        raise KeyboardInterrupt

    monkeypatch.setattr(kernel, "add_rule", interrupted)
    for item in (MINE, FOREIGN):
        with pytest.raises(KeyboardInterrupt), installed(kernel) as rules:
            rules.add(item)
    assert kernel.rules == [FOREIGN]


def test_an_interrupt_after_a_setting_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = LittleKernel()

    def interrupted(enabled: bool) -> None:
        kernel._set(enabled=int(enabled))
        if enabled:
            raise KeyboardInterrupt

    monkeypatch.setattr(kernel, "set_enabled", interrupted)
    with pytest.raises(KeyboardInterrupt), installed(kernel) as rules:
        rules.enable()
    assert kernel.state.enabled == 0


def test_audit_that_was_on_stays_on() -> None:
    kernel = LittleKernel(enabled=1)
    with installed(kernel) as rules:
        rules.enable()
    assert kernel.state.enabled == 1


def test_audit_stays_on_for_a_daemon_that_came_after_us() -> None:
    kernel = LittleKernel()
    with installed(kernel) as rules:
        rules.enable()
        kernel.state = dataclasses.replace(kernel.state, pid=77)
    assert kernel.state.enabled == 1


def test_what_cannot_be_undone_is_told() -> None:
    kernel = LittleKernel()
    rules = installed(kernel)
    rules.enable()
    rules.add(MINE)
    kernel.locked = True
    failures = rules.undo()
    assert [type(failure) for failure in failures] == [NotPermitted, NotPermitted]
    assert rules.ours == (MINE,)
    kernel.locked = False
    assert rules.undo() == []
    assert kernel.rules == []
    assert kernel.state.enabled == 0


def test_leaving_the_block_raises_what_could_not_be_undone() -> None:
    kernel = LittleKernel()
    with pytest.raises(NotPermitted), installed(kernel) as rules:
        rules.add(MINE)
        kernel.locked = True


def test_the_object_can_be_used_again() -> None:
    kernel = LittleKernel()
    rules = installed(kernel)
    for _ in range(3):
        with rules:
            rules.enable()
            assert rules.add(MINE)
            assert kernel.state.enabled == 1
        assert kernel.rules == []
        assert kernel.state.enabled == 0


def test_threads_may_add_and_remove_at_once() -> None:
    kernel = LittleKernel()
    with installed(kernel) as rules:

        def work(number: int) -> None:
            for round_number in range(50):
                item = rule("exit", "always", Field("auid", "=", number), Field("a0", "=", round_number))
                assert rules.add(item)
                assert rules.remove(item)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert rules.ours == ()
        assert len(kernel.deleted) == 200
    assert kernel.rules == []


def test_missing_rules_can_come_back_in_front_and_in_order() -> None:
    kernel = LittleKernel()
    with installed(kernel) as rules:
        rules.add_all([MINE, ALSO_MINE])
        kernel.rules[:] = [FOREIGN]
        assert rules.listing() == ((FOREIGN,), (MINE, ALSO_MINE))
        assert rules.rearm(ahead=True) == []
        assert kernel.rules == [MINE, ALSO_MINE, FOREIGN]
    assert kernel.rules == [FOREIGN]


def test_ours_can_be_moved_in_front_of_others() -> None:
    silencer = rule("exit", "never")
    kernel = LittleKernel()
    with installed(kernel) as rules:
        rules.add_all([MINE, ALSO_MINE])
        kernel.rules.insert(0, silencer)
        assert rules.move_ahead([MINE, ALSO_MINE, FOREIGN]) == []
        assert kernel.rules == [MINE, ALSO_MINE, silencer]
    assert kernel.rules == [silencer]


def test_a_setting_put_back_is_restored_to_what_it_was_before_us() -> None:
    kernel = LittleKernel(enabled=1)
    with installed(kernel) as rules:
        rules.set_backlog_limit(8192)
        kernel._set(enabled=0, backlog_limit=1, rate_limit=3)
        for setting, value in (("enabled", 1), ("backlog_limit", 8192), ("rate_limit", 0)):
            rules.put_back(setting, value)
        assert (kernel.state.enabled, kernel.state.backlog_limit, kernel.state.rate_limit) == (1, 8192, 0)
    assert kernel.state == LittleKernel(enabled=1).state


def test_the_journal_is_told_before_each_change_and_at_the_end() -> None:
    kernel = LittleKernel()
    told: list[tuple[dict[str, SettingChange], int]] = []
    rules = InstalledRules(
        cast(AuditControl, kernel), lambda changes: told.append((dict(changes), kernel.state.enabled))
    )
    rules.enable()
    assert told == [({"enabled": SettingChange(0, frozenset({1}))}, 0)]
    rules.undo()
    assert told[1:] == [({}, 0)]


def test_what_a_dead_process_changed_is_restored_by_us() -> None:
    kernel = LittleKernel(enabled=1)
    kernel._set(backlog_limit=9000)
    left = {"enabled": SettingChange(0, frozenset({1})), "backlog_limit": SettingChange(64, frozenset({8192}))}
    with installed(kernel) as rules:
        rules.adopt(left)
        rules.enable()
        rules.set_backlog_limit(10000)
    assert (kernel.state.enabled, kernel.state.backlog_limit) == (0, 9000)
