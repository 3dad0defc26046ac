"""Conditions whose fields have no value: what they can still be, and that the engine agrees."""

from __future__ import annotations

import pytest

from auditfalco.coverage.absent import never_told, outcome
from auditfalco.language.parser import parse
from auditfalco.language.tree import FieldUse


def of(condition: str, event_type: str = "open") -> tuple[bool, bool, list[str]]:
    def absent(use: FieldUse) -> str:
        return "is absent" if use.name.startswith("fd.cip") else ""

    found = outcome(parse(condition), event_type, absent)
    return found.can_hold, found.can_fail, sorted(found.absent)


ABSENT = ["fd.cip.name is absent"]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("proc.name = a", (True, True, [])),
        ("fd.cip.name = a", (False, True, ABSENT)),
        ("fd.cip.name != a", (False, True, ABSENT)),
        ("not fd.cip.name = a", (True, False, ABSENT)),
        ("proc.name = a and fd.cip.name = a", (False, True, ABSENT)),
        ("proc.name = a or fd.cip.name = a", (True, True, ABSENT)),
        ("proc.name = a and not fd.cip.name in (a, b)", (True, True, ABSENT)),
        ("toupper(fd.cip.name) = A", (False, True, ABSENT)),
        ("proc.name = val(fd.cip.name)", (False, True, ABSENT)),
        ("not (proc.name = a or not fd.cip.name = a)", (False, True, ABSENT)),
        # What the event type decides alone leaves the rest without account.
        ("evt.type = open", (True, False, [])),
        ("evt.type = connect and fd.cip.name = a", (False, True, [])),
        ("evt.type = open or fd.cip.name = a", (True, False, [])),
        ("(evt.type = open and proc.name = a) or (evt.type = connect and fd.cip.name = a)", (True, True, [])),
        ("evt.type != open and proc.name = a", (False, True, [])),
        ("evt.type in (open, openat) and fd.cip.name = a", (False, True, ABSENT)),
    ],
)
def test_outcomes(condition: str, expected: tuple[bool, bool, list[str]]) -> None:
    assert of(condition) == expected


def test_fields_that_are_never_set() -> None:
    assert never_told("connect")(FieldUse("fd.sip.name")).startswith("is never set: names of addresses")
    assert never_told("connect")(FieldUse("fd.sip")) == ""
    assert never_told("connect")(FieldUse("k8s.ns.label.app")).startswith("is never set: ")
    assert never_told("connect")(FieldUse("no.such.field")) == ""


def test_arguments_that_are_not_told_of_an_event() -> None:
    assert never_told("open")(FieldUse("evt.arg.flags")) == ""
    assert never_told("connect")(FieldUse("evt.arg.flags")) == "is no parameter of connect"
    assert never_told("write")(FieldUse("evt.rawarg.data")) == "is not told of write"
    assert never_told("open")(FieldUse("evt.arg", "1")) == ""
    assert never_told("open")(FieldUse("evt.arg", "99")) == "is no parameter of open"
