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
    assert (fields["fd.types"]["is_list"], fields["proc.name"]["is_list"]) == (True, False)
    assert fields["proc.aname"]["argument"] == "[N]"
    assert fields["evt.arg"]["argument_required"] is True


def test_fields_say_what_they_are_made_of(command: Command) -> None:
    fields = {field["name"]: field for field in json.loads(command("fields", "--json").out)}
    always = ("proc.name", "proc.aname", "proc.args", "evt.arg", "evt.rawarg", "fd.name", "container.id", "user.name")
    assert all(fields[name]["served"] for name in always)
    assert fields["proc.args"]["sources"] == ["audit EXECVE", "procfs cmdline"]
    assert "reason" not in fields["proc.args"]
    assert fields["evt.cpu"]["served"] is False and "sources" not in fields["evt.cpu"]
    assert fields["evt.cpu"]["reason"] == "no audit record tells the processor"


def test_fields_for_people(command: Command) -> None:
    said = command("fields")
    assert said.code == 0
    for field in CATALOGUE:
        assert (f"  {field.name}{field.argument.value} " in said.out) == (field.listed and not field.deprecated)
    assert "from: audit EXECVE, procfs cmdline\n" in said.out
    assert "never set: no audit record tells the processor\n" in said.out


def test_events_as_json(command: Command) -> None:
    events = {event["name"]: event for event in json.loads(command("events", "--json").out)}
    assert set(events) == set(EVENT_TYPES_BY_NAME)
    assert {"name": "flags", "type": "FLAGS32"} in events["openat"]["params"]
    assert {name for name, event in events.items() if event["arguments_told"]} == set(BUILDERS)


def test_events_for_people(command: Command) -> None:
    assert "\nsetsid(PID res)\n" in command("events").out
