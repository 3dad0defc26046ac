"""`auditfalco plan`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auditfalco.cli import main

RULES = """\
- rule: Secrets read
  desc: d
  condition: evt.type in (open, openat) and evt.is_open_read = true and fd.num >= 0 and fd.name = /etc/shadow
  output: seen
  priority: INFO
"""


@pytest.fixture
def rules(tmp_path: Path) -> str:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    return str(path)


def test_json_names_rules_and_whom_they_serve(rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "-r", rules, "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    watches = [one for one in told["audit_rules"] if "path=/etc/shadow" in one["rule"]]
    assert watches and all(one["serves"] == ["Secrets read"] for one in watches)
    assert {"perm=r", "success=1"} <= set(watches[0]["rule"].split())
    assert {one["path"] for one in told["marks"]} == {"/etc/shadow"}
    assert [one["rule"] for one in told["rules"]] == ["Secrets read"]


def test_audit_rules_are_lines_for_auditctl(rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "-r", rules, "--format", "audit-rules"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line]
    assert all(line.startswith(("#", "-a always,exit -F arch=b")) for line in lines)
    assert any(line.startswith("#-a always,io_uring") for line in lines)


def test_text_names_calls(rules: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "-r", rules]) == 0
    out = capsys.readouterr().out
    assert "-S open,openat" in out and "      for Secrets read" in out and "Secrets read: " in out


def test_rules_that_cannot_be_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["plan", "-r", str(tmp_path / "none.yaml")]) == 1
    assert "auditfalco plan: " in capsys.readouterr().err
