"""One alert for one act."""

from __future__ import annotations

from auditfalco.agent.tampering.acts import AT_ONCE, LONGEST, Act, Acts
from auditfalco.agent.tampering.culprits import Culprit
from auditfalco.agent.tampering.findings import Finding, Kind
from auditfalco.agent.tampering.sentry import News
from kernel_sources.audit.rule import rule

WHO = Culprit(auid=7, pid=8, comm="auditctl")
GONE = News(Finding(Kind.REMOVED, "r"))
FILTER = Finding(Kind.SILENCED, "f", filter=rule("task", "never"))


def due(acts: Acts, now: float) -> list[Act]:
    return list(acts.due(now))


def test_records_and_a_look_make_one_act() -> None:
    acts = Acts()
    for number in range(3):
        acts.recorded(Kind.REMOVED, "", WHO, number / 10)
    acts.found(GONE, None, 0.25)
    assert due(acts, 0.4) == []
    (act,) = due(acts, 0.5)
    assert (act.count, act.culprit, act.news) == (3, WHO, GONE)
    acts.found(GONE, None, 0.6)
    assert due(acts, 2.0) == []


def test_what_is_not_known_is_waited_for_only_so_long() -> None:
    acts = Acts()
    acts.found(GONE, None, 0.0)
    assert due(acts, LONGEST - 0.01) == []
    (act,) = due(acts, LONGEST)
    assert act.culprit is None


def test_what_could_not_be_mended_is_told_after_the_act_was() -> None:
    acts = Acts()
    acts.recorded(Kind.REMOVED, "", WHO, 0.0)
    assert len(due(acts, 1.0)) == 1
    acts.found(News(GONE.finding, "locked"), None, 1.1)
    assert len(due(acts, 2.0)) == 1


def test_filters_are_acts_of_their_own() -> None:
    acts = Acts()
    acts.found(News(FILTER), WHO, 0.0)
    acts.found(News(Finding(Kind.SILENCED, "g", filter=rule("exit", "never"))), WHO, 0.0)
    assert len(due(acts, 1.0)) == 2


def test_bursts_are_summed_up() -> None:
    acts = Acts()
    told = []
    for number in range(100):
        acts.recorded(Kind.REMOVED, "", WHO, number / 10)
        told += due(acts, number / 10 + 0.05)
    told += due(acts, 30.0)
    assert AT_ONCE < len(told) <= AT_ONCE + 3
    assert sum(act.count for act in told) == 100
