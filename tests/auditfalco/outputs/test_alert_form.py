"""Alerts as Falco writes them: a line of text, or one JSON object a line."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from auditfalco.model.alert import Alert
from auditfalco.outputs.form import AlertForm

TIME_NS = 1_700_000_000_000_000_042


def alert(**changes: Any) -> Alert:
    """An alert of a rule."""
    values = {
        "time_ns": TIME_NS,
        "rule": "Terminal shell in container",
        "priority": "Notice",
        "output": "A shell (user=root cmd=sh)",
        "output_fields": {"user.name": "root", "proc.tty": 34816},
        "source": "syscall",
        "hostname": "testbox",
        "tags": ("shell", "container"),
        **changes,
    }
    return Alert(**values)


@pytest.fixture(autouse=True)
def in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Times of day are those of a zone that is not UTC."""
    monkeypatch.setenv("TZ", "EST5EDT,M3.2.0,M11.1.0")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_text_has_the_local_time_of_day() -> None:
    assert AlertForm().line(alert()) == "17:13:20.000000042: Notice A shell (user=root cmd=sh)"


def test_text_with_iso_times_is_in_utc() -> None:
    line = AlertForm(iso_time=True).line(alert(priority="Informational", output="x"))
    assert line == "2023-11-14T22:13:20.000000042+0000: Informational x"


def test_text_is_escaped_as_a_whole() -> None:
    line = AlertForm(iso_time=True).line(alert(output='name="a\nb" \x1b]0;\u202e \udcff'))
    assert line.endswith('Notice name=\\"a\\nb\\" \\u001b]0;\\u202e \ufffd')


def test_the_json_object() -> None:
    line = AlertForm(json_output=True).line(alert())
    assert json.loads(line) == {
        "hostname": "testbox",
        "output": "17:13:20.000000042: Notice A shell (user=root cmd=sh)",
        "output_fields": {"proc.tty": 34816, "user.name": "root"},
        "priority": "Notice",
        "rule": "Terminal shell in container",
        "source": "syscall",
        "tags": ["container", "shell"],
        "time": "2023-11-14T22:13:20.000000042Z",
    }
    keys = list(json.loads(line))
    assert keys == sorted(keys)


def test_missing_fields_are_null_and_no_tags_an_empty_list() -> None:
    made = json.loads(AlertForm(json_output=True).line(alert(output_fields={"fd.name": None}, tags=())))
    assert (made["output_fields"], made["tags"]) == ({"fd.name": None}, [])


def test_internal_alerts_have_no_tags() -> None:
    assert "tags" not in json.loads(AlertForm(json_output=True).line(alert(source="internal", tags=())))


@pytest.mark.parametrize(
    ("flags", "absent", "present"),
    [
        ({"include_output": False}, {"output"}, {"tags", "output_fields"}),
        ({"include_tags": False}, {"tags"}, {"output", "output_fields"}),
        ({"include_fields": False}, {"output_fields"}, {"output", "tags"}),
        ({}, {"message"}, {"output", "tags", "output_fields"}),
        ({"include_message": True}, set(), {"message", "output"}),
    ],
)
def test_optional_keys(flags: dict[str, bool], absent: set[str], present: set[str]) -> None:
    made = json.loads(AlertForm(json_output=True, **flags).line(alert()))
    assert not absent & set(made)
    assert present <= set(made)


def test_the_message_is_the_output_without_time_and_priority() -> None:
    made = json.loads(AlertForm(json_output=True, include_message=True).line(alert()))
    assert made["message"] == "A shell (user=root cmd=sh)"


def test_hostile_text_stays_within_its_line_and_key() -> None:
    fields = {"proc.name": 'x","rule":"none', "fd.name": "a\nb\u2028\x9b"}
    line = AlertForm(json_output=True).line(alert(output_fields=fields, hostname='h"\n'))
    assert len(line.splitlines()) == 1
    made = json.loads(line)
    assert (made["rule"], made["output_fields"], made["hostname"]) == (alert().rule, fields, 'h"\n')
