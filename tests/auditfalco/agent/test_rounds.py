"""Duties at intervals."""

from __future__ import annotations

from auditfalco.agent.rounds import Rounds


def test_each_duty_is_done_when_it_is_due_and_once_when_it_is_late() -> None:
    now = [100.0]
    rounds, done = Rounds(lambda: now[0]), []
    rounds.every(1.0, lambda: done.append("a"))
    rounds.every(2.5, lambda: done.append("b"))
    for moment in (100.5, 101.0, 101.5, 102.6, 110.0, 110.5):
        now[0] = moment
        rounds.go()
    assert done == ["a", "a", "b", "a", "b"]
