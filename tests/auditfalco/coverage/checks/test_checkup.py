"""What is said of machines, good ones and others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from auditfalco.coverage.checks.check import FAIL, OK, WARN, Check
from auditfalco.coverage.checks.checkup import can_run, check_all, failures, troubles
from auditfalco.coverage.machine.auditing import Auditing
from auditfalco.coverage.machine.kernel import Kernel
from auditfalco.coverage.machine.machine import Machine
from auditfalco.coverage.machine.privileges import Privileges
from auditfalco.coverage.machine.surroundings import EngineState, Surroundings
from kernel_sources.audit.rule import Field, rule
from kernel_sources.audit.status import AuditStatus
from kernel_sources.fanotify.features import Features

NEEDED = frozenset(
    {
        *("CAP_AUDIT_READ", "CAP_AUDIT_CONTROL", "CAP_NET_ADMIN"),
        *("CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH"),
    }
)
STATUS = AuditStatus(enabled=1, failure=1, pid=0, rate_limit=0, backlog_limit=8192, lost=0, backlog=0)
GOOD = Machine(
    Kernel("6.1.0", "x86_64", boot={"audit": "1"}),
    Privileges(NEEDED, NEEDED, True, True, True, True, root=True),
    Auditing(status=STATUS, rules=(), uring=True, buffer=1 << 26),
    Features(True, True, True),
)


def of_audit(**changes: Any) -> Machine:
    return replace(GOOD, auditing=replace(GOOD.auditing, **changes))


def of_status(**changes: Any) -> Machine:
    return of_audit(status=replace(STATUS, **changes))


def of_privileges(**changes: Any) -> Machine:
    return replace(GOOD, privileges=replace(GOOD.privileges, **changes))


def of_kernel(**changes: Any) -> Machine:
    return replace(GOOD, kernel=replace(GOOD.kernel, **changes))


def the(name: str, machine: Machine) -> Check:
    (found,) = [check for check in check_all(machine) if check.name == name]
    return found


def test_a_good_machine() -> None:
    checks = check_all(GOOD)
    assert troubles(checks) == []
    assert can_run(checks)
    assert not any(check.mend for check in checks)


CASES: list[tuple[Machine, str, str, str, str]] = [
    (of_audit(deaf="cannot bind", buffer=0), "audit records", FAIL, "cannot bind", "CAP_AUDIT_READ"),
    (of_audit(deaf="none", unsupported=True), "audit records", FAIL, "none", "CONFIG_AUDIT"),
    (of_privileges(net=False), "audit records", FAIL, "not sent", "initial"),
    (of_privileges(net=False), "network namespace", FAIL, "not the initial", "--network=host"),
    (of_privileges(user=False), "user namespace", FAIL, "not the initial", "--userns=host"),
    (of_privileges(pid=False), "pid namespace", WARN, "not the initial", "--pid=host"),
    (of_privileges(pid=None), "pid namespace", WARN, "not in /proc", "--pid=host"),
    (of_privileges(mount=False), "mount namespace", WARN, "mount namespace", "-v /run"),
    (of_audit(status=None, rules=None, refusal="no"), "audit rules", WARN, "cannot be changed (no)", "AUDIT_CONTROL"),
    (of_status(enabled=2), "audit rules", WARN, "locked until the next boot", "auditfalco plan"),
    (of_status(backlog=7000), "audit queue", WARN, "7000 of 8192", "auditctl -b 32768"),
    (of_status(enabled=2, backlog_limit=64), "audit queue", WARN, "locked", "audit_backlog_limit=8192"),
    (of_status(rate_limit=5), "audit rate", WARN, "above 5 records", "auditctl -r 0"),
    (of_status(lost=9), "audit lost", WARN, "lost 9 records", "--reset-lost"),
    (of_audit(buffer=4096), "receive buffer", WARN, "only 2 KiB", "rmem_max=33554432"),
    (of_audit(uring=False), "io_uring", WARN, "not seen", "5.16"),
    (of_audit(uring=None), "io_uring", WARN, "not known", "5.16"),
    (of_kernel(boot={}), "audit at boot", WARN, "without audit=1", "audit=1"),
    (of_kernel(release="5.10.0"), "kernel", WARN, "openat2", "5.16"),
    (of_kernel(options={"CONFIG_AUDIT": "y"}), "kernel config", FAIL, "CONFIG_AUDITSYSCALL", "kernel"),
    (replace(GOOD, fanotify=None, no_fanotify="no"), "fanotify", WARN, "(no)", "CAP_SYS_ADMIN"),
    (replace(GOOD, no_connector="silent"), "process connector", WARN, "(silent)", "CONFIG_PROC_EVENTS"),
]


@pytest.mark.parametrize(("machine", "name", "state", "found", "mend"), CASES)
def test_what_is_amiss(machine: Machine, name: str, state: str, found: str, mend: str) -> None:
    check = the(name, machine)
    assert check.state == state
    assert found in check.found
    assert mend in check.mend
    assert can_run(check_all(machine)) is (state != FAIL)


def test_a_kernel_that_was_started_without_audit() -> None:
    machine = replace(
        GOOD, kernel=Kernel("6.1.0", "x86_64", boot={"audit": "0"}), auditing=Auditing("none", unsupported=True)
    )
    assert the("audit records", machine).mend == "boot with audit=1 in place of audit=0"


def test_task_never_comes_first_with_where_it_is_from() -> None:
    around = Surroundings(never_task=("/etc/audit/rules.d/audit.rules",))
    machine = replace(of_audit(rules=(rule("task", "never"),)), surroundings=around)
    first = check_all(machine)[0]
    assert (first.name, first.state) == ("task,never", WARN)
    assert first.mend.startswith("auditctl -d never,task; it comes from /etc/audit/rules.d/audit.rules")
    locked = replace(machine, auditing=replace(machine.auditing, status=replace(STATUS, enabled=2)))
    assert check_all(locked)[0].mend.startswith("take it out of the rules for the next boot")


def test_rules_that_silence() -> None:
    never = rule("exit", "never", Field("exe", "=", "/usr/bin/cron"), syscalls=[59])
    check = the("silencing rule", of_audit(rules=(never,)))
    assert check.state == WARN
    assert check.mend == "auditctl -d never,exit -S 59 -F exe=/usr/bin/cron, unless it is wanted"
    trace = rule("filesystem", "never", Field("fstype", "=", 0x74726163))
    assert the("silencing rule", of_audit(rules=(trace,))).state == OK


def test_capabilities() -> None:
    nobody = of_privileges(effective=frozenset(), root=False)
    check = the("capabilities", nobody)
    assert (check.state, check.mend) == (FAIL, "run as root")
    bound = NEEDED - {"CAP_AUDIT_CONTROL"}
    check = the("capabilities", of_privileges(effective=bound, bounding=bound))
    assert check.state == WARN
    assert "CAP_AUDIT_CONTROL is missing (audit rules)" in check.found
    assert "docker run --cap-add=AUDIT_CONTROL;" in check.mend
    assert "in this user namespace alone" in the("capabilities", of_privileges(user=False)).found


def test_hidden_processes() -> None:
    weak = NEEDED - {"CAP_SYS_PTRACE"}
    check = the("other processes", of_privileges(effective=weak, root=False, hidden="2"))
    assert check.state == WARN and "hidepid=2" in check.found
    assert the("other processes", of_privileges(hidden="2")).state == OK


def test_the_audit_daemon_is_named() -> None:
    machine = replace(of_status(pid=77), auditing=replace(of_status(pid=77).auditing, daemon="/usr/sbin/auditd"))
    assert the("audit daemon", machine).found.startswith("/usr/sbin/auditd, process 77")
    assert "cannot be looked at" in the("audit daemon", of_status(pid=77)).found


def test_engines_that_cannot_be_read() -> None:
    around = Surroundings(engines=(EngineState("Docker", "/var/lib/docker/containers", False),))
    assert the("container engines", replace(GOOD, surroundings=around)).state == WARN


def test_io_uring_that_nobody_may_use_hides_nothing() -> None:
    machine = replace(of_audit(uring=False), kernel=replace(GOOD.kernel, uring_disabled=2))
    assert the("io_uring", machine).state == OK


def test_failures_are_told_apart() -> None:
    checks = check_all(of_privileges(net=False, pid=False))
    assert {check.name for check in failures(checks)} == {"network namespace", "audit records"}
    assert {check.name for check in troubles(checks)} == {"network namespace", "audit records", "pid namespace"}


def test_a_check_as_a_line() -> None:
    assert str(Check("x", WARN, "broken", "glue")) == "broken; mend: glue"
    assert str(Check("x", OK, "whole")) == "whole"
