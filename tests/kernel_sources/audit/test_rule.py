"""Audit rules: what they may hold, and when two of them are one."""

from __future__ import annotations

import pytest

from kernel_sources.audit import rule_fields
from kernel_sources.audit.rule import ALL, AuditRule, Field, rule

EXECVE = 59


def test_numbers_are_kept_without_sign() -> None:
    assert Field("auid", "=", -1) == Field("auid", "=", 0xFFFFFFFF)
    assert Field("exit", "=", -13).value == 0xFFFFFFF3
    assert Field("exit", "=", -13).signed == -13


def test_loginuid_is_auid() -> None:
    assert Field("loginuid", "=", 5) == Field("auid", "=", 5)


@pytest.mark.parametrize(("letters", "bits"), [("r", 4), ("wa", 10), ("rwxa", 15), ("aa", 8)])
def test_permissions_by_letter(letters: str, bits: int) -> None:
    assert Field("perm", "=", letters).value == bits


def test_file_types_by_name() -> None:
    assert Field("filetype", "=", "dir").value == 0o040000


@pytest.mark.parametrize(
    ("name", "op", "value"),
    [
        ("nonsense", "=", 1),
        ("auid", "==", 1),
        ("auid", "=", 1 << 32),
        ("auid", "=", -(1 << 31) - 1),
        ("auid", "=", "root"),
        ("path", "=", 5),
        ("path", "=", ""),
        ("path", "=", "/a\0b"),
        ("perm", "=", "rq"),
        ("perm", "=", ""),
        ("filetype", "=", "disk"),
    ],
)
def test_fields_that_no_rule_can_hold(name: str, op: str, value: int | str) -> None:
    with pytest.raises(ValueError):
        Field(name, op, value)


@pytest.mark.parametrize(
    "arguments",
    [
        {"filter_list": "entry"},
        {"action": "sometimes"},
        {"syscalls": frozenset({-1})},
        {"syscalls": frozenset({rule_fields.SYSCALL_LIMIT})},
        {"keys": ("a\x01b",)},
        {"keys": ("",)},
        {"keys": ("k" * 257,)},
        {"keys": ("é" * 129,)},
        {"fields": tuple(Field("a0", "=", n) for n in range(65))},
        {"fields": tuple(Field("a0", "=", n) for n in range(64)), "keys": ("k",)},
    ],
)
def test_rules_that_no_kernel_takes(arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        AuditRule(**{"filter_list": "exit", "action": "always", **arguments})  # type: ignore[arg-type]


def test_a_key_field_at_the_end_is_the_keys() -> None:
    by_field = rule("exit", "always", Field("auid", "=", 1), Field("key", "=", "one\x01two"))
    by_keys = rule("exit", "always", Field("auid", "=", 1), keys=("one", "two"))
    assert by_field == by_keys
    assert by_field.keys == ("one", "two")
    assert by_keys.stored_fields()[-1] == Field("key", "=", "one\x01two")


def test_a_key_field_in_the_middle_stays_there() -> None:
    foreign = rule("exit", "always", Field("key", "=", "k"), Field("auid", "=", 1))
    assert foreign.keys == ()
    assert foreign.all_keys() == ("k",)
    assert foreign.stored_fields() == foreign.fields


def test_a_key_of_odd_make_is_kept_as_it_is() -> None:
    foreign = rule("exit", "always", Field("key", "=", "a\x01\x01b"))
    assert foreign.keys == ()
    assert foreign.stored_fields() == (Field("key", "=", "a\x01\x01b"),)


def test_the_order_of_fields_makes_another_rule() -> None:
    first, second = Field("auid", "=", 1), Field("pid", "=", 2)
    assert rule("exit", "always", first, second) != rule("exit", "always", second, first)


def test_where_a_rule_is_put_makes_no_other_rule() -> None:
    # The kernel forgets it: a listing never shows it, and a deletion must not name it.
    first = rule("exit", "never", Field("pid", "=", 1), prepend=True)
    assert first == rule("exit", "never", Field("pid", "=", 1))
    assert len({first, rule("exit", "never", Field("pid", "=", 1))}) == 1


def test_no_list_of_system_calls_means_all() -> None:
    assert rule("exit", "always").syscalls == ALL
    assert rule("exit", "always", syscalls=[EXECVE]).syscalls == {EXECVE}


def test_the_value_of_a_field_by_name() -> None:
    subject = rule("exit", "always", Field("auid", "=", 7), Field("exe", "=", "/bin/sh"))
    assert subject.value_of("loginuid") == 7
    assert subject.value_of("exe") == "/bin/sh"
    assert subject.value_of("pid") is None
