"""Checks of things with several names, positive and under a "not"."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.engine.compile import Compiler
from auditfalco.engine.field_event import FieldEvent, bind_field_event
from auditfalco.engine.identity import named_files
from auditfalco.engine.walk import explain
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.language.parser import parse
from auditfalco.model.names import Names

HIDDEN = Names("/tmp/x", ("/etc/shadow",))
SYSTEM = Names("/lib/libc", (), ("/usr/lib/libc",))


def holds(condition: str, name: str | None) -> bool:
    """The answer for an event about a file, which the walker and the compiled form must agree on."""
    tree = parse(condition)
    event = FieldEvent({"fd.name": name, "proc.name": "cat"})
    fast = Compiler(bind_names, CATALOGUE.resolve).compile(tree).holds(event)
    finding = explain(tree, event, bind_names, CATALOGUE.resolve)
    assert finding.result == fast
    return fast


def bind_names(ref: Any) -> Any:
    """Reads fields as explanations do, but leaves names what they are."""
    if ref.name in ("fd.name", "fd.directory"):
        return lambda event: event.values.get(ref.name)
    return bind_field_event(ref)


@pytest.mark.parametrize(
    ("condition", "name", "expected"),
    [
        ("fd.name = /etc/shadow", HIDDEN, True),
        ("fd.name = /tmp/x", HIDDEN, True),
        ("fd.name = /etc/passwd", HIDDEN, False),
        ("fd.name in (/etc/passwd, /etc/shadow)", HIDDEN, True),
        ("fd.name startswith /etc", HIDDEN, True),
        ("fd.name pmatch (/etc)", HIDDEN, True),
        ("fd.name glob /etc/*", HIDDEN, True),
        ("fd.name regex .*shadow", HIDDEN, True),
        ("toupper(fd.name) = /ETC/SHADOW", HIDDEN, True),
        ("basename(fd.name) = shadow", HIDDEN, True),
        ("fd.name exists", HIDDEN, True),
        ("fd.name != /tmp/x", HIDDEN, True),
        # Exclusions must cover every name that may have been chosen.
        ("not fd.name startswith /tmp", HIDDEN, True),
        ("not fd.name in (/tmp/x)", HIDDEN, True),
        ("not fd.name in (/tmp/x, /etc/shadow)", HIDDEN, False),
        ("not fd.name = /etc/shadow", HIDDEN, True),
        ("not (fd.name startswith /tmp or fd.name startswith /etc)", HIDDEN, True),
        ("not (fd.name startswith /tmp and proc.name = cat)", HIDDEN, True),
        ("not not fd.name = /etc/shadow", HIDDEN, True),
        ("not fd.name != /etc/shadow", HIDDEN, True),
        ("not fd.name exists", HIDDEN, False),
        # What the system set up adds names to find, and takes nothing from exclusions.
        ("fd.name startswith /usr/lib", SYSTEM, True),
        ("not fd.name startswith /lib/", SYSTEM, False),
        ("not fd.name startswith /usr/lib/", SYSTEM, True),
        # One name, or none.
        ("fd.name = /tmp/x", "/tmp/x", True),
        ("not fd.name = /tmp/x", "/tmp/x", False),
        ("fd.name != /tmp/x", None, False),
        ("not fd.name = /tmp/x", None, True),
    ],
)
def test_answers(condition: str, name: str | None, expected: bool) -> None:
    assert holds(condition, name) is expected


def test_one_check_in_both_places() -> None:
    # As a macro used twice: "it is below /tmp" and "it is not only below /tmp".
    assert holds("fd.name startswith /tmp and not fd.name startswith /tmp", HIDDEN)
    assert not holds("fd.name startswith /tmp and not fd.name startswith /tmp", "/tmp/x")


def test_the_files_that_conditions_name() -> None:
    conditions = [
        parse("fd.name = /etc/shadow or not fd.name in (/a, b, /etc/shadow) or proc.name = /bin/x"),
        parse("fd.name startswith /root and fd.directory pmatch (/x, /) and fd.name = proc.name"),
    ]
    assert named_files(conditions) == ["/etc/shadow", "/a", "/root", "/x"]
