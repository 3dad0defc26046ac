"""Conditions that mean something else than they seem to."""

from __future__ import annotations

import pytest

from auditfalco.ruleset.load import load_texts
from auditfalco.ruleset.traps import Trap, traps

HEAD = (
    "- list: shells\n  items: [bash, sh]\n- list: outer\n  items: [shells]\n"
    "- macro: opens\n  condition: evt.type = open\n"
)


def found(condition: str, more: str = "") -> list[Trap]:
    rule = f"- rule: r\n  desc: d\n  condition: {condition}\n  output: o\n  priority: INFO\n"
    result = load_texts([("rules.yaml", (HEAD + more + rule).encode())])
    assert result.successful, result.errors
    return traps(result.ruleset)


@pytest.mark.parametrize(
    ("check", "name"),
    [
        ("fd.ip in (1.2.3.4, 5.6.7.8)", "never-true"),
        ("fd.ip in (1.2.3.4)", "never-true"),
        ("proc.apid in (1, 2)", "never-true"),
        ("fd.snet = anyof (10.0.0.0/8)", "never-true"),
        ("fd.net in (10.0.0.0/8, 192.168.0.0/16)", "first-value-only"),
        ("fd.port = anyof (22, 23)", "first-value-only"),
        ("proc.aname = anyof (a, b)", "first-value-only"),
        ("proc.aname != bash", "always-true"),
        ("proc.name != anyof (a, b)", "always-true"),
        ("proc.pname != bash", "absent-is-not-unequal"),
        ("proc.aname[2] != bash", "absent-is-not-unequal"),
        ("fd.name != /etc/passwd", "absent-is-not-unequal"),
        ('proc.cmdline contains "run shells now"', "list-in-string"),
    ],
)
def test_traps(check: str, name: str) -> None:
    assert [trap.name for trap in found(f"opens and {check}")] == [name]


@pytest.mark.parametrize(
    "check",
    [
        "fd.ip = 1.2.3.4",
        "fd.sip in (1.2.3.4)",
        "proc.apid[1] in (1, 2)",
        "proc.apid = 1",
        "fd.net in (10.0.0.0/8)",
        "fd.snet in (10.0.0.0/8, 192.168.0.0/16)",
        "fd.port in (22, 23)",
        "proc.aname in (shells)",
        "not proc.aname = bash",
        "not proc.pname = bash",
        "not proc.pname in (shells)",
        "container.id != host",
        "proc.name != bash",
        "proc.name != anyof (a)",
        'proc.cmdline contains "runshells now"',
        'proc.cmdline contains "shells"',
    ],
)
def test_no_traps(check: str) -> None:
    assert found(f"opens and {check}") == []


def test_the_place_is_that_of_the_check() -> None:
    (trap,) = found("opens and\n    proc.pname != bash")
    assert str(trap.place) == "rules.yaml:10:5"
    assert "not proc.pname = " in trap.mend


def test_a_macro_is_told_once_where_it_is_written() -> None:
    macro = "- macro: orphan\n  condition: proc.pname != bash\n"
    (trap,) = found("opens and orphan and (orphan or proc.name = x)", macro)
    assert str(trap.place) == "rules.yaml:8:14"
