"""Rule files that do not load: what is said of them, and where it points."""

from __future__ import annotations

import pytest

from auditfalco.model.location import Location
from auditfalco.ruleset.load import LoadResult, load_texts

RULE = "- rule: r\n  desc: d\n  output: o\n  priority: WARNING\n  condition: "


def load_text(text: str) -> LoadResult:
    """Load one text as the file f.yaml."""
    return load_texts([("f.yaml", text.encode())])


ERRORS = {
    # shape
    "- rule: r\n  tags: [a]\n": ("LOAD_ERR_YAML_VALIDATE", "no mapping for key 'enabled'", 1, 3),
    "- rule: r\n  desc: d\n  output: o\n  priority: INFO\n": (
        "LOAD_ERR_YAML_VALIDATE",
        "no mapping for key 'condition'",
        1,
        3,
    ),
    RULE + "\n": ("LOAD_ERR_YAML_VALIDATE", "Mapping for key 'condition' is empty", 1, 3),
    RULE + "''\n": ("LOAD_ERR_YAML_VALIDATE", "must be non-empty", 5, 14),
    RULE + "[a]\n": ("LOAD_ERR_YAML_VALIDATE", "not a scalar", 5, 14),
    RULE.replace("WARNING", "grave") + "a\n": ("LOAD_ERR_YAML_VALIDATE", "Invalid priority", 4, 13),
    RULE + "evt.type=open\n  enabled: maybe\n": ("LOAD_ERR_YAML_VALIDATE", "decode", 6, 12),
    RULE + "evt.type=open\n  enabled: tRue\n": ("LOAD_ERR_YAML_VALIDATE", "decode", 6, 12),
    RULE + "evt.type=open\n  tags: x\n": ("LOAD_ERR_YAML_VALIDATE", "not a sequence", 6, 9),
    RULE + "evt.type=open\n  capture_duration: -1\n": ("LOAD_ERR_YAML_VALIDATE", "decode", 6, 21),
    "- list: l\n  items: [a, ~]\n": ("LOAD_ERR_YAML_VALIDATE", "decode", 2, 14),
    "- list: l\n": ("LOAD_ERR_YAML_VALIDATE", "no mapping for key 'items'", 1, 3),
    "- hello\n": ("LOAD_ERR_YAML_VALIDATE", "must be a map", 1, 3),
    "rule: r\n": ("LOAD_ERR_YAML_VALIDATE", "not yaml array", 1, 1),
    "a: b: c\n": ("LOAD_ERR_YAML_PARSE", "mapping values", 1, 5),
    # versions
    "- required_engine_version: 0.63\n": ("LOAD_ERR_YAML_VALIDATE", "Unable to parse engine version", 1, 3),
    "- required_engine_version: 64\n": ("LOAD_ERR_VALIDATE", "require engine version 0.64.0", 1, 3),
    "- required_engine_version: 1.0.0\n": ("LOAD_ERR_VALIDATE", "require engine version 1.0.0", 1, 3),
    "- required_plugin_versions: x\n": ("LOAD_ERR_YAML_VALIDATE", "must be a sequence", 1, 29),
    "- required_plugin_versions: [{name: x, version: 1}]\n": ("LOAD_ERR_YAML_VALIDATE", "plugin version '1'", 1, 30),
    # conditions
    RULE + "evt.type=open and\n": ("LOAD_ERR_COMPILE_CONDITION", "after 'and'", 5, 31),
    RULE + "evt.type=open and proc.nme = x\n": ("LOAD_ERR_COMPILE_CONDITION", "nonexistent field proc.nme", 5, 32),
    RULE + "evt.type=nope\n": ("LOAD_ERR_COMPILE_CONDITION", "unknown event type nope", 5, 14),
    RULE + "|\n    evt.type=open\n    and proc.pid contains 5\n": (
        "LOAD_ERR_COMPILE_CONDITION",
        "'contains' operator not supported",
        7,
        9,
    ),
    "- list: l\n  items: [a, b]\n" + RULE + "proc.name in (l, l) and proc.pid = x\n": (
        "LOAD_ERR_COMPILE_CONDITION",
        "x is not a valid number",
        7,
        38,
    ),
    "- list: l\n  items: [(a)]\n" + RULE + "proc.name in (l)\n": (
        "LOAD_ERR_COMPILE_CONDITION",
        "expected a ')'",
        7,
        28,
    ),
    RULE + "evt.type=open and m\n": ("LOAD_ERR_VALIDATE", "Undefined macro 'm'", 5, 32),
    "- macro: a\n  condition: b\n- macro: b\n  condition: proc.pid=1\n": (
        "LOAD_ERR_VALIDATE",
        "Undefined macro 'b'",
        2,
        14,
    ),
    "- macro: a\n  condition: proc.pid=1\n- macro: b\n  condition: a\n- macro: a\n  condition: b\n": (
        "LOAD_ERR_VALIDATE",
        "reference loop in macro",
        3,
        3,
    ),
    RULE.replace("output: o", "output: o %nope") + "evt.type=open\n": ("LOAD_ERR_COMPILE_OUTPUT", "%nope", 3, 11),
    # changes
    "- list: l\n  items: [a]\n  append: true\n": ("LOAD_ERR_VALIDATE", "no list by that name", 1, 3),
    "- macro: m\n  condition: a\n  append: true\n": ("LOAD_ERR_VALIDATE", "no macro by that name", 1, 3),
    "- rule: r\n  condition: and x\n  append: true\n": ("LOAD_ERR_VALIDATE", "no rule by that name", 1, 3),
    "- rule: r\n  enabled: false\n": ("LOAD_ERR_VALIDATE", "no rule by that name", 1, 3),
    "- rule: r\n  condition: x\n  override: {condition: replace}\n": (
        "LOAD_ERR_VALIDATE",
        "no rule by that name",
        1,
        3,
    ),
    RULE + "evt.type=open\n- rule: r\n  output: x\n  append: true\n": (
        "LOAD_ERR_VALIDATE",
        "must have exceptions or condition",
        6,
        3,
    ),
    RULE + "evt.type=open\n- rule: r\n  desc: x\n  append: true\n  override: {desc: append}\n": (
        "LOAD_ERR_YAML_VALIDATE",
        "cannot be used together",
        6,
        3,
    ),
    RULE + "evt.type=open\n- rule: r\n  desc: x\n  priority: INFO\n  override: {desc: replace}\n": (
        "LOAD_ERR_YAML_VALIDATE",
        "Unexpected key 'priority'",
        8,
        13,
    ),
    RULE + "evt.type=open\n- rule: r\n  desc: x\n  override: {output: replace}\n": (
        "LOAD_ERR_YAML_VALIDATE",
        "'output' is not defined",
        6,
        3,
    ),
    RULE + "evt.type=open\n- rule: r\n  priority: INFO\n  override: {priority: append}\n": (
        "LOAD_ERR_YAML_VALIDATE",
        "cannot be appended to",
        8,
        14,
    ),
    RULE + "evt.type=open\n- rule: r\n  source: x\n  override: {source: replace}\n": (
        "LOAD_ERR_YAML_VALIDATE",
        "'source' cannot be replaced",
        8,
        14,
    ),
    RULE + "evt.type=open\n- rule: r\n  desc: x\n  override: {desc: Append}\n": (
        "LOAD_ERR_YAML_VALIDATE",
        "Invalid override operation",
        8,
        14,
    ),
    RULE + "evt.type=open\n- rule: r\n  desc: d\n  output: o\n  priority: INFO\n  condition: a\n  source: x\n": (
        "LOAD_ERR_VALIDATE",
        "different source",
        6,
        3,
    ),
    # exceptions
    RULE + "evt.type=open\n  exceptions:\n  - name: e\n": (
        "LOAD_ERR_YAML_VALIDATE",
        "no mapping for key 'fields'",
        7,
        5,
    ),
    RULE + "evt.type=open\n  exceptions:\n  - name: e\n    fields: [proc.nme]\n": (
        "LOAD_ERR_VALIDATE",
        "'proc.nme' is not a supported filter field",
        7,
        5,
    ),
    RULE + "evt.type=open\n  exceptions:\n  - name: e\n    fields: [proc.name]\n    comps: [is]\n": (
        "LOAD_ERR_VALIDATE",
        "'is' is not a supported comparison operator",
        7,
        5,
    ),
    RULE + "evt.type=open\n  exceptions:\n  - name: e\n    fields: [proc.name, fd.name]\n    comps: [=]\n": (
        "LOAD_ERR_VALIDATE",
        "equal length",
        7,
        5,
    ),
    RULE + "evt.type=open\n  exceptions:\n  - name: e\n    fields: [proc.name, fd.name]\n    values: [[a]]\n": (
        "LOAD_ERR_VALIDATE",
        "equal length",
        7,
        5,
    ),
    RULE + "evt.type=open\n  exceptions:\n  - name: e\n    fields: proc.name\n    comps: startswith\n": (
        "LOAD_ERR_VALIDATE",
        "must be one of",
        7,
        5,
    ),
    RULE + "evt.type=open\n  exceptions:\n  - name: e\n    fields: proc.name\n    values: [[a]]\n": (
        "LOAD_ERR_VALIDATE",
        "list of strings",
        7,
        5,
    ),
    RULE + "evt.type=open\n  exceptions:\n  - name: e\n    fields: [proc.pid]\n    values: [[a]]\n": (
        "LOAD_ERR_COMPILE_CONDITION",
        "a is not a valid number",
        9,
        15,
    ),
}


@pytest.mark.parametrize("written", ERRORS)
def test_errors_say_what_and_where(written: str) -> None:
    code, message, line, column = ERRORS[written]
    (error,) = load_text(written).errors
    assert (error.code, error.location) == (code, Location("f.yaml", line, column)), str(error)
    assert message in error.message
    assert str(error).startswith(f"f.yaml:{line}:{column}: {code}: ")
    assert error.snippet.splitlines()[0] == written.splitlines()[line - 1]
    assert error.snippet.splitlines()[1] == " " * (column - 1) + "^"
