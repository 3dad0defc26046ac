"""Full, partial, blind: rules on machines of all kinds."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auditfalco.coverage.here import judge
from auditfalco.coverage.machine.auditing import Auditing
from auditfalco.coverage.machine.kernel import Kernel
from auditfalco.coverage.machine.machine import Machine
from auditfalco.coverage.machine.privileges import Privileges
from auditfalco.coverage.needs import needs_of
from auditfalco.coverage.plan import Plan
from auditfalco.coverage.verdict import BLIND, FULL, PARTIAL, Verdict
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.ruleset.load import load_texts
from kernel_sources.audit.rule import Field, rule
from kernel_sources.audit.status import AuditStatus
from kernel_sources.fanotify.features import Features
from kernel_sources.procfs import ProcFS

STATUS = AuditStatus(enabled=1, failure=1, pid=0, rate_limit=0, backlog_limit=8192, lost=0, backlog=0)
EVERYTHING = frozenset({"CAP_AUDIT_READ", "CAP_AUDIT_CONTROL", "CAP_SYS_ADMIN", "CAP_SYS_PTRACE"})
GOOD = Machine(
    Kernel("6.1.0", "x86_64"),
    Privileges(EVERYTHING, EVERYTHING, True, True, True, True),
    Auditing(status=STATUS, rules=(), uring=True),
    Features(True, True, True),
)


@pytest.fixture(autouse=True)
def on_x86_64(monkeypatch: pytest.MonkeyPatch) -> None:
    names = os.uname()
    monkeypatch.setattr(os, "uname", lambda: os.uname_result((*names[:4], "x86_64")))


def of_audit(**changes: Any) -> Machine:
    return replace(GOOD, auditing=replace(GOOD.auditing, **changes))


def verdicts(machine: Machine, *conditions: str, more: str = "") -> list[Verdict]:
    text = "".join(
        f"- rule: r{number}\n  desc: d\n  condition: {condition}\n  output: seen\n  priority: INFO\n{more}"
        for number, condition in enumerate(conditions)
    )
    result = load_texts([("rules.yaml", text.encode())])
    assert result.successful, result.errors
    ruleset = result.ruleset
    asked = Plan(needs_of(ruleset, CATALOGUE.resolve_output))
    return judge(ruleset, machine, asked, ProcFS(str(Path("/nowhere"))))


def verdict(machine: Machine, condition: str, more: str = "") -> Verdict:
    (found,) = verdicts(machine, condition, more=more)
    return found


SHELL = "evt.type in (execve, execveat) and proc.name = sh"
READ = "evt.type in (open, openat) and evt.is_open_read = true and fd.name = /etc/shadow"


@pytest.mark.parametrize(
    ("condition", "types", "sensors"),
    [
        (SHELL, ("execve", "execveat"), ("audit",)),
        (READ, ("open", "openat"), ("audit", "io_uring", "fanotify")),
        ("evt.type = open and container.id != host", ("open",), ("audit",)),
        ("evt.type = procexit", ("procexit",), ("connector",)),
        ("evt.type = ptrace and evt.arg.request = PTRACE_ATTACH", ("ptrace",), ("audit",)),
        # So it is in Falco too: mkdir has no flags.
        ("evt.type in (open, mkdir) and not evt.arg.flags = 1", ("mkdir", "open"), ("audit",)),
        # A call that other machines have is no loss here.
        ("evt.type in (kexec_load, riscv_hwprobe)", ("kexec_load",), ("audit",)),
        # What can only be true for connect is no loss for open.
        ("evt.type = open and (not evt.type = connect or fd.sip.name = a)", ("open",), ("audit",)),
    ],
)
def test_full(condition: str, types: tuple[str, ...], sensors: tuple[str, ...]) -> None:
    assert verdict(GOOD, condition) == Verdict("r0", FULL, (), types, sensors)


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("evt.type = connect and fd.sip.name = a", "fd.sip.name is never set"),
        ("evt.type = connect and not not fd.sip.name = a", "fd.sip.name is never set"),
        ("evt.type = connect and evt.arg.flags = 1", "evt.arg.flags is no parameter of connect"),
        ("evt.type = switch", "switch is no call of this machine"),
        ("evt.type = riscv_hwprobe", "no call of this machine"),
    ],
)
def test_blind(condition: str, reason: str) -> None:
    found = verdict(GOOD, condition)
    assert (found.state, found.sensors) == (BLIND, ())
    assert reason in "; ".join(found.reasons)


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("evt.type = connect and not fd.sip.name = a", "fd.sip.name is never set"),
        ("evt.type = connect and (fd.sip.name = a or proc.name = b)", "fd.sip.name is never set"),
        ("evt.type in (connect, switch)", "switch is no call"),
        ("evt.type in (read, write)", "read through io_uring (read, read_fixed, read_multishot) makes no event"),
        ("evt.type = socket", "socket through io_uring (socket) makes no event"),
        ("proc.name = sh", "names no event type: it is run on execve and execveat and what other rules ask for"),
        ("not evt.type in (execve, execveat)", "it is run on what other rules ask for"),
    ],
)
def test_partial(condition: str, reason: str) -> None:
    found = verdict(GOOD, condition)
    assert found.state == PARTIAL
    assert reason in "; ".join(found.reasons)


def test_rules_that_are_switched_off_or_about_something_else() -> None:
    found = verdict(GOOD, SHELL, more="  enabled: false\n")
    assert (found.state, found.reasons) == (BLIND, ("it is switched off",))


NO_RULES = of_audit(status=None, rules=None, refusal="no")


@pytest.mark.parametrize(
    ("machine", "reason"),
    [
        (of_audit(deaf="no right"), "audit records cannot be read here"),
        (NO_RULES, "neither added nor listed"),
        (replace(GOOD, privileges=Privileges(net=False)), "network namespace"),
        (of_audit(rules=(rule("task", "never"),)), "no process that starts from now on is audited"),
        (of_audit(status=replace(STATUS, enabled=2)), "audit is locked"),
    ],
)
@pytest.mark.parametrize("condition", [SHELL, READ, "evt.type = mkdir", "evt.type = open and container.id != host"])
def test_machines_on_which_nothing_is_seen(machine: Machine, reason: str, condition: str) -> None:
    alone = replace(machine, fanotify=None, no_fanotify="no", no_connector="no")
    found = verdict(alone, condition)
    assert (found.state, found.sensors) == (BLIND, ())
    assert reason in "; ".join(found.reasons)


@pytest.mark.parametrize(
    "machine",
    [NO_RULES, of_audit(rules=(rule("task", "never"),)), of_audit(status=replace(STATUS, enabled=2))],
    ids=["no right", "task,never", "locked"],
)
def test_fanotify_and_the_connector_stand_in_for_audit(machine: Machine) -> None:
    shell, read, mkdir = verdicts(machine, SHELL, READ, "evt.type = mkdir")
    assert (shell.state, shell.sensors) == (PARTIAL, ("fanotify", "connector"))
    assert (read.state, read.sensors) == (PARTIAL, ("fanotify",))
    assert (mkdir.state, mkdir.sensors) == (BLIND, ())
    assert "executions are seen by the process connector alone" in "; ".join(shell.reasons)
    without = replace(machine, fanotify=None, no_fanotify="no")
    assert [one.state for one in verdicts(without, SHELL, READ)] == [PARTIAL, BLIND]
    elsewhere = replace(machine, privileges=replace(machine.privileges, pid=False))
    assert [one.state for one in verdicts(elsewhere, SHELL, READ)] == [BLIND, BLIND]


def test_nothing_stands_in_where_audit_cannot_be_read() -> None:
    assert {one.state for one in verdicts(of_audit(deaf="no right"), SHELL, READ)} == {BLIND}


def test_what_the_connector_tells_needs_no_audit() -> None:
    assert verdict(NO_RULES, "evt.type = procexit").state == FULL
    assert verdict(replace(GOOD, no_connector="silent"), "evt.type = procexit").state == BLIND


def test_locked_with_rules_that_serve() -> None:
    present = (
        rule("exit", "always", Field("arch", "=", 0xC000003E), syscalls=[59, 322]),
        rule("exit", "always", Field("arch", "=", 0x40000003), syscalls=[11, 358]),
    )
    machine = of_audit(status=replace(STATUS, enabled=2), rules=present)
    shell, read = verdicts(machine, SHELL, READ)
    assert (shell.state, read.state) == (FULL, PARTIAL)  # opens by fanotify
    one_abi = replace(machine, auditing=replace(machine.auditing, rules=present[:1]))
    assert verdict(one_abi, SHELL).state != FULL  # a 32-bit shell would pass


def test_a_silenced_call_hurts_the_rules_that_ask_for_it() -> None:
    quiet = of_audit(rules=(rule("exit", "never", Field("exe", "=", "/usr/bin/cron"), syscalls=[59]),))
    shell, mkdir = verdicts(quiet, SHELL, "evt.type = mkdir")
    assert (shell.state, mkdir.state) == (PARTIAL, FULL)
    assert "exe=/usr/bin/cron" in shell.reasons[0]


def test_without_the_list_of_io_uring() -> None:
    machine = of_audit(uring=False)
    read, shell = verdicts(machine, READ, SHELL)
    assert (read.state, read.sensors, shell.state) == (PARTIAL, ("audit", "fanotify"), FULL)
    nobody = replace(machine, kernel=replace(GOOD.kernel, uring_disabled=2))
    assert verdict(nobody, READ).state == FULL
    assert verdict(replace(GOOD, kernel=replace(GOOD.kernel, uring_disabled=2)), "evt.type = socket").state == FULL


@pytest.mark.parametrize(
    ("machine", "condition", "state"),
    [
        (replace(GOOD, no_connector="silent"), SHELL, FULL),
        (replace(GOOD, no_connector="silent"), f"{SHELL} and proc.pname = nginx", PARTIAL),
        (replace(GOOD, no_connector="silent"), f"{SHELL} and container.id != host", PARTIAL),
        (replace(GOOD, privileges=Privileges(net=True)), f"{SHELL} and proc.env contains LD_PRELOAD", PARTIAL),
        (replace(GOOD, privileges=Privileges(net=True)), SHELL, FULL),
        (replace(GOOD, privileges=replace(GOOD.privileges, mount=False)), f"{SHELL} and container.name = x", PARTIAL),
        (replace(GOOD, privileges=replace(GOOD.privileges, mount=False)), f"{SHELL} and container.id != host", FULL),
    ],
)
def test_what_has_to_be_looked_up(machine: Machine, condition: str, state: str) -> None:
    assert verdict(machine, condition).state == state
