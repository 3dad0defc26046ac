"""From a change of the kernel's configuration to the alert; the kernel is made up."""

from __future__ import annotations

import dataclasses
import os
from typing import cast

import pytest

from auditfalco.agent.asked import Asked
from auditfalco.agent.internal import InternalAlerts
from auditfalco.agent.tampering.repair import ALL, NONE, OURS
from auditfalco.agent.tampering.sentry import Sentry
from auditfalco.agent.tampering.tampering import TAMPERING, Tampering
from auditfalco.coverage.keys import Instance, keys_of
from auditfalco.coverage.rulemaking import PlannedRule
from auditfalco.coverage.worth import VITAL
from auditfalco.model.alert import Alert
from auditfalco.state.host import HostState
from kernel_sources.audit.control import AuditControl
from kernel_sources.audit.installed import InstalledRules
from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.audit.record import Record
from kernel_sources.audit.rule import AuditRule, Field, rule
from kernel_sources.audit.status import AuditStatus
from kernel_sources.tables import record_types

KEYS = keys_of(Instance(1, 2))
EXECS = rule("exit", "always", Field("auid", "=", 7), syscalls=[59], keys=KEYS)


class Kernel:
    """A list of rules and a status."""

    def __init__(self) -> None:
        self.rules: list[AuditRule] = []
        self.state = AuditStatus(1, 1, 0, 0, 8192, 0, 0)

    def status(self) -> AuditStatus:
        return self.state

    def set_enabled(self, enabled: bool) -> None:
        self.state = dataclasses.replace(self.state, enabled=int(enabled))

    def list_rules(self) -> list[AuditRule]:
        return list(self.rules)

    def add_rule(self, one: AuditRule) -> None:
        self.rules.insert(0 if one.prepend else len(self.rules), one)

    def delete_rule(self, one: AuditRule) -> None:
        self.rules.remove(one)


class Watched:
    """A kernel with one rule of ours, looked after; time stands still until it is told to pass."""

    def __init__(self, mode: str) -> None:
        self.kernel, self.alerts, self.now = Kernel(), cast("list[Alert]", []), 0.0
        self.silenced: list[str] = []
        control = cast(AuditControl, self.kernel)
        installed = InstalledRules(control)
        asked = Asked(installed)
        asked.add([PlannedRule(EXECS, ("Falco's rule",), VITAL)])
        self.sentry = Sentry(control, installed, mode)
        self.tampering = Tampering(
            *(HostState("host"), InternalAlerts("host", self.alerts.append), asked, self.sentry, KEYS),
            silenced=self.silenced.append,
            audible=self.silenced.clear,
            clock=lambda: self.now,
        )

    def told(self) -> list[str]:
        """Look, let a second pass, and give the new alerts."""
        self.alerts.clear()
        self.sentry.look()
        self.tampering.tick()
        self.now += 1.0
        self.tampering.tick()
        assert {one.rule for one in self.alerts} <= {TAMPERING}
        return [f"{one.priority}: {one.output}" for one in self.alerts]


def change(body: str, pid: int) -> RawEvent:
    stamp = "audit(1795616828.808:1347234): "
    call = f'syscall=44 success=yes pid={pid} auid=7 ses=3 tty=pts1 comm="auditctl" exe="/usr/sbin/auditctl"'
    bodies = ((record_types.CONFIG_CHANGE, body), (record_types.SYSCALL, call))
    return RawEvent([Record.from_netlink(kind, (stamp + text).encode()) for kind, text in bodies], True)


@pytest.mark.parametrize("mode", [OURS, NONE])
def test_rules_removed(mode: str) -> None:
    at = Watched(mode)
    at.kernel.rules.clear()
    key = "\x01".join(KEYS).encode().hex().upper()
    at.tampering.configured(change(f"auid=7 ses=3 op=remove_rule key={key} list=4 res=1", 99))
    (line,) = at.told()
    assert line.startswith("Critical: audit rules of ours were removed")
    assert "by auditctl (/usr/sbin/auditctl, pid 99)" in line
    assert ("; mended" in line, "blind=Falco's rule" in line) == (mode == OURS, mode == NONE)
    assert (at.kernel.rules == [EXECS], bool(at.silenced)) == (mode == OURS, mode == NONE)
    assert at.told() == []


def test_our_own_changes_are_not_told() -> None:
    at = Watched(OURS)
    at.tampering.configured(change("op=set audit_enabled=0 old=1 auid=7 ses=3 res=1", os.getpid()))
    assert at.told() == []


def test_what_nobody_was_seen_to_do() -> None:
    at = Watched(OURS)
    at.kernel.set_enabled(False)
    (line,) = at.told()
    assert "audit was switched off (enabled 0), by nobody known; mended" in line
    assert at.kernel.state.enabled == 1


def test_a_filter_left_standing_lets_others_stand_in_until_it_goes() -> None:
    at, silencer = Watched(OURS), rule("task", "never")
    at.kernel.rules.append(silencer)
    (line,) = at.told()
    assert "not mended: left to people" in line
    assert (at.told(), len(at.silenced)) == ([], 1)
    at.kernel.rules.remove(silencer)
    (line,) = at.told()
    assert line.startswith("Notice: no more: ")
    assert at.silenced == []


def test_a_filter_is_removed_where_that_is_allowed_and_told_again_when_it_comes_again() -> None:
    at, silencer = Watched(ALL), rule("task", "never")
    for _ in range(2):
        at.kernel.rules.append(silencer)
        assert len(at.told()) == 1
        assert at.kernel.rules == [EXECS]
        assert at.told() == []


def test_a_filter_ahead_is_passed_over() -> None:
    at, silencer = Watched(OURS), rule("exit", "never")
    at.kernel.rules.insert(0, silencer)
    assert len(at.told()) == 1
    assert at.kernel.rules == [EXECS, silencer]
    assert (at.told(), at.silenced) == ([], [])
