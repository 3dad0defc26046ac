"""Files checked against schemas: what is told, in which order and words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from auditfalco.agent.config_schema import CONFIG_SCHEMA
from auditfalco.agent.rule_schema import RULE_SCHEMA
from auditfalco.agent.schema import faults, file_status
from auditfalco.ruleset.yamltext import documents

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "reference"
RULES = Path(__file__).resolve().parents[3] / "rules"
TYPE = "Value type not permitted by 'type' constraint."


def found(text: str, schema: dict[str, Any]) -> list[str]:
    """The faults of a YAML text."""
    (root,) = documents(text, "f.yaml")
    assert root is not None
    return list(faults(root, schema))


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("string", ["a", "5", "true", "'5'", '""'], ["null", "~", "", "[a]", "{a: 1}"]),
        ("boolean", ["true", "False", "YES", "off"], ["'true'", "maybe", "1", "[]"]),
        ("integer", ["5", "-3", "+7"], ["5.0", "'5'", "five", "null"]),
        ("number", ["5", ".03", "-1e3", "2."], ["'5'", "e", "true"]),
        ("array", ["[]", "[a]"], ["a", "{}"]),
        ("object", ["{}", "{a: b}"], ["a", "[]"]),
    ],
)
def test_types(kind: str, good: list[str], bad: list[str]) -> None:
    schema = {"type": "array", "items": {"type": kind}}
    for text in good:
        assert found(f"- {text}\n", schema) == [], text
    for text in bad:
        assert found(f"- {text}\n", schema)[0] == f"failed for <root>[0]: {TYPE}", text


def test_faults_are_told_from_the_inside_out() -> None:
    assert found("- rule: a\n- rule: b\n  override: {foo: append, desc: add}\n  bar: 1\n", RULE_SCHEMA) == [
        "failed for <root>[1][override][desc]: Failed to match against any enum values.",
        "failed for <root>[1][override]: Failed to validate against schema associated with property name 'desc'.",
        "failed for <root>[1][override]: Object contains a property that could not be validated using 'properties' or"
        " 'additionalProperties' constraints: 'foo'.",
        "failed for <root>[1]: Failed to validate against schema associated with property name 'override'.",
        "failed for <root>[1]: Object contains a property that could not be validated using 'properties' or"
        " 'additionalProperties' constraints: 'bar'.",
        "failed for <root>: Failed to validate item #1 in array.",
    ]


def test_alternatives_and_what_is_required() -> None:
    schema = {"anyOf": [{"type": "boolean"}, {"type": "object", "required": ["a"]}]}
    assert found("true\n", schema) == found("{a: 1}\n", schema) == []
    assert found("{b: 1}\n", schema) == [
        "failed for <root>: Failed to validate against any child schemas allowed by anyOf constraint."
    ]
    assert found("{b: 1}\n", schema["anyOf"][1]) == ["failed for <root>: Missing required property 'a'."]


def test_the_status_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    for text, status in (
        ("json_output: true\n", "ok"),
        ("", "none"),
        ("a: [", "none"),
        ("json_output: 5\n", f"failed for <root>[json_output]: {TYPE}"),
    ):
        path.write_text(text)
        assert str(file_status(str(path), CONFIG_SCHEMA)) == status
    assert str(file_status(str(tmp_path / "missing.yaml"), CONFIG_SCHEMA)) == "none"


def test_the_shipped_rules_keep_to_the_schema() -> None:
    paths = sorted(RULES.glob("*.yaml"))
    assert paths
    assert [path.name for path in paths if not file_status(str(path), RULE_SCHEMA).valid] == []


@pytest.mark.parametrize(
    ("name", "schema"), [("falco.yaml", CONFIG_SCHEMA), ("falco_rules.yaml", RULE_SCHEMA)], ids=["config", "rules"]
)
def test_what_falco_publishes_keeps_to_them(name: str, schema: dict[str, Any]) -> None:
    if not (SHARED / name).exists():
        pytest.skip("the reference files are not there")
    assert str(file_status(str(SHARED / name), schema)) == "ok"
