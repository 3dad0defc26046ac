"""Ways past a rule, and parts of rules that do nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditfalco.ruleset.lint import advice
from auditfalco.ruleset.load import load_texts

CHECKOUT = Path(__file__).resolve().parents[3]
UPSTREAM = CHECKOUT.parent / "shared" / "reference" / "falco_rules.yaml"


def rule(name: str, condition: str, extra: str = "") -> str:
    return f"- rule: {name}\n  desc: d\n  condition: {condition}\n  output: o\n  priority: INFO\n{extra}"


def found(text: str) -> list[tuple[str, int, str]]:
    loaded = load_texts([("f.yaml", text.encode())])
    return [(trap.name, trap.place.line, trap.message) for trap in advice(loaded)]


def kinds(condition: str) -> list[str]:
    return [name for name, _, _ in found(rule("r", condition))]


@pytest.mark.parametrize(
    ("condition", "lacking"),
    [
        ("evt.type = execve", "execve without execveat, which does the same"),
        ("evt.type in (open, openat)", "open, openat without openat2, creat, open_by_handle_at, which do the same"),
        ("evt.type in (rename, renameat)", "rename, renameat without renameat2, which does the same"),
        ("(evt.type = unlink or evt.type = rmdir)", "unlink without unlinkat, which does the same"),
    ],
)
def test_twins(condition: str, lacking: str) -> None:
    assert ("missing-twin", 3, lacking) in found(rule("r", condition))


@pytest.mark.parametrize(
    "condition",
    [
        "evt.type in (execve, execveat)",
        "(evt.type = execve or evt.type = execveat) and proc.exepath = /bin/su",
        "evt.type = ptrace",  # traces; that it can write memory too does not make it a list of such calls
        "evt.type in (unlink, unlinkat, rmdir)",
    ],
)
def test_whole_lists(condition: str) -> None:
    assert kinds(condition) == []


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("evt.type = ptrace and not proc.name in (gdb, strace)", 1),
        ("evt.type = ptrace and proc.pname != gdb", 2),  # absent-is-not-unequal as well
        ("evt.type = ptrace and not (proc.name = gdb or proc.exepath = /usr/bin/strace)", 1),
        ("evt.type = ptrace and not (proc.name = gdb and proc.pname = bash)", 2),
        ("evt.type = ptrace and not (proc.name = gdb and proc.exepath = /usr/bin/gdb)", 0),
        ("evt.type = ptrace and not (proc.name = gdb and (proc.pname = a or user.uid = 0))", 2),
        ("evt.type = ptrace and not proc.name in ()", 0),
        ("evt.type = ptrace and proc.name in (gdb)", 0),
        ("evt.type = ptrace and not not proc.name in (gdb)", 0),
        ("evt.type = ptrace and not container.image.repository = good/image", 1),
        ("evt.type = ptrace and not proc.pname exists", 0),
    ],
)
def test_exclusions_by_name(condition: str, count: int) -> None:
    assert len(kinds(condition)) == count


def test_what_is_never_served() -> None:
    assert kinds("evt.type = connect and fd.sip.name = a.example") == ["never-served"]
    assert [name for name, _, _ in found(rule("r", "ka.verb = get", "  source: k8s_audit\n"))] == ["unknown-source"]


def test_rules_behind_others() -> None:
    first, second = rule("a", "evt.type = ptrace"), rule("b", "evt.type = ptrace and user.uid = 0")
    assert found(first + second) == [("never-reached", 6, "rule 'b' is never reached: 'a' holds whenever it does")]
    assert found(second + first) == []


def test_exceptions_that_never_match() -> None:
    condition = "evt.type = ptrace and fd.name in (/a, /b) and not (fd.name = /c and user.uid = 0)"
    assert kinds(condition) == ["exception-never-matches"]
    assert kinds(condition.replace("/c", "/a")) == []


def test_parts_that_nobody_uses() -> None:
    text = "- list: l\n  items: [a]\n- macro: m\n  condition: evt.type = ptrace\n"
    assert [name for name, _, _ in found(text)] == ["unused-list", "unused-macro"]
    assert found(text + rule("r", "m and not fd.name in (l)")) == []


@pytest.mark.skipif(not UPSTREAM.exists(), reason="needs the published rules")
def test_the_published_rules_have_ways_past_them() -> None:
    loaded = load_texts([("falco_rules.yaml", UPSTREAM.read_bytes())])
    lines = {(trap.name, trap.place.line) for trap in advice(loaded)}
    written = UPSTREAM.read_text().splitlines()
    for number, line in enumerate(written, 1):
        if "evt.type in (open,openat,openat2)" in line:
            assert ("missing-twin", number) in lines
        if line.strip().startswith("and not proc.name in (user_mgmt"):
            assert ("name-only-exclusion", number) in lines
