"""What is mended, how often, and what is left alone; the kernel is made up."""

from __future__ import annotations

from typing import cast

import pytest

from auditfalco.agent.tampering.findings import Expected, Finding, Kind
from auditfalco.agent.tampering.repair import ALL, AT_ONCE, NONE, OURS, Repair
from kernel_sources.audit.control import AuditControl
from kernel_sources.audit.installed import InstalledRules
from kernel_sources.audit.rule import AuditRule, rule
from kernel_sources.audit.status import AuditStatus
from kernel_sources.errors import NotPermitted, RuleRefused

OURS_RULE, FILTER = rule("exit", "always", syscalls=[59], keys=["k"]), rule("exit", "never")
REMOVED = Finding(Kind.REMOVED, "r", (OURS_RULE,))
OFF = Finding(Kind.DISABLED, "enabled 0")
AHEAD = Finding(Kind.SILENCED, "f", (OURS_RULE,), FILTER)
TASK = Finding(Kind.SILENCED, "t", (), rule("task", "never"))


class Kernel:
    """Writes down what is done to it; both the control and the installed rules."""

    def __init__(self) -> None:
        self.done: list[object] = []
        self.locked = False

    def rearm(self, ahead: bool = False) -> list[RuleRefused]:
        if self.locked:
            raise NotPermitted("locked")
        self.done.append("rearm")
        return []

    def move_ahead(self, rules: tuple[AuditRule, ...]) -> list[RuleRefused]:
        self.done.append(rules)
        return []

    def put_back(self, setting: str, value: int) -> None:
        self.done.append((setting, value))

    def delete_rule(self, one: AuditRule) -> None:
        self.done.append(one)


def repair(kernel: Kernel, mode: str, now: list[float]) -> Repair:
    expected = Expected(AuditStatus(1, 1, 0, 0, 8192, 0, 0), frozenset())
    return Repair(cast(AuditControl, kernel), cast(InstalledRules, kernel), expected, mode, lambda: now[0])


@pytest.mark.parametrize(
    ("mode", "done"),
    [
        (OURS, ["rearm", ("enabled", 1), (OURS_RULE,)]),
        (ALL, ["rearm", ("enabled", 1), FILTER, TASK.filter]),
        (NONE, []),
    ],
)
def test_what_each_mode_mends(mode: str, done: list[object]) -> None:
    kernel = Kernel()
    mending = repair(kernel, mode, [0.0])
    outcomes = [mending.mend(one) for one in (REMOVED, OFF, AHEAD, TASK)]
    assert kernel.done == done
    assert [not outcome for outcome in outcomes].count(True) == len(done)


def test_the_rate_is_bounded() -> None:
    kernel, now = Kernel(), [0.0]
    mending = repair(kernel, OURS, now)
    for _ in range(100):
        mending.mend(REMOVED)
    assert len(kernel.done) == AT_ONCE
    now[0] = 2.0
    assert [mending.mend(REMOVED) == "" for _ in range(3)] == [True, True, False]


def test_what_the_kernel_refuses_is_said() -> None:
    kernel = Kernel()
    kernel.locked = True
    assert repair(kernel, OURS, [0.0]).mend(REMOVED) == "locked"
