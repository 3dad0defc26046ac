"""`coverage`: its two forms and its exit code, on machines made up here."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest

from auditfalco.cli import coverage
from auditfalco.coverage.machine.auditing import Auditing
from auditfalco.coverage.machine.kernel import Kernel
from auditfalco.coverage.machine.machine import Machine
from kernel_sources.audit.status import AuditStatus

Command = Callable[..., Any]

RULES = """
- rule: seen
  desc: d
  condition: evt.type = mkdir
  output: o
  priority: INFO
- rule: names of addresses
  desc: d
  condition: evt.type = connect and fd.sip.name = a
  output: o
  priority: INFO
"""


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    audit = Auditing(status=AuditStatus(1, 1, 0, 0, 8192, 0, 0), rules=(), uring=True)
    made = Machine(kernel=Kernel("6.1.0"), auditing=audit)
    monkeypatch.setattr(coverage, "examine", lambda proc: made)


def test_as_json(command: Command) -> None:
    said = command("coverage", "-r", "r.yaml", "--json", files={"r.yaml": RULES})
    assert said.code == 0
    seen, blind = json.loads(said.out)
    assert (seen["rule"], seen["state"], seen["reasons"]) == ("seen", "full", [])
    assert (seen["event_types"], seen["sensors"][0]) == (["mkdir"], "audit")
    assert (blind["state"], blind["event_types"], blind["sensors"]) == ("blind", ["connect"], [])
    assert blind["reasons"][0].startswith("fd.sip.name is never set")


def test_for_people(command: Command) -> None:
    said = command("coverage", "-r", "r.yaml", files={"r.yaml": RULES})
    assert said.out.splitlines()[0].startswith("full     seen (audit")
    assert "blind    names of addresses\n         - fd.sip.name is never set" in said.out
    assert said.out.endswith("1 full, 0 partial, 1 blind\n")


def test_rules_that_cannot_be_loaded(command: Command) -> None:
    said = command("coverage", "-r", "r.yaml", files={"r.yaml": "- rule: x\n"})
    assert (said.code, said.out) == (1, "")
    assert "r.yaml" in said.err
    assert command("coverage", "-r", "missing.yaml").code == 1


def test_the_shipped_rules(command: Command) -> None:
    said = command("coverage", "--json")
    assert said.code == 0
    assert "Terminal shell in container" in {verdict["rule"] for verdict in json.loads(said.out)}
