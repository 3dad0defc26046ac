"""The canary: what comes back, what stays away, and what it is told as."""

from __future__ import annotations

import pytest

from auditfalco.agent import canary
from auditfalco.agent.canary import BLIND, LONGEST, PATIENCE, Canary, canary_rules
from auditfalco.agent.internal import InternalAlerts
from auditfalco.model.alert import Alert
from auditfalco.model.event import Argument, Event
from kernel_sources.audit.rule_text import text

OWN, EVERY = 100, 3.0


class Bird:
    """A canary whose flights are written down, and a clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.flown: list[str] = []
        self.alerts: list[Alert] = []
        self.now = 0.0
        monkeypatch.setattr(canary, "fly", self.flown.append)
        internal = InternalAlerts("host", self.alerts.append)
        self.behind = False
        self.canary = Canary(EVERY, OWN, internal, lambda: "audit is off", lambda: self.behind, lambda: self.now)

    def after(self, seconds: float) -> None:
        self.now += seconds
        self.canary.tick()


@pytest.fixture
def bird(monkeypatch: pytest.MonkeyPatch) -> Bird:
    made = Bird(monkeypatch)
    made.canary.tick()
    return made


def execve(name: str, parent: int = OWN, result: int = -2) -> Event:
    event = Event("execve", 1)
    event.result = result
    event.arguments = {"ptid": Argument(parent, str(parent)), "filename": Argument(name, name)}
    return event


def test_one_that_comes_back_is_nobody_elses_business(bird: Bird) -> None:
    bird.now = 0.25
    assert bird.canary.takes(execve(bird.flown[0]))
    assert (bird.canary.returned, bird.canary.round_trip) == (1, 0.25)
    bird.after(EVERY)
    assert len(set(bird.flown)) == 2
    assert bird.alerts == []


def test_what_is_not_ours_is_left_to_the_rules(bird: Bird) -> None:
    assert not bird.canary.takes(execve("/usr/bin/true"))
    assert not bird.canary.takes(execve(bird.flown[0], parent=7))
    assert not bird.canary.takes(execve(bird.flown[0], result=0))
    assert not bird.canary.takes(Event("open", 1))


def test_two_that_stay_away_are_an_alarm_told_once_until_one_is_back(bird: Bird) -> None:
    bird.after(PATIENCE)
    assert bird.alerts == []
    for _ in range(4):
        bird.after(EVERY)
        bird.after(PATIENCE)
    assert [(one.rule, one.priority) for one in bird.alerts] == [(BLIND, "Critical")]
    assert "audit is off" in bird.alerts[0].output
    bird.after(EVERY)
    assert bird.canary.takes(execve(bird.flown[-1]))
    assert [one.priority for one in bird.alerts] == ["Critical", "Notice"]


def test_one_that_is_late_counts_for_nothing(bird: Bird) -> None:
    bird.after(PATIENCE)
    assert bird.canary.takes(execve(bird.flown[0]))
    assert bird.canary.returned == 0


def test_a_flight_leaves_nothing_behind() -> None:
    canary.fly("/dev/null/auditfalco-canary-test")


def test_its_audit_rule_is_about_our_children_alone() -> None:
    (planned,) = canary_rules(OWN, ("k",))
    assert f"-F ppid={OWN} -F key=k" in text(planned.rule)


def test_while_events_wait_to_be_looked_at_none_is_given_up_before_its_time(bird: Bird) -> None:
    bird.behind = True
    for _ in range(10):
        bird.after(PATIENCE)
    assert bird.canary.takes(execve(bird.flown[0]))
    for _ in range(2):
        bird.after(EVERY)
        bird.after(LONGEST)
    assert [one.priority for one in bird.alerts] == ["Critical"]
