"""Audit rules of others that keep something from us."""

from __future__ import annotations

import pytest

from auditfalco.coverage.keys import KEY
from auditfalco.coverage.silencers import Extent, dropped_records, keeps_from, silencers
from kernel_sources.audit.rule import AuditRule, Field, rule

X86_64, I386 = 0xC000003E, 0x40000003
ASKED = rule("exit", "always", Field("arch", "=", X86_64), Field("auid", "=", 7), syscalls=[59, 322], keys=[KEY])


def never(*fields: Field, syscalls: list[int] | None = None) -> AuditRule:
    return rule("exit", "never", *fields, syscalls=syscalls)


@pytest.mark.parametrize(
    ("silencing", "extent"),
    [
        (never(), Extent.ALL),
        (never(syscalls=[59, 322, 1]), Extent.ALL),
        (never(Field("arch", "=", X86_64), syscalls=[59, 322]), Extent.ALL),
        (never(Field("auid", "=", 7)), Extent.ALL),
        (never(syscalls=[59]), Extent.SOME),
        (never(Field("exe", "=", "/usr/bin/cron")), Extent.SOME),
        (never(Field("auid", "!=", 7)), Extent.SOME),
        (never(syscalls=[1]), Extent.NONE),
        (never(Field("arch", "=", I386)), Extent.NONE),
        (never(Field("auid", "=", 8)), Extent.NONE),
        (rule("io_uring", "never"), Extent.NONE),
        (rule("exit", "always"), Extent.NONE),
    ],
)
def test_what_a_never_takes_from_a_rule(silencing: AuditRule, extent: Extent) -> None:
    assert keeps_from(silencing, ASKED) is extent


def test_the_task_list() -> None:
    (found,) = silencers([rule("task", "never")], KEY)
    assert found.extent is Extent.ALL
    assert str(found) == "-a never,task: no process that starts from now on is audited"
    (found,) = silencers([rule("task", "never", Field("uid", "=", 5))], KEY)
    assert found.extent is Extent.SOME


def test_what_the_exclude_list_drops() -> None:
    of_calls = rule("exclude", "always", Field("msgtype", "=", 1300))
    assert dropped_records(of_calls) == ("SYSCALL",)
    assert silencers([of_calls], KEY)[0].extent is Extent.ALL
    of_one_user = rule("exclude", "never", Field("msgtype", "=", 1300), Field("auid", "=", 5))
    assert silencers([of_one_user], KEY)[0].extent is Extent.SOME
    directories = rule("exclude", "always", Field("msgtype", "=", 1307))
    assert silencers([directories], KEY)[0].extent is Extent.SOME
    assert "CWD" in str(silencers([directories], KEY)[0])
    assert dropped_records(rule("exclude", "always", Field("msgtype", ">=", 1330))) == (
        *("URINGOP", "OPENAT2", "KERN_MODULE", "BPF"),
    )
    assert dropped_records(ASKED) == ()


@pytest.mark.parametrize("number", [1327, 1320, 1112])
def test_records_that_are_not_needed_may_be_dropped(number: int) -> None:
    assert silencers([rule("exclude", "always", Field("msgtype", "=", number))], KEY) == []


def test_ours_and_what_records_silences_nothing() -> None:
    ours = rule("exit", "never", Field("pid", "=", 1), keys=[KEY])
    assert silencers([ours, ASKED, rule("user", "never")], KEY) == []


def test_the_gravest_come_first() -> None:
    some, everything = rule("filesystem", "never", Field("fstype", "=", 1)), never()
    assert [one.rule for one in silencers([some, everything], KEY)] == [everything, some]
