"""What is doubtful in rule files that load."""

from __future__ import annotations

import pytest

from auditfalco.ruleset.load import LoadResult, load_texts

RULE = "- rule: r\n  desc: d\n  output: o\n  priority: WARNING\n  condition: "


def load_text(text: str) -> LoadResult:
    """Load one text as the file f.yaml."""
    return load_texts([("f.yaml", text.encode())])


WARNINGS = {
    RULE + "proc.pid=1\n": ["LOAD_NO_EVTTYPE"],
    RULE + "proc.pid=1\n  warn_evttypes: false\n": [],
    RULE + "evt.num=0\n": [],
    RULE + "evt.type=open\n  colour: red\n": ["LOAD_UNKNOWN_KEY"],
    RULE + "evt.type=open and evt.dir=<\n": ["LOAD_DEPRECATED_ITEM"],
    RULE + "evt.type=open and evt.latency > 5\n": ["LOAD_DEPRECATED_ITEM"],
    RULE.replace("output: o", "output: o %evt.dir") + "evt.type=open\n": ["LOAD_DEPRECATED_ITEM"],
    RULE.replace("output: o", "output: o %container.info") + "evt.type=open\n": ["LOAD_DEPRECATED_ITEM"],
    RULE + "evt.type=open and proc.name=fd.name\n": ["LOAD_COMPILE_CONDITION"],
    RULE + "evt.type=open and proc.name='tolower(fd.name)'\n": ["LOAD_COMPILE_CONDITION"],
    RULE + "evt.type=open and proc.name regex '^x$'\n": ["LOAD_COMPILE_CONDITION"],
    RULE + "evt.type=open\n  source: k8s_audit\n": ["LOAD_UNKNOWN_SOURCE"],
    RULE + "evt.type=open and x.y=1\n  skip-if-unknown-filter: true\n": ["LOAD_UNKNOWN_FILTER"],
    RULE + "evt.type=nope\n  skip-if-unknown-filter: true\n": ["LOAD_UNKNOWN_FILTER"],
    RULE.replace("output: o", "output: o %x.y") + "evt.type=open\n  skip-if-unknown-filter: true\n": [
        "LOAD_UNKNOWN_FILTER"
    ],
    RULE + "evt.type=open\n- rule: r\n  enabled: false\n": ["LOAD_DEPRECATED_ITEM"],
    RULE + "evt.type=open\n- rule: r\n  condition: and proc.pid=1\n  append: true\n": ["LOAD_DEPRECATED_ITEM"],
    RULE + "evt.type=open\n  append: false\n": [],
    "- macro: m\n  condition: proc.pid=1\n- list: l\n  items: [a]\n": ["LOAD_UNUSED_MACRO", "LOAD_UNUSED_LIST"],
    "- macro: m-1\n  condition: proc.pid=1\n": ["LOAD_INVALID_MACRO_NAME", "LOAD_UNUSED_MACRO"],
    "- list: a b\n  items: [a]\n": ["LOAD_INVALID_LIST_NAME", "LOAD_UNUSED_LIST"],
    "- thing: x\n": ["LOAD_UNKNOWN_ITEM"],
    "-\n- ~\n": [],
    "": [],
    "---\n---\n": [],
    RULE
    + "evt.type=open\n  exceptions:\n  - {name: e, fields: proc.name}\n  - {name: e, fields: fd.name, values: [x]}\n": [
        "LOAD_EXCEPTION_NAME_NOT_UNIQUE"
    ],
    RULE
    + "evt.type=open\n  exceptions: [{name: e, fields: proc.name}]\n"
    + "- rule: r\n  exceptions: [{name: e}]\n  override: {exceptions: append}\n": ["LOAD_APPEND_NO_VALUES"],
}


@pytest.mark.parametrize("written", WARNINGS)
def test_warnings(written: str) -> None:
    result = load_text(written)
    assert result.errors == []
    assert [issue.code for issue in result.warnings] == WARNINGS[written]
