"""What is asked of the kernel about io_uring."""

from __future__ import annotations

import os

import pytest

from auditfalco.coverage.keys import KEY
from auditfalco.coverage.needs import Needs
from auditfalco.coverage.plan import Plan
from auditfalco.model.eventtypes import is_event_type
from auditfalco.model.uringoperations import OPERATIONS
from kernel_sources.audit import rule_wire
from kernel_sources.audit.rule import AuditRule
from kernel_sources.tables import uring_name

ENTER = 426


@pytest.fixture(autouse=True)
def on_x86_64(monkeypatch: pytest.MonkeyPatch) -> None:
    names = os.uname()
    monkeypatch.setattr(os, "uname", lambda: os.uname_result((*names[:4], "x86_64")))


def rules(*calls: str, containers: tuple[str, ...] = (), **options: object) -> list[AuditRule]:
    needs = Needs.whole(calls, containers)
    return [planned.rule for planned in Plan(needs, **options).uring_rules()]  # type: ignore[arg-type]


def of_list(found: list[AuditRule], name: str) -> list[AuditRule]:
    return [rule for rule in found if rule.filter_list == name]


def names(rule: AuditRule) -> set[str | None]:
    return {uring_name(number) for number in rule.syscalls}


def test_every_operation_is_an_event_that_exists() -> None:
    assert [one.name for one in OPERATIONS.values() if not is_event_type(one.event_type)] == []


def test_calls_are_asked_for_as_operations_too() -> None:
    (rule,) = of_list(rules("shutdown", "fallocate"), "io_uring")
    assert (names(rule), rule.action, rule.keys) == ({"shutdown", "fallocate"}, "always", (KEY,))
    assert rule.fields == ()
    assert rule_wire.decode(rule_wire.encode(rule)) == rule


def test_calls_that_no_operation_stands_for_need_nothing() -> None:
    assert rules("execve", "setuid") == []


def test_whoever_takes_names_is_asked_for_with_those_that_rules_name() -> None:
    (rule,) = of_list(rules("unlinkat"), "io_uring")
    assert names(rule) == {operation.name for operation in OPERATIONS.values() if operation.names}


def test_names_and_addresses_are_in_the_call_that_submits() -> None:
    named = of_list(rules("openat"), "exit")
    assert [str(rule.fields[-1]) for rule in named] == ["devmajor>=0"] * 2
    addressed = of_list(rules("connect"), "exit")
    assert [str(rule.fields[-1]) for rule in addressed] == ["saddr_fam>=1"] * 2
    assert {rule.syscalls for rule in (*named, *addressed)} == {frozenset({ENTER})}
    assert len({rule.value_of("arch") for rule in named}) == 2
    assert of_list(rules("shutdown"), "exit") == []


def test_opens_in_containers_are_asked_for_on_the_whole_host() -> None:
    """A worker's record names no file, by whose device it could be chosen."""
    assert rules("execve", containers=("openat",)) == rules("execve", "openat")


def test_scopes_narrow_every_rule() -> None:
    found = rules("openat", login_uids=(1000, 1001))
    assert {rule.value_of("auid") for rule in found} == {1000, 1001}
