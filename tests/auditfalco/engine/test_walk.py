"""Explanations: every node's answer and every value that was compared."""

from __future__ import annotations

from auditfalco.engine.field_event import FieldEvent, bind_field_event
from auditfalco.engine.walk import explain, finding_json
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.ruleset.load import load_texts

RULES = b"""
- macro: reader
  condition: proc.name in (cat, less)
- rule: r
  desc: d
  output: o
  priority: INFO
  condition: evt.type = open and not reader and proc.name != val(proc.pname)
"""


def test_every_node_tells_its_answer_and_value() -> None:
    rule = load_texts([("f", RULES)]).ruleset.rules[0]
    event = FieldEvent({"evt.type": "open", "proc.name": "cat", "proc.pname": None})
    finding = explain(rule.condition, event, bind_field_event, CATALOGUE.resolve)
    assert finding_json(finding) == {
        "result": False,
        "and": [
            {"left": {"field": "evt.type"}, "op": "=", "right": {"value": "open"}, "value": "open", "result": True},
            {
                "result": False,
                "not": {
                    "left": {"field": "proc.name"},
                    "op": "in",
                    "right": {"list": ["cat", "less"]},
                    "value": "cat",
                    "result": True,
                    "macro": "reader",
                },
            },
            {
                "left": {"field": "proc.name"},
                "op": "!=",
                "right": {"transformer": "val", "args": [{"field": "proc.pname"}]},
                "value": "cat",
                "right_value": None,
                "result": False,
            },
        ],
    }
    assert [below.node.place.line for below in finding.below] == [8, 8, 8]


def test_single_checks() -> None:
    rule = load_texts([("f", RULES.replace(b"evt.type = open and not reader and ", b""))]).ruleset.rules[0]
    event = FieldEvent({"proc.name": "cat", "proc.pname": "sh"})
    finding = explain(rule.condition, event, bind_field_event, CATALOGUE.resolve)
    assert finding.result and (finding.left, finding.right) == ("cat", "sh")
    assert finding_json(finding)["result"] is True
