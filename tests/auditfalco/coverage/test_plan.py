"""The audit rules that serve needs."""

from __future__ import annotations

import os
from collections.abc import Iterable

import pytest

from auditfalco.coverage.keys import KEY
from auditfalco.coverage.needs import Needs
from auditfalco.coverage.plan import PlannedRule, plan
from auditfalco.coverage.scopes import DeviceScope, FileScope, TreeScope
from kernel_sources.audit.rule import AuditRule
from kernel_sources.tables import machine_number, syscall_number

NEEDS = Needs(frozenset({"execve", "creat"}), frozenset({"openat", "open"}))


@pytest.fixture(autouse=True)
def on_x86_64(monkeypatch: pytest.MonkeyPatch) -> None:
    names = os.uname()
    monkeypatch.setattr(os, "uname", lambda: os.uname_result((*names[:4], "x86_64")))


def bare(planned: Iterable[PlannedRule]) -> tuple[AuditRule, ...]:
    return tuple(one.rule for one in planned)


def said(rule: AuditRule) -> list[str]:
    return [str(field) for field in rule.fields]


def test_every_rule_is_made_for_both_abis() -> None:
    rules = bare(plan(NEEDS).audit_rules())
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
    rules = bare(plan(Needs(frozenset({"umount"}), frozenset())).audit_rules())
    assert [rule.value_of("arch") for rule in rules] == [machine_number("i386")]


def test_calls_about_sockets_are_asked_for_as_socketcall_too() -> None:
    rules = bare(plan(Needs(frozenset({"connect", "mkdir"}), frozenset()), login_uids=[7]).audit_rules())
    multiplexer = syscall_number("i386", "socketcall")
    asked = [rule for rule in rules if multiplexer in rule.syscalls and rule.value_of("arch") == machine_number("i386")]
    assert [said(rule)[1:] for rule in asked] == [["a0=3", "auid=7"]]
    assert len(rules) == 1 + 2 + 2  # and the two calls by their own numbers, on both machines


def test_an_abi_without_any_of_the_calls_has_no_rule() -> None:
    assert bare(plan(Needs(frozenset({"no_such_call"}), frozenset())).audit_rules()) == ()


def test_our_own_opens_are_not_asked_for() -> None:
    wanted = plan(NEEDS, own_pid=77)
    rules = bare(wanted.audit_rules())
    executions = [rule for rule in rules if rule.syscalls & {59, 11}]
    opens = [rule for rule in rules if rule not in executions]
    assert all("pid!=77" not in said(rule) for rule in executions)
    assert all("pid!=77" in said(rule) for rule in (*opens, *bare(wanted.rules_for([DeviceScope(0, 5)]))))


def test_scopes_narrow_the_rules_of_containers() -> None:
    rules = bare(plan(NEEDS).rules_for([TreeScope("/srv/data"), DeviceScope(0, 57), FileScope("/srv/hosts")]))
    conditions = [said(rule)[1:] for rule in rules if rule.value_of("arch") == machine_number("x86_64")]
    assert sorted(conditions) == [["devmajor=0", "devminor=57"], ["dir=/srv/data"], ["path=/srv/hosts"]]
    assert {syscall_number("x86_64", "open"), syscall_number("x86_64", "openat")} == rules[0].syscalls
    assert len(rules) == 6


def test_login_uids_narrow_every_rule() -> None:
    wanted = plan(NEEDS, login_uids=(1000, 1001))
    rules = bare((*wanted.audit_rules(), *wanted.rules_for([DeviceScope(0, 57)])))
    assert len(rules) == 2 * (4 + 2)
    assert {rule.value_of("auid") for rule in rules} == {1000, 1001}


def test_a_call_asked_for_everywhere_is_not_asked_for_in_containers_again() -> None:
    wanted = plan(Needs(frozenset({"openat"}), frozenset({"openat", "open"})))
    assert wanted.container_calls == {"open"}
    assert plan(Needs(frozenset({"execve"}), frozenset())).rules_for([DeviceScope(0, 57)]) == ()


def test_every_rule_carries_the_keys_of_its_run() -> None:
    wanted = plan(Needs(frozenset({"execve", "connect", "openat"}), frozenset({"open"})), keys=(KEY, "auditfalco-7-9"))
    planned = (*wanted.audit_rules(), *wanted.rules_for([DeviceScope(0, 57)]), *wanted.uring_rules())
    assert {rule.all_keys() for rule in bare(planned)} == {(KEY, "auditfalco-7-9")}
