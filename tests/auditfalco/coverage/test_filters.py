"""What the kernel tests of a call that was made in some way."""

from __future__ import annotations

import pytest

from auditfalco.coverage.constraints import (
    Access,
    Below,
    Compared,
    Constraint,
    Contained,
    Exited,
    Family,
    Named,
    Register,
    Succeeded,
)
from auditfalco.coverage.filters import Filter, Place, filters_of, through_socketcall
from auditfalco.coverage.kernel import Abilities, abilities
from kernel_sources.audit.rule import Field

KERNEL = Abilities()
SHADOW = Named("/etc/shadow")
INSIDE = Contained()


def said(filters: frozenset[Filter]) -> set[tuple[Place, str]]:
    return {(one.place, " ".join(sorted(map(str, one.fields)))) for one in filters}


@pytest.mark.parametrize(
    ("call", "way", "expected"),
    [
        ("connect", {Family(2), Exited(-115)}, {(None, "exit=4294967181 saddr_fam=2")}),
        ("setuid", {Compared("euid", "!=", 0), Register(0, "=", 0)}, {(None, "a0=0 euid!=0")}),
        # What only files tell is not asked of calls whose files the kernel's filter does not know.
        ("fchmod", {SHADOW, Succeeded(True)}, {(None, "success=1")}),
        ("execve", {INSIDE}, {(None, "")}),
        # A name means a file of the host, and another one in every container.
        (
            "openat",
            {Below("/etc"), Access("r"), Succeeded(True)},
            {(p, "perm=4 success=1") for p in (Below("/etc"), INSIDE)},
        ),
        ("openat", {INSIDE, SHADOW, Succeeded(True)}, {(INSIDE, "success=1")}),
        ("openat", {Below("/"), Succeeded(True)}, {(None, "success=1")}),
        # A call that fails may never have come to its file.
        ("creat", {Below("/etc")}, {(Below("/etc"), ""), (INSIDE, ""), (None, "success=0")}),
        ("openat", {SHADOW, Succeeded(False)}, {(None, "success=0")}),
        ("openat", {SHADOW, Exited(-13)}, {(None, "exit=4294967283")}),
        ("open_by_handle_at", {SHADOW, Succeeded(True)}, {(None, "success=1")}),
        # When the watch of a name is tested while it is taken away, there is no result yet.
        ("unlink", {SHADOW, Succeeded(True)}, {(SHADOW, ""), (INSIDE, "")}),
        ("renameat2", {SHADOW}, {(SHADOW, ""), (INSIDE, ""), (None, "success=0")}),
        # A file without a name is opened by naming its directory.
        (
            "openat",
            {Named("/srv"), Access("w"), Succeeded(True)},
            {(Named("/srv"), "perm=2 success=1"), (INSIDE, "perm=2 success=1")}
            | {(Below("/srv"), "a2&4194304 perm=2 success=1")},
        ),
        (
            "openat",
            {SHADOW, Access("rw"), Access("r"), Succeeded(True)},
            {(p, "perm=4 success=1") for p in (SHADOW, INSIDE)},
        ),
        ("creat", {INSIDE, Access("w"), Succeeded(True)}, {(INSIDE, "success=1")}),
    ],
)
def test_filters(call: str, way: set[Constraint], expected: set[tuple[Place, str]]) -> None:
    assert said(filters_of(call, frozenset(way), KERNEL)) == expected


def test_what_an_older_kernel_does_not_know_is_not_tested() -> None:
    old = abilities("5.2.0-rc1")
    assert abilities("6.1.0-9-amd64") == Abilities(True, True) and abilities("odd") == Abilities(False, False)
    assert said(filters_of("openat2", frozenset({Access("r")}), old)) == {(None, "")}
    assert said(filters_of("openat", frozenset({Access("r")}), old)) == {(None, "perm=4")}
    assert said(filters_of("connect", frozenset({Family(2)}), old)) == {(None, "")}


def test_socketcall_has_other_registers() -> None:
    made = filters_of("connect", frozenset({Family(2), Register(2, "=", 16)}), KERNEL)
    assert said(through_socketcall(3, made)) == {(None, "a0=3 saddr_fam=2")}


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        (None, SHADOW, True),
        (Below("/etc"), SHADOW, False),
        (Below("/etc"), Below("/etc/a"), True),
        (Below("/etc"), Named("/etcetera/x"), False),
        (Below("/etc"), INSIDE, False),
        (SHADOW, Below("/etc"), False),
        (Field("dir", "=", "/etc"), Field("path", "=", "/etc/shadow"), False),
        (Field("dir", "=", "/etc"), Field("inode", "=", 7), False),
    ],
)
def test_what_covers_what(wide: Place, narrow: Place, covered: bool) -> None:
    assert Filter(frozenset(), wide).covers(Filter(frozenset({Field("success", "=", 1)}), narrow)) is covered
    assert not Filter(frozenset({Field("success", "=", 1)}), wide).covers(Filter(frozenset(), narrow))
