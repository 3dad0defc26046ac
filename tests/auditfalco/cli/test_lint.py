"""`auditfalco lint` as a person and as a program sees it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auditfalco import cli

CHECKOUT = Path(__file__).resolve().parents[3]
RULE = """\
- rule: r
  desc: d
  condition: evt.type = connect and fd.ip in (1.2.3.4)
  output: o
  priority: INFO
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(RULE)
    return path


def test_advice_has_a_place_and_a_mend(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["lint", str(rules)]) == 1
    told = capsys.readouterr().out
    assert told == (
        f"{rules}:3:37: never-true: fd.ip in (…) is never true; "
        "write (fd.ip = a or fd.ip = b), or compare fd.cip and fd.sip\n"
    )


def test_json(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["lint", "--json", str(rules)]) == 1
    (trap,) = json.loads(capsys.readouterr().out)
    assert (trap["file"], trap["line"], trap["column"], trap["check"]) == (str(rules), 3, 37, "never-true")


def test_the_shipped_rules_have_no_traps(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["lint", str(CHECKOUT / "rules")]) == 0
    assert capsys.readouterr().out == ""


def test_broken_rules_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(RULE.replace("fd.ip", "fd.pi"))
    assert cli.main(["lint", str(broken)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert f"{broken}:3:37" in told.err
