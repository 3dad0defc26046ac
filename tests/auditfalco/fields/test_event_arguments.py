"""evt.arg, evt.rawarg and evt.args: how arguments print, whatever their type."""

from __future__ import annotations

import json
from typing import Any

import pytest

from auditfalco.engine.template import Template
from auditfalco.fields.binder import EventBinder
from auditfalco.model.event import Argument, Event
from auditfalco.normalise import arguments

START = 1_700_000_000_000_000_000


def called(type: str, **numbers: int) -> Event:
    """An event with arguments told as builders tell them."""
    event = Event(type, START)
    for name, value in numbers.items():
        event.arguments[name] = arguments.number(arguments.parameter_of(type, name), value)
    return event


def test_numbers_print_in_the_base_of_their_parameter(read: Any) -> None:
    event = called("brk", res=0x5017AF4, vm_size=294, addr=8)
    assert [read(f"evt.arg[{index}]", event) for index in (0, 1, 4)] == ["5017AF4", "294", "8"]
    assert read("evt.args", event) == "res=5017AF4 vm_size=294 addr=8"
    raw = read("evt.rawarg.res", event)
    assert (raw, str(raw), json.dumps(raw)) == (0x5017AF4, "5017AF4", str(0x5017AF4))
    assert str(read("evt.rawarg.vm_size", event)) == "294"


def test_a_raw_argument_in_an_output_line(world: Any) -> None:
    template = Template("at %evt.rawarg.addr", EventBinder(world))
    event = called("brk", addr=255)
    assert template.render(event) == "at FF"
    assert template.fields(event) == {"evt.rawarg.addr": 255}


def test_what_an_argument_stands_for_is_its_text(read: Any) -> None:
    event = Event("setuid", START)
    event.arguments["res"] = arguments.result(0)
    event.arguments["uid"] = arguments.resolved(5, "somebody")
    assert (read("evt.arg.uid", event), read("evt.rawarg.uid", event)) == ("somebody", 5)
    assert read("evt.args", event) == "res=0 uid=5(somebody)"
    event.arguments["uid"] = arguments.resolved(5, None)
    assert (read("evt.arg.uid", event), read("evt.args", event)) == ("<NA>", "res=0 uid=5(<NA>)")


@pytest.mark.parametrize(
    ("type", "name", "text", "raw"),
    [
        ("execve", "args", "NULL", None),
        ("execve", "env", "NULL", None),
        ("connect", "tuple", "NULL", None),
        ("connect", "addr", "<NA>", None),
        ("chdir", "path", "<NA>", None),
        ("execve", "exe_ino", "<NA>", None),
        ("execve", "uid", "<NA>", 0),
        ("execve", "pgid", "<NA>", 0),
    ],
)
def test_an_empty_parameter_is_there(read: Any, type: str, name: str, text: str, raw: Any) -> None:
    event = Event(type, START)
    event.arguments[name] = arguments.empty(arguments.parameter_of(type, name))
    assert (read(f"evt.arg.{name}", event), read(f"evt.rawarg.{name}", event)) == (text, raw)
    assert read("evt.args", event) == f"{name}={text}"


def test_text_that_is_no_utf8(read: Any) -> None:
    event = Event("chdir", START)
    event.arguments["path"] = Argument("/bad\udcff", "/bad\udcff")
    assert read("evt.arg.path", event) == read("evt.rawarg.path", event) == "/bad\udcff"
