"""The engine: which rules are tried on which events, and which of them match."""

from __future__ import annotations

import pytest

from auditfalco.engine.engine import Engine
from auditfalco.engine.field_event import FieldEvent, bind_field_event
from auditfalco.ruleset.load import load_texts
from auditfalco.ruleset.rule import Ruleset


def rules(**conditions: str) -> Ruleset:
    """Return rules with these names and conditions, in order."""
    text = "".join(
        f"- rule: {name}\n  desc: d\n  output: o\n  priority: INFO\n  condition: {condition}\n"
        for name, condition in conditions.items()
    )
    result = load_texts([("f.yaml", text.encode())])
    assert result.successful, [str(issue) for issue in result.errors]
    return result.ruleset


RULESET = rules(
    opened="evt.type in (open, openat) and fd.name startswith /etc",
    shadow="evt.type = open and fd.name = /etc/shadow",
    anything="proc.name = cat",
    not_open="not evt.type = open and proc.name = dog",
    never="evt.num = 0",
)


def names(engine: Engine, **values: object) -> list[str]:
    """Return the names of the rules that an event with these values fulfils; ``_`` stands for a dot."""
    event = FieldEvent({name.replace("_", "."): value for name, value in values.items()})
    return [match.rule.name for match in engine.evaluate(event)]


def test_first_match_and_all_matches() -> None:
    first, every = Engine(RULESET, bind_field_event), Engine(RULESET, bind_field_event, "all")
    event = {"evt_type": "open", "fd_name": "/etc/shadow", "proc_name": "cat"}
    assert names(first, **event) == ["opened"]
    assert names(every, **event) == ["opened", "shadow", "anything"]
    assert names(every, evt_type="close", proc_name="dog") == ["not_open"]
    assert names(every, evt_type="open", proc_name="dog") == []
    assert first.evaluated == 1 and every.evaluated == 3
    assert first.matched == {"opened": 1, "shadow": 0, "anything": 0, "not_open": 0, "never": 0}
    assert every.matched["shadow"] == 1


def test_rules_are_tried_on_the_events_that_they_can_match() -> None:
    engine = Engine(RULESET, bind_field_event)
    candidates = {
        event_type: [rule.name for rule in engine.candidates(event_type)] for event_type in ("open", "openat", "close")
    }
    assert candidates == {
        "open": ["opened", "shadow", "anything"],
        "openat": ["opened", "anything", "not_open"],
        "close": ["anything", "not_open"],
    }
    assert len(engine.candidates("asyncevent")) == 5


def test_disabled_rules_do_not_run() -> None:
    text = "- rule: r\n  desc: d\n  output: o\n  priority: INFO\n  condition: evt.type=open\n  enabled: false\n"
    engine = Engine(load_texts([("f", text.encode())]).ruleset, bind_field_event)
    assert engine.rules == () and names(engine, evt_type="open") == []


def test_strategies_have_names() -> None:
    with pytest.raises(ValueError, match="must be one of first, all"):
        Engine(RULESET, bind_field_event, "some")
