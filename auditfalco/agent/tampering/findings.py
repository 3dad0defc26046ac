"""What is not as it should be in the kernel's audit configuration, by a look at all of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from auditfalco.coverage.keys import KEY
from auditfalco.coverage.silencers import Extent, Silencer, keeps_from, silencers
from kernel_sources.audit.installed import Listing
from kernel_sources.audit.rule import AuditRule
from kernel_sources.audit.rule_text import text
from kernel_sources.audit.status import LOCKED, AuditStatus

PANIC = 2
"""The failure mode in which the kernel stops the machine when a record is lost."""


class Kind(Enum):
    """What can be amiss; the value is what people read."""

    REMOVED = "audit rules of ours were removed"
    DISABLED = "audit was switched off"
    RATE = "audit was limited to so many records a second, the others are dropped"
    BACKLOG = "audit's queue was shortened"
    SILENCED = "a filter was added that keeps events from us"
    LOCKED = "audit's configuration was locked until the next boot"
    PANIC = "the kernel was told to panic when an audit record is lost"
    DAEMON = "another process has become the audit daemon"


class Finding(NamedTuple):
    """One thing amiss.

    Attributes:
        kind: what.
        detail: the rule, or the value of the setting, as text.
        rules: the audit rules to be added again or moved ahead.
        filter: the foreign filter.
        value: the setting's value now.
    """

    kind: Kind
    detail: str
    rules: tuple[AuditRule, ...] = ()
    filter: AuditRule | None = None
    value: int = 0

    @property
    def name(self) -> tuple[Kind, str]:
        """What it goes by from one look to the next: missing rules are one thing however many, a filter wherever."""
        if self.filter is not None:
            return self.kind, text(self.filter)
        return self.kind, "" if self.kind is Kind.REMOVED else self.detail


class Expected(NamedTuple):
    """How things were when the agent had set them up; foreign filters of that time are told at the start, not here."""

    status: AuditStatus
    filters: frozenset[AuditRule]


def find(expected: Expected, status: AuditStatus, listing: Listing, ours: Iterable[AuditRule]) -> list[Finding]:
    """Compare what the kernel has with what was set up."""
    found = [*_settings(expected.status, status)]
    missing = tuple(rule for rule in listing.missing if not _gone_with_its_directory(rule))
    if missing:
        found.append(Finding(Kind.REMOVED, "; ".join(map(text, missing)), missing))
    own = tuple(ours)
    for silencer in filters(listing.rules, own):
        if silencer.rule not in expected.filters:
            finding = _silenced(silencer, listing.rules, own)
            if finding is not None:
                found.append(finding)
    return found


def filters(rules: Iterable[AuditRule], ours: Sequence[AuditRule]) -> list[Silencer]:
    """The filters of others that may keep something from us. A key like ours makes nobody's filter ours."""
    own = frozenset(ours)
    foreign = [rule for rule in rules if rule not in own]
    return [one for one in silencers(foreign, own_key="") if not _about_another_agent(one.rule)]


def _settings(before: AuditStatus, now: AuditStatus) -> Iterable[Finding]:
    if now.enabled == 0 and before.enabled != 0:
        yield Finding(Kind.DISABLED, "enabled 0")
    if now.enabled == LOCKED and before.enabled != LOCKED:
        yield Finding(Kind.LOCKED, "enabled 2")
    if now.rate_limit and now.rate_limit != before.rate_limit:
        yield Finding(Kind.RATE, f"rate limit {now.rate_limit}", value=now.rate_limit)
    if now.backlog_limit and (before.backlog_limit == 0 or now.backlog_limit < before.backlog_limit):
        yield Finding(Kind.BACKLOG, f"backlog limit {now.backlog_limit}", value=now.backlog_limit)
    if now.failure == PANIC and before.failure != PANIC:
        yield Finding(Kind.PANIC, f"failure mode {now.failure}", value=now.failure)
    if now.pid != before.pid:
        yield Finding(Kind.DAEMON, f"{now.pid}", value=now.pid)


def _silenced(silencer: Silencer, listed: Sequence[AuditRule], ours: Sequence[AuditRule]) -> Finding | None:
    """The finding about one filter, None where it takes nothing from us.

    A filter behind our rules takes what is asked for from now on: rules are added behind it.
    """
    rule = silencer.rule
    if rule.filter_list not in ("exit", "io_uring"):
        return Finding(Kind.SILENCED, str(silencer), filter=rule)
    touched = [own for own in ours if keeps_from(rule, own) is not Extent.NONE]
    if not touched:
        return None
    place = {listed_rule: index for index, listed_rule in enumerate(listed)}
    masked = tuple(own for own in touched if place.get(own, -1) > place[rule])
    where = f"ahead of {len(masked)} rules of ours" if masked else "behind ours: it holds for what we ask from now on"
    return Finding(Kind.SILENCED, f"{silencer}; it stands {where}", masked, rule)


def _about_another_agent(rule: AuditRule) -> bool:
    """Whether a filter is what another run of the agent asks for: not to be shown its own process."""
    named = [field for field in rule.fields if field.name != "arch"]
    return KEY in rule.all_keys() and len(named) == 1 and (named[0].name, named[0].op) == ("pid", "=")


def _gone_with_its_directory(rule: AuditRule) -> bool:
    """Whether the kernel itself has dropped a rule, as it does when its directory or file goes."""
    place = rule.value_of("dir") or rule.value_of("path")
    return isinstance(place, str) and not os.path.lexists(place)
