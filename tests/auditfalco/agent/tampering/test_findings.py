"""What a look at the kernel's audit configuration finds amiss."""

from __future__ import annotations

import dataclasses

import pytest

from auditfalco.agent.tampering.findings import Expected, Finding, Kind, filters, find
from auditfalco.coverage.keys import KEY, Instance, keys_of
from kernel_sources.audit.installed import Listing
from kernel_sources.audit.rule import AuditRule, Field, rule
from kernel_sources.audit.status import AuditStatus

ARCH = Field("arch", "=", 0xC000003E)
EXECS = rule("exit", "always", ARCH, Field("auid", "=", 7), syscalls=[59, 322], keys=keys_of(Instance(1, 2)))
STATUS = AuditStatus(1, 1, 0, 0, 8192, 0, 0)
NEVER = rule("exit", "never", Field("auid", "=", 7))


def look(
    *listed: AuditRule, missing: tuple[AuditRule, ...] = (), known: AuditRule | None = None, **now: int
) -> list[Finding]:
    expected = Expected(STATUS, frozenset([known] if known is not None else []))
    return find(expected, dataclasses.replace(STATUS, **now), Listing(listed, missing), [EXECS])


def test_all_is_well() -> None:
    assert look(EXECS, rule("exit", "always", Field("auid", "=", 1), keys=["theirs"]), backlog_limit=9000) == []


@pytest.mark.parametrize(
    ("setting", "value", "kind"),
    [
        ("enabled", 0, Kind.DISABLED),
        ("enabled", 2, Kind.LOCKED),
        ("rate_limit", 1, Kind.RATE),
        ("backlog_limit", 1, Kind.BACKLOG),
        ("failure", 2, Kind.PANIC),
        ("pid", 99, Kind.DAEMON),
    ],
)
def test_settings(setting: str, value: int, kind: Kind) -> None:
    assert [one.kind for one in look(EXECS, **{setting: value})] == [kind]


def test_missing_rules_are_one_finding() -> None:
    (found,) = look(missing=(EXECS,))
    assert (found.kind, found.rules, found.name) == (Kind.REMOVED, (EXECS,), (Kind.REMOVED, ""))


def test_a_rule_that_went_with_its_directory_was_not_removed_by_anybody() -> None:
    gone = rule("exit", "always", Field("dir", "=", "/no/such/directory"), keys=[KEY])
    assert look(EXECS, missing=(gone,)) == []


def test_a_filter_ahead_of_ours_masks_them_and_one_behind_only_what_comes() -> None:
    (ahead,) = look(NEVER, EXECS)
    (behind,) = look(EXECS, NEVER)
    assert (ahead.rules, ahead.filter) == ((EXECS,), NEVER)
    assert behind.rules == ()
    assert ahead.name == behind.name


def test_filters_that_take_nothing_or_were_there_before_are_none() -> None:
    assert look(rule("exit", "never", ARCH, syscalls=[1]), EXECS) == []
    assert look(NEVER, EXECS, known=NEVER) == []


def test_our_key_makes_nobodys_filter_ours() -> None:
    forged = rule("exit", "never", Field("auid", "=", 7), keys=EXECS.keys)
    assert [one.kind for one in look(forged, EXECS)] == [Kind.SILENCED]
    another_agent = rule("exit", "never", ARCH, Field("pid", "=", 9), keys=[KEY])
    assert filters([another_agent, EXECS], [EXECS]) == []


@pytest.mark.parametrize(
    "silencer", [rule("task", "never"), rule("exclude", "always", Field("msgtype", "=", 1300), Field("auid", "=", 7))]
)
def test_filters_of_other_lists(silencer: AuditRule) -> None:
    (found,) = look(EXECS, silencer)
    assert (found.kind, found.filter, found.rules) == (Kind.SILENCED, silencer, ())
