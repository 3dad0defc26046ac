"""Checks of programs with several names: the event's own, and any of its ancestors."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.engine.compile import Compiler
from auditfalco.engine.field_event import FieldEvent, bind_field_event
from auditfalco.engine.identity import named_programs
from auditfalco.engine.unmasking import Unmasking
from auditfalco.engine.walk import explain
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.language.parser import parse
from auditfalco.model.names import Names

LINK = Names("x", ("apt",))
ALIAS = Names("sh", (), ("dash",))
FAKE = Names("sshd", ("/tmp/sshd",))


def bind(ref: Any) -> Any:
    if ref.name in ("proc.name", "proc.pname", "proc.aname") and ref.argument is None:
        return lambda event: event.values.get(ref.name)
    return bind_field_event(ref)


def holds(condition: str, values: dict[str, Any], mode: str) -> bool:
    tree, event = parse(condition), FieldEvent(values)
    fast = Compiler(bind, CATALOGUE.resolve, mode).compile(tree).holds(event)
    assert explain(tree, event, bind, CATALOGUE.resolve, mode).result == fast
    return fast


@pytest.mark.parametrize(
    ("condition", "name", "by_mode"),
    [
        ("proc.name in (apt, dpkg)", LINK, (False, True, True)),
        ("proc.name = dash", ALIAS, (False, True, True)),
        ("not proc.name in (sshd)", FAKE, (False, True, True)),
        ("not proc.name in (sh)", ALIAS, (False, False, True)),
        ("not proc.name in (sh, dash)", ALIAS, (False, False, False)),
        ("proc.name != sshd", FAKE, (False, True, True)),
        ("not proc.name in (apt)", LINK, (True, True, True)),
    ],
)
def test_modes(condition: str, name: str, by_mode: tuple[bool, bool, bool]) -> None:
    answers = tuple(holds(condition, {"proc.name": name}, mode) for mode in ("falco", "detect", "strict"))
    assert answers == by_mode


@pytest.mark.parametrize(
    ("condition", "names", "expected"),
    [
        ("proc.aname in (apt)", ("bash", LINK), True),
        ("proc.aname = dash", ("bash", ALIAS), True),
        ("not proc.aname in (sshd)", ("bash", FAKE), True),
        ("not proc.aname in (sshd)", (FAKE, "sshd"), False),  # a real one is there as well
        ("not proc.aname in (sh)", ("bash", ALIAS), False),
        ("not proc.aname in (apt)", ("bash", "sh"), True),
        ("proc.aname exists", (LINK,), True),
    ],
)
def test_ancestors(condition: str, names: tuple[str, ...], expected: bool) -> None:
    assert holds(condition, {"proc.aname": names}, "detect") is expected


def unmasked(condition: str, values: dict[str, Any], mode: str = "detect") -> str:
    return Unmasking(parse(condition), bind, CATALOGUE.resolve, mode).names(FieldEvent(values))


def test_an_alert_says_which_names_made_it() -> None:
    condition = "proc.name in (apt, dpkg) and not proc.pname in (sshd)"
    assert unmasked(condition, {"proc.name": LINK, "proc.pname": "bash"}) == "proc.name=apt"
    assert unmasked(condition, {"proc.name": "apt", "proc.pname": FAKE}) == "proc.pname=/tmp/sshd"
    assert unmasked(condition, {"proc.name": LINK, "proc.pname": FAKE}) == "proc.name=apt proc.pname=/tmp/sshd"
    assert unmasked("proc.aname = apt", {"proc.aname": ("bash", LINK)}) == "proc.aname=apt"


def test_an_alert_by_printed_names_says_nothing() -> None:
    assert unmasked("proc.name in (x, apt)", {"proc.name": LINK}) == ""
    assert unmasked("proc.name = apt", {"proc.name": LINK}, "falco") == ""


def test_the_programs_that_conditions_name() -> None:
    conditions = [parse("proc.name in (apt, dpkg) and not proc.pname = sh"), parse("proc.aname[2] = apt")]
    assert named_programs(conditions) == ["apt", "dpkg", "sh"]
