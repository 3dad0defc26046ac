"""One alert for one act: what records and looks tell of the same doing is put together, and bursts are summed up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from auditfalco.agent.drops import TokenBucket
from auditfalco.agent.tampering.culprits import Culprit
from auditfalco.agent.tampering.findings import Kind
from auditfalco.agent.tampering.sentry import News

SETTLED = 0.3
"""Seconds without more of the same after which an act counts as finished."""

LONGEST = 0.7
"""Seconds that an act, or the knowledge of who did it and of what became of it, is waited for."""

SAME = 3.0
"""Seconds within which what a look finds belongs to an act that was told already."""

AT_ONCE = 3
A_SECOND = 0.2


@dataclass
class Act:
    """What somebody has done.

    Attributes:
        kind: what.
        since, last: when it began and when it was last heard of, monotonic seconds.
        count: records about it.
        details: rules or values, for people.
        culprit: who; None while it is not known.
        news: what the look at the kernel found; None before it.
    """

    kind: Kind
    since: float
    last: float
    count: int = 0
    details: list[str] = field(default_factory=list)
    culprit: Culprit | None = None
    news: News | None = None

    def is_due(self, now: float) -> bool:
        """Whether nothing more is to be waited for."""
        known = self.culprit is not None and self.news is not None and now - self.last >= SETTLED
        return known or now - self.since >= LONGEST


class Acts:
    """Acts that are under way; at most as many as there are kinds, and filters added."""

    def __init__(self) -> None:
        self._pending: dict[tuple[Kind, str], Act] = {}
        self._told: dict[Kind, float] = {}
        self._buckets: dict[Kind, TokenBucket] = {}

    def recorded(self, kind: Kind, detail: str, culprit: Culprit | None, now: float) -> None:
        """A record has told of an act."""
        act = self._act(kind, "", now)
        act.count += 1
        act.last = now
        act.culprit = culprit or act.culprit
        if detail and detail not in act.details and len(act.details) < 3:
            act.details.append(detail)

    def found(self, news: News, culprit: Culprit | None, now: float) -> None:
        """A look has found something; `culprit` is who is known to have done just this."""
        kind = news.finding.kind
        name = news.finding.name[1] if kind is Kind.SILENCED else ""
        told = now - self._told.get(kind, -SAME) < SAME and kind is not Kind.SILENCED
        if told and not news.unmended and (kind, name) not in self._pending:
            return
        act = self._act(kind, name, now)
        act.news = news
        act.culprit = culprit or act.culprit

    def due(self, now: float) -> Iterable[Act]:
        """The acts to be told now."""
        for name, act in list(self._pending.items()):
            if act.is_due(now) and self._may_tell(act.kind, now):
                del self._pending[name]
                self._told[act.kind] = now
                yield act

    def _may_tell(self, kind: Kind, now: float) -> bool:
        return self._buckets.setdefault(kind, TokenBucket(A_SECOND, AT_ONCE, now)).claim(now)

    def _act(self, kind: Kind, name: str, now: float) -> Act:
        return self._pending.setdefault((kind, name), Act(kind, now, now))
