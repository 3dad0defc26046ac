"""How much of what audit rules ask for is heard, on machines of all kinds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from auditfalco.coverage.hearing import Hearing
from auditfalco.coverage.keys import KEY
from auditfalco.coverage.machine.auditing import Auditing
from auditfalco.coverage.machine.kernel import Kernel
from auditfalco.coverage.machine.machine import Machine
from auditfalco.coverage.machine.privileges import Privileges
from auditfalco.coverage.silencers import Extent
from kernel_sources.audit.rule import AuditRule, Field, rule
from kernel_sources.audit.status import AuditStatus

ARCH = Field("arch", "=", 0xC000003E)
ASKED = rule("exit", "always", ARCH, syscalls=[59, 322], keys=[KEY])
OPERATION = rule("io_uring", "always", syscalls=[18], keys=[KEY])
STATUS = AuditStatus(enabled=1, failure=1, pid=0, rate_limit=0, backlog_limit=8192, lost=0, backlog=0)


def machine(*rules: AuditRule, net: bool = True, **changes: Any) -> Machine:
    known = {"status": STATUS, "rules": rules, "uring": True, **changes}
    return Machine(Kernel("6.1.0"), Privileges(net=net), Auditing(**known))


def locked(*rules: AuditRule) -> Machine:
    return machine(*rules, status=replace(STATUS, enabled=2))


def heard(on: Machine, asked: AuditRule = ASKED) -> tuple[Extent, str]:
    found = Hearing(on).of(asked)
    assert bool(found.reasons) is (found.extent is not Extent.ALL)
    return found.extent, "; ".join(found.reasons)


def test_all_is_well() -> None:
    assert heard(machine()) == (Extent.ALL, "")
    assert heard(machine(), OPERATION) == (Extent.ALL, "")


@pytest.mark.parametrize(
    ("on", "extent", "reason"),
    [
        (machine(deaf="no right"), Extent.NONE, "cannot be read here (no right)"),
        (machine(net=False), Extent.NONE, "network namespace"),
        (machine(status=None, refusal="no"), Extent.NONE, "neither added nor listed"),
        (machine(rule("task", "never")), Extent.NONE, "no process that starts from now on"),
        (machine(rule("task", "never", Field("uid", "=", 5))), Extent.SOME, "not audited"),
        (machine(rule("exclude", "always", Field("msgtype", "=", 1300))), Extent.NONE, "SYSCALL"),
        (machine(rule("exclude", "always", Field("msgtype", "=", 1309))), Extent.SOME, "EXECVE"),
        (machine(rule("exit", "never")), Extent.NONE, "comes first"),
        (machine(rule("exit", "never", syscalls=[59])), Extent.SOME, "-a never,exit -S 59"),
        (machine(status=replace(STATUS, rate_limit=9)), Extent.SOME, "above 9"),
    ],
)
def test_what_stands_in_the_way(on: Machine, extent: Extent, reason: str) -> None:
    found, said = heard(on)
    assert found is extent
    assert reason in said


def test_what_stands_in_nobodys_way() -> None:
    harmless = rule("exit", "never", syscalls=[1]), rule("exclude", "always", Field("msgtype", "=", 1327))
    assert heard(machine(*harmless))[0] is Extent.ALL
    ours = rule("exit", "never", Field("pid", "=", 1), keys=[KEY])
    assert heard(machine(ours))[0] is Extent.ALL
    first = replace(ASKED, prepend=True)
    assert heard(machine(rule("exit", "never")), first)[0] is Extent.ALL


def test_two_obstacles_are_both_told() -> None:
    extent, said = heard(machine(rule("exit", "never", syscalls=[59]), status=replace(STATUS, rate_limit=9)))
    assert extent is Extent.SOME
    assert "above 9" in said and "comes first" in said


def test_operations_of_io_uring() -> None:
    assert heard(machine(uring=False), OPERATION)[0] is Extent.NONE
    assert heard(machine(uring=False))[0] is Extent.ALL
    nobody = replace(machine(uring=False), kernel=Kernel("6.6.0", uring_disabled=2))
    assert heard(nobody, OPERATION)[0] is Extent.ALL


@pytest.mark.parametrize(
    ("present", "extent"),
    [
        ((), Extent.NONE),
        ((rule("exit", "always", ARCH, syscalls=[59, 322]),), Extent.ALL),
        ((rule("exit", "always", keys=["wide"]),), Extent.ALL),
        ((rule("exit", "always", syscalls=[59]), rule("exit", "always", syscalls=[322])), Extent.ALL),
        ((rule("exit", "always", syscalls=[59]),), Extent.SOME),
        ((rule("exit", "always", Field("auid", "=", 5)),), Extent.NONE),
        ((rule("exit", "always", Field("arch", "=", 0x40000003)),), Extent.NONE),
        ((rule("io_uring", "always"),), Extent.NONE),
        ((rule("exit", "never"), rule("exit", "always")), Extent.NONE),
        ((rule("exit", "always"), rule("exit", "never")), Extent.ALL),
        ((rule("exit", "never", Field("uid", "=", 5), syscalls=[59]), rule("exit", "always")), Extent.SOME),
    ],
)
def test_locked_the_rules_that_are_there_have_to_serve(present: tuple[AuditRule, ...], extent: Extent) -> None:
    assert heard(locked(*present))[0] is extent
