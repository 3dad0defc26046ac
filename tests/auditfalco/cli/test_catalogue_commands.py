"""`fields` and `events`: the catalogues as they are."""

from __future__ import annotations

import json
from typing import Any, Callable

from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME
from auditfalco.normalise.normaliser import BUILDERS

Command = Callable[..., Any]


def test_fields_as_json(command: Command) -> None:
    fields = {field["name"]: field for field in json.loads(command("fields", "--json").out)}
    assert list(fields) == [field.name for field in CATALOGUE]
    assert all(fields[field.name]["description"] == field.description for field in CATALOGUE)
    assert (fields["fd.types"]["list"], fields["proc.name"]["list"]) == (True, False)
    assert fields["proc.aname"]["argument"] == "[N]"
    assert fields["evt.arg"]["argument_required"] is True


def test_fields_say_which_are_ever_set(command: Command) -> None:
    served = {field["name"]: field["served"] for field in json.loads(command("fields", "--json").out)}
    always = ("proc.name", "proc.aname", "proc.args", "evt.arg", "evt.rawarg", "fd.name", "container.id", "user.name")
    assert all(served[name] for name in always)
    assert not served["evt.plugininfo"]


def test_fields_for_people(command: Command) -> None:
    said = command("fields")
    assert said.code == 0
    for field in CATALOGUE:
        assert (f"  {field.name}{field.argument.value} " in said.out) == (field.listed and not field.deprecated)


def test_events_as_json(command: Command) -> None:
    events = {event["name"]: event for event in json.loads(command("events", "--json").out)}
    assert set(events) == set(EVENT_TYPES_BY_NAME)
    assert {"name": "flags", "type": "FLAGS32"} in events["openat"]["params"]
    assert {name for name, event in events.items() if event["arguments_told"]} == set(BUILDERS)


def test_events_for_people(command: Command) -> None:
    assert "\nsetsid(PID res)\n" in command("events").out
