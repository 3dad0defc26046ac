"""Rules once they are loaded: switched, appended to, described."""

from __future__ import annotations

import pytest

from auditfalco.ruleset.append_output import AppendOutput, append_outputs, suggested_fields
from auditfalco.ruleset.describe import describe
from auditfalco.ruleset.load import load_texts
from auditfalco.ruleset.rule import Ruleset, Switch, matches_wildcard, sanitized_name
from auditfalco.ruleset.versions import Version, parse_engine_version, parse_version

RULES = """
- list: shells
  items: [sh, bash]
- macro: shell
  condition: proc.name in (shells)
- rule: shell started
  desc: d
  condition: evt.type = execve and shell
  output: "%proc.name by %toupper(user.name)"
  priority: NOTICE
  tags: [process, shell]
  exceptions:
    - name: known
      fields: [proc.pname]
      comps: [startswith]
      values: [[cron]]
- rule: file opened
  desc: d
  condition: evt.type = open
  output: o
  priority: DEBUG
  enabled: false
  tags: [file]
"""


@pytest.fixture
def ruleset() -> Ruleset:
    """Two rules, one of them disabled."""
    result = load_texts([("f.yaml", RULES.encode())])
    assert result.successful
    return result.ruleset


def enabled(ruleset: Ruleset) -> list[str]:
    """Return the names of the enabled rules."""
    return [rule.name for rule in ruleset if rule.enabled]


def test_switches_apply_in_order(ruleset: Ruleset) -> None:
    assert enabled(ruleset) == ["shell started"]
    assert enabled(ruleset.switched([Switch(True, pattern="*")])) == ["shell started", "file opened"]
    assert enabled(ruleset.switched([Switch(False, pattern="*"), Switch(True, tag="file")])) == ["file opened"]
    assert enabled(ruleset.switched([Switch(True, tag="file"), Switch(False, pattern="file*")])) == ["shell started"]
    assert enabled(ruleset.switched([Switch(True, pattern="file")])) == ["shell started"]


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("", "", True),
        ("", "a", False),
        ("*", "", True),
        ("a*c", "abbc", True),
        ("a*c", "ac", True),
        ("ab*ba", "aba", False),
        ("*b*", "abc", True),
        ("a?c", "abc", False),
        ("*a*a*", "xax", False),
    ],
)
def test_wildcards(pattern: str, text: str, expected: bool) -> None:
    assert matches_wildcard(pattern, text) is expected


def test_wildcards_do_not_backtrack() -> None:
    assert not matches_wildcard("*a" * 500 + "b", "a" * 50_000)


def test_sanitized_names() -> None:
    assert sanitized_name(" Read: sensitive -- file! ") == "Read:_sensitive_file"


def test_appended_output(ruleset: Ruleset) -> None:
    entries = [
        AppendOutput(extra_output="pid=%proc.pid"),
        AppendOutput(rule="file opened", extra_output="only here"),
        AppendOutput(tags=frozenset({"shell", "process"}), extra_fields=(("who", "%user.name"),)),
        AppendOutput(source="k8s_audit", extra_output="never"),
    ]
    shell, opened = append_outputs(ruleset, entries)
    assert shell.output == "%proc.name by %toupper(user.name) pid=%proc.pid"
    assert shell.output_text == "%proc.name by %toupper(user.name)"
    assert shell.extra_fields == (("who", "%user.name"),)
    assert opened.output == "o pid=%proc.pid only here"


def test_suggested_output(ruleset: Ruleset) -> None:
    assert suggested_fields()[0] == "container.id"
    _, opened = append_outputs(ruleset, [AppendOutput(suggested=True)])
    assert opened.output.startswith("o container_id=%container.id container_name=%container.name ")


def test_description(ruleset: Ruleset) -> None:
    described = describe(ruleset)
    shell = described["rules"][0]["details"]
    assert shell["macros"] == ["shell"] and shell["lists"] == []
    assert shell["condition_fields"] == ["evt.type", "proc.name", "proc.pname"]
    assert shell["condition_operators"] == ["=", "in", "startswith"]
    assert shell["exception_names"] == ["known"] and shell["exception_operators"] == ["startswith"]
    assert shell["output_fields"] == ["proc.name", "toupper(user.name)", "user.name"]
    assert shell["events"] == ["asyncevent", "execve"]
    assert described["macros"][0]["details"]["lists"] == ["shells"]
    assert described["lists"][0]["details"] == {
        "used": True,
        "lists": [],
        "items_compiled": ["sh", "bash"],
        "plugins": [],
    }


def test_versions() -> None:
    assert parse_version("1.2.3-rc1") == Version(1, 2, 3)
    assert parse_engine_version("26") == Version(0, 26, 0)
    assert [parse_version(text) for text in ("1.2", "v1.2.3", "1.02.3", "")] == [None] * 4
    assert str(Version(0, 63, 0)) == "0.63.0" and Version(0, 9, 0) < Version(0, 10, 0)
