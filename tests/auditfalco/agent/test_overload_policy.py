"""When classes of audit rules are withdrawn and given back."""

from __future__ import annotations

from auditfalco.agent.overload_policy import FIRST_CALM_SECONDS, LONGEST_CALM_SECONDS, Withdrawal
from auditfalco.coverage.worth import CONNECTIONS, NAMES, OPENS, ORDINARY

CLASSES = (OPENS, NAMES)


def after(policy: Withdrawal, now: float, overloaded: bool = False) -> int:
    """What is withheld after a look."""
    before = policy.below
    assert policy.decide(now, overloaded, CLASSES) == (policy.below != before)
    return policy.below


def test_the_least_class_goes_at_once_and_the_next_after_a_second() -> None:
    policy = Withdrawal()
    steps = [after(policy, now, overloaded=True) for now in (0.0, 0.25, 0.75, 1.0, 1.5, 2.0, 9.0)]
    assert steps == [CONNECTIONS, CONNECTIONS, CONNECTIONS, ORDINARY, ORDINARY, ORDINARY, ORDINARY]


def test_classes_come_back_one_by_one_each_after_a_calm_span() -> None:
    policy = Withdrawal()
    after(policy, 0.0, overloaded=True)
    after(policy, 1.0, overloaded=True)
    after(policy, 5.0, overloaded=True)
    steps = [after(policy, now) for now in (14.9, 15.0, 24.9, 25.0)]
    assert steps == [ORDINARY, CONNECTIONS, CONNECTIONS, 0]


def test_an_overload_that_returns_at_once_doubles_the_calm_span() -> None:
    policy, now, spans = Withdrawal(), 0.0, []
    for _ in range(8):
        after(policy, now, overloaded=True)
        spans.append(policy.calm_seconds)
        now += policy.calm_seconds
        assert after(policy, now - 0.1) == CONNECTIONS
        assert after(policy, now) == 0
        now += 1.0
    assert spans == [10, 20, 40, 80, 160, 320, 320, 320]
    assert (spans[0], spans[-1]) == (FIRST_CALM_SECONDS, LONGEST_CALM_SECONDS)


def test_a_calm_span_without_return_makes_up_for_the_past() -> None:
    policy = Withdrawal()
    after(policy, 0.0, overloaded=True)
    after(policy, 10.0)
    after(policy, 11.0, overloaded=True)
    assert policy.calm_seconds == 2 * FIRST_CALM_SECONDS
    assert after(policy, 31.0) == 0
    after(policy, 50.0)
    assert policy.calm_seconds == 2 * FIRST_CALM_SECONDS
    after(policy, 51.0)
    assert policy.calm_seconds == FIRST_CALM_SECONDS


def test_where_nothing_can_be_withdrawn_nothing_is() -> None:
    policy = Withdrawal()
    assert [policy.decide(now, True, ()) for now in (0.0, 5.0)] == [False, False]
    assert policy.below == 0
