"""evt.*: the fields that look at other events' times, or that remember."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.engine.engine import Engine
from auditfalco.fields.binder import EventBinder
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.model.event import Event
from auditfalco.ruleset.load import load_texts

START = 1_700_000_000_000_000_000
SECOND = 1_000_000_000


def at(offset_ns: int, type: str = "openat") -> Event:
    """An event so long after the beginning."""
    return Event(type, START + offset_ns)


@pytest.fixture
def bound(world: Any) -> Any:
    """Binds a field for one use."""

    def bind(name: str, argument: str | None = None) -> Any:
        return EventBinder(world)(CATALOGUE.resolve(name, argument))

    return bind


def test_the_time_since_the_event_before(bound: Any) -> None:
    delta, whole, rest = (bound(f"evt.deltatime{part}") for part in ("", ".s", ".ns"))
    events = [at(0), at(2_500_000_000), at(2_500_000_010)]
    assert [delta(event) for event in events] == [0, 2_500_000_000, 10]
    assert [whole(event) for event in events] == [0, 2, 0]
    assert [rest(event) for event in events] == [0, 500_000_000, 10]


def test_reading_it_again_for_the_same_event_changes_nothing(bound: Any) -> None:
    delta, count = bound("evt.deltatime"), bound("util.cnt")
    first, second = at(0), at(7)
    assert [delta(event) for event in (first, first, second, second)] == [0, 0, 7, 7]
    assert [count(event) for event in (first, first, second, second)] == [1, 1, 2, 2]


def test_every_use_remembers_for_itself(bound: Any) -> None:
    one, other = bound("evt.deltatime"), bound("evt.deltatime")
    one(at(0))
    assert (one(at(SECOND)), other(at(2 * SECOND))) == (SECOND, 0)


def test_an_event_from_before_is_none_after(bound: Any) -> None:
    delta = bound("evt.deltatime")
    assert [delta(at(offset)) for offset in (10, 4, 14)] == [0, 0, 10]


def test_a_check_that_is_not_reached_does_not_count(world: Any) -> None:
    """Only events that fulfil what stands before the check are events before, as in Falco."""
    text = """
- rule: again
  desc: a call one second after the one before
  condition: evt.type in (openat, connect) and not evt.failed = true and evt.deltatime = 1000000000
  output: again
  priority: INFO
"""
    loaded = load_texts([("r.yaml", text.encode())])
    assert loaded.successful
    engine = Engine(loaded.ruleset, EventBinder(world))
    first, between, third = at(0), at(900_000_000, "connect"), at(SECOND)
    between.result = -1
    assert [bool(engine.evaluate(event)) for event in (first, between, third)] == [False, False, True]


def test_around_is_the_time_that_the_check_compares(bound: Any) -> None:
    assert bound("evt.around", str(START))(at(5)) == START + 5


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *((f"evt.latency{part}", 0) for part in ("", ".s", ".ns", ".quantized")),
        ("evt.latency.human", "0ns"),
        ("evt.wait_latency", 0),
    ],
)
def test_calls_take_no_time(read: Any, field: str, value: Any) -> None:
    assert read(field, at(0)) == value
