"""The audit rules that serve needs."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from auditfalco.coverage.constraints import Access, Below, Contained, Register, Succeeded
from auditfalco.coverage.files import HostFiles
from auditfalco.coverage.keys import KEY
from auditfalco.coverage.needs import Needs
from auditfalco.coverage.places import Places
from auditfalco.coverage.plan import Plan
from auditfalco.coverage.rulemaking import PlannedRule
from auditfalco.coverage.scopes import DeviceScope, FileScope, TreeScope
from kernel_sources.audit.rule import AuditRule
from kernel_sources.procfs import ProcFS
from kernel_sources.tables import machine_number, syscall_number

X86 = machine_number("x86_64")
INSIDE = frozenset({Contained(), Succeeded(True)})
NEEDS = Needs({**Needs.whole(["execve", "creat"]).asked, "openat": {INSIDE: ("r",)}, "open": {INSIDE: ("r",)}})


@pytest.fixture(autouse=True)
def on_x86_64(monkeypatch: pytest.MonkeyPatch) -> None:
    names = os.uname()
    monkeypatch.setattr(os, "uname", lambda: os.uname_result((*names[:4], "x86_64")))


def bare(planned: Iterable[PlannedRule]) -> tuple[AuditRule, ...]:
    return tuple(one.rule for one in planned)


def said(rule: AuditRule) -> list[str]:
    return [str(field) for field in rule.fields]


def test_every_rule_is_made_for_both_abis() -> None:
    rules = bare(Plan(NEEDS).audit_rules())
    for machine in ("x86_64", "i386"):
        arch = machine_number(machine)
        of_machine = [rule for rule in rules if rule.value_of("arch") == arch]
        assert frozenset().union(*(rule.syscalls for rule in of_machine)) == {
            syscall_number(machine, "execve"),
            syscall_number(machine, "creat"),
        }
    assert len(rules) == 4
    assert {rule.all_keys() for rule in rules} == {(KEY,)}
    assert {(rule.filter_list, rule.action) for rule in rules} == {("exit", "always")}


def test_a_call_that_one_abi_lacks_is_left_out_there() -> None:
    rules = bare(Plan(Needs.whole({"umount"})).audit_rules())
    assert [rule.value_of("arch") for rule in rules] == [machine_number("i386")]


def test_calls_about_sockets_are_asked_for_as_socketcall_too() -> None:
    rules = bare(Plan(Needs.whole({"connect", "mkdir"}), login_uids=(7,)).audit_rules())
    multiplexer = syscall_number("i386", "socketcall")
    asked = [rule for rule in rules if multiplexer in rule.syscalls and rule.value_of("arch") == machine_number("i386")]
    assert [said(rule)[1:] for rule in asked] == [["auid=7", "a0=3"]]
    assert len(rules) == 1 + 2 + 2  # and the two calls by their own numbers, on both machines


def test_an_abi_without_any_of_the_calls_has_no_rule() -> None:
    assert bare(Plan(Needs.whole({"no_such_call"})).audit_rules()) == ()


def test_our_own_opens_are_kept_quiet_first_of_all() -> None:
    first, *others = bare(Plan(NEEDS, own_pid=77).audit_rules())
    assert (first.action, first.prepend, said(first)[1:]) == ("never", True, ["pid=77"])
    assert first.syscalls == {syscall_number("x86_64", call) for call in ("open", "openat", "creat")}
    assert {rule.action for rule in others} == {"always"}


def test_noisy_programs_keep_their_vital_calls() -> None:
    quiet = [rule for rule in bare(Plan(NEEDS, noisy_exes=("/usr/bin/x",)).audit_rules()) if rule.action == "never"]
    assert [said(rule)[1:] for rule in quiet] == [["exe=/usr/bin/x"]] * 2
    executions = {syscall_number("x86_64", "execve"), syscall_number("i386", "execve")}
    assert all(rule.prepend and not rule.syscalls & executions for rule in quiet)


def test_scopes_narrow_the_rules_of_containers() -> None:
    rules = bare(Plan(NEEDS).container_rules([TreeScope("/srv/data"), DeviceScope(0, 57), FileScope("/srv/hosts")]))
    conditions = [said(rule)[1:] for rule in rules if rule.value_of("arch") == machine_number("x86_64")]
    assert sorted(conditions) == [
        ["success=1", "devmajor=0", "devminor=57"],
        ["success=1", "dir=/srv/data"],
        ["success=1", "path=/srv/hosts"],
    ]
    assert {syscall_number("x86_64", "open"), syscall_number("x86_64", "openat")} == rules[0].syscalls
    assert len(rules) == 6


def test_login_uids_narrow_every_rule() -> None:
    wanted = Plan(NEEDS, login_uids=(1000, 1001))
    rules = bare((*wanted.audit_rules(), *wanted.container_rules([DeviceScope(0, 57)])))
    assert len(rules) == 2 * (4 + 2)
    assert {rule.value_of("auid") for rule in rules} == {1000, 1001}


def test_a_call_asked_for_everywhere_is_not_asked_for_in_containers_again() -> None:
    wanted = Plan(Needs({"openat": {INSIDE: ("r",), frozenset(): ("s",)}, "open": {INSIDE: ("r",)}}))
    assert all(
        rule.syscalls.isdisjoint({syscall_number("x86_64", "openat")}) or rule.value_of("arch") != X86
        for rule in bare(wanted.container_rules([DeviceScope(0, 57)]))
    )
    (served,) = [one.serves for one in wanted.audit_rules() if one.rule.value_of("arch") == X86]
    assert set(served) == {"r", "s"}
    assert Plan(Needs.whole(["execve"])).container_rules([DeviceScope(0, 57)]) == ()


def test_a_scope_has_what_all_askings_have_in_common() -> None:
    ways = {INSIDE | {Access("r")}: ("a",), INSIDE | {Register(2, "&", 1)}: ("b",)}
    found = Plan(Needs({"openat": ways})).container_rules([DeviceScope(0, 57)])
    assert [said(one.rule)[1:] for one in found] == [["success=1", "devmajor=0", "devminor=57"]] * 2
    assert [set(one.serves) for one in found] == [{"a", "b"}] * 2


def test_every_rule_carries_the_keys_of_its_run() -> None:
    wanted = Plan(Needs.whole(["execve", "connect", "openat"], ["open"]), keys=(KEY, "auditfalco-7-9"))
    planned = (*wanted.audit_rules(), *wanted.container_rules([DeviceScope(0, 57)]), *wanted.uring_rules())
    assert {rule.all_keys() for rule in bare(planned)} == {(KEY, "auditfalco-7-9")}


def test_a_named_file_below_a_directory_is_asked_for_wherever_it_is_linked(tmp_path: Path) -> None:
    top = tmp_path.resolve()
    (top / "secret").write_text("")
    named = (f"{top}/secret", f"{top}/", f"{top}x/other")
    asked = {"openat": {frozenset({Below(str(top)), Succeeded(True)}): ("r",)}}
    for files, expected in ((named, {f"dir={top}", f"path={top}/secret"}), ((), {f"dir={top}"})):
        rules = bare(Plan(Needs(asked, files=files)).file_rules(Places(HostFiles(ProcFS()))))
        assert {said(rule)[-1] for rule in rules} == expected
