"""Rule files as operators write them: what loads, what it becomes, what is told about the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditfalco.language.parser import parse
from auditfalco.language.printer import text
from auditfalco.language.tree import And, Not
from auditfalco.model.location import Location
from auditfalco.ruleset.items import Priority
from auditfalco.ruleset.load import LoadResult, load, load_texts
from auditfalco.ruleset.rule import Rule

RULE = "- rule: r\n  desc: d\n  output: o\n  priority: WARNING\n  condition: "


def load_text(*texts: str, least: Priority = Priority.DEBUG) -> LoadResult:
    """Load texts as files f1.yaml, f2.yaml and so on."""
    return load_texts(((f"f{number}.yaml", text.encode()) for number, text in enumerate(texts, 1)), least)


def the_rule(*texts: str) -> Rule:
    """Return the only rule of texts that load without errors."""
    result = load_text(*texts)
    assert result.successful, [str(issue) for issue in result.errors]
    (rule,) = result.ruleset
    return rule


def codes(result: LoadResult) -> list[str]:
    """Return the codes of all errors and warnings."""
    return [issue.code for issue in (*result.errors, *result.warnings)]


def test_a_rule_and_what_it_says() -> None:
    rule = the_rule(
        "- rule: reads secrets\n  desc: >\n    someone\n    reads\n  condition: evt.type = open\n"
        "  output: file=%fd.name\n  priority: info\n  tags: [b, a, b]\n  capture: yes\n  capture_duration: 200\n"
    )
    assert (rule.name, rule.description, rule.output) == ("reads secrets", "someone reads", "file=%fd.name")
    assert rule.priority is Priority.INFORMATIONAL and str(rule.priority) == "Informational"
    assert (rule.tags, rule.source, rule.enabled) == (("a", "b"), "syscall", True)
    assert (rule.capture, rule.capture_duration) == (True, 200)
    assert rule.location == Location("f1.yaml", 1, 3)
    assert rule.events.known_names() == {"open"}


def test_macros_are_subtrees_and_say_their_names() -> None:
    rule = the_rule("- macro: m\n  condition: proc.pid = 1 or proc.pid = 2\n" + RULE + "evt.type = open and not m\n")
    assert text(rule.condition) == "(evt.type = open and not (proc.pid = 1 or proc.pid = 2))"
    assert rule.macros == ("m",)
    assert isinstance(rule.condition, And) and isinstance(rule.condition.children[1], Not)
    assert rule.condition.children[1].child.macro == "m"


def test_rules_are_kept_in_the_order_of_their_first_definition() -> None:
    other = RULE.replace("rule: r", "rule: s") + "evt.type = close\n"
    result = load_text(RULE + "evt.type = open\n" + other, RULE + "evt.type = dup\n")
    assert [rule.name for rule in result.ruleset] == ["r", "s"]
    assert text(result.ruleset.rules[0].condition) == "evt.type = dup"
    assert result.ruleset.get("s") is result.ruleset.rules[1]
    assert result.ruleset.get("t") is None


def test_skipping_is_for_unknown_names_alone() -> None:
    for condition in ("evt.type=open and proc.pid contains 5", "evt.type=open and m", "evt.type=open and"):
        assert not load_text(RULE + condition + "\n  skip-if-unknown-filter: true\n").successful


def test_a_file_must_be_complete_with_those_before_it() -> None:
    result = load_text(RULE + "evt.type=open and m\n", "- macro: m\n  condition: proc.pid=1\n")
    assert [file.successful for file in result.files] == [False, True]
    assert not result.successful
    assert [rule.name for rule in result.ruleset] == ["r"]


def test_a_warning_is_told_once() -> None:
    result = load_text(RULE + "proc.pid=1\n", RULE.replace("rule: r", "rule: s") + "evt.type=open\n")
    assert [[issue.code for issue in file.warnings] for file in result.files] == [["LOAD_NO_EVTTYPE"], []]


def test_switching_and_changing_later() -> None:
    change = (
        "- rule: r\n  enabled: false\n  output: and %fd.name\n  tags: [b]\n  priority: ERROR\n"
        "  override: {enabled: replace, output: append, tags: append, priority: replace}\n"
    )
    rule = the_rule(RULE + "evt.type=open\n  tags: [a]\n", change)
    assert (rule.enabled, rule.output, rule.tags, rule.priority) == (
        False,
        "o and %fd.name",
        ("a", "b"),
        Priority.ERROR,
    )


def test_less_grave_rules_can_be_left_out() -> None:
    written = (
        RULE + "evt.type=open\n" + RULE.replace("rule: r", "rule: s").replace("WARNING", "DEBUG") + "evt.type=dup\n"
    )
    assert [rule.name for rule in load_text(written, least=Priority.WARNING).ruleset] == ["r"]
    assert [rule.name for rule in load_text(written).ruleset.of_priority(Priority.NOTICE)] == ["r"]


def test_changes_to_rules_of_other_sources_are_passed_over() -> None:
    result = load_text(RULE + "ka.verb=get\n  source: k8s_audit\n- rule: r\n  enabled: false\n")
    assert result.successful and result.ruleset.rules == ()


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + (RULE + "evt.type=open\r\n").replace("\n", "\r\n").encode())
    result = load([path, tmp_path / "nothing.yaml"])
    assert [file.successful for file in result.files] == [True, False]
    assert codes(result) == ["LOAD_ERR_FILE_READ"]
    assert [file.name for file in result.files] == [str(path), str(tmp_path / "nothing.yaml")]


def test_json() -> None:
    (error,) = load_text(RULE + "evt.type=open and m\n").errors
    written = error.as_json()
    assert written["codedesc"] == "Error validating rule/macro/list/exception objects"
    assert written["context"]["locations"][-1] == {
        "item_type": "condition expression",
        "item_name": "",
        "position": {"name": "f1.yaml", "line": 4, "column": 31, "offset": 0},
    }


def test_reports() -> None:
    assert load_text(RULE + "evt.type=open\n").files[0].as_text() == "f1.yaml: Ok"
    assert load_text(RULE + "proc.pid=1\n").files[0].as_text().startswith("f1.yaml: Ok, with warnings\n1 Warnings:\n")
    assert load_text(RULE + "evt.type=open and proc.nme=x\n").files[0].as_text().splitlines() == [
        "f1.yaml: Invalid",
        "1 Errors:",
        "In rules content: (f1.yaml:1:1)",
        "    rule 'r': (f1.yaml:1:3)",
        "    rule condition: (f1.yaml:5:14)",
        "    condition expression: (f1.yaml:5:32)",
        "------",
        "  condition: evt.type=open and proc.nme=x",
        "                               ^",
        "------",
        "LOAD_ERR_COMPILE_CONDITION (Error compiling condition): filter_check called with nonexistent field proc.nme",
        "did you mean proc.name?",
    ]


SHARED = Path(__file__).resolve().parents[3].parent / "shared"
REAL_FILES = [SHARED / "reference" / "falco_rules.yaml", *sorted((SHARED / "seeds").glob("*.yaml"))]


@pytest.mark.parametrize("path", [path for path in REAL_FILES if path.exists()], ids=lambda path: path.name)
def test_published_rules_load(path: Path) -> None:
    result = load([path])
    assert result.errors == []
    assert len(result.ruleset.rules) >= 4
    for rule in result.ruleset.rules:
        assert parse(text(rule.condition)) == rule.condition
