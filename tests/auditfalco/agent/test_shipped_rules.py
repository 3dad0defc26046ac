"""The shipped rules as files: valid without a warning, described, tagged, each with tests of both kinds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from auditfalco import cli
from auditfalco.agent.case_files import case_paths, read_case_file
from auditfalco.agent.case_schema import CASE_SCHEMA
from auditfalco.agent.case_trial import Trial, untested
from auditfalco.agent.rulefiles import expand, load_files
from auditfalco.agent.schema import file_status
from auditfalco.ruleset.items import Priority
from auditfalco.ruleset.rule import Rule

CHECKOUT = Path(__file__).resolve().parents[3]
RULES, TESTS = CHECKOUT / "rules", CHECKOUT / "rules" / "tests"
REFERENCE = CHECKOUT.parent / "shared" / "reference" / "falco_rules.yaml"
LOADED = load_files(expand([str(RULES)]).paths, Priority.DEBUG)
SHIPPED = tuple(LOADED.ruleset)


@pytest.mark.parametrize("path", case_paths([str(TESTS)]), ids=lambda path: Path(path).stem)
def test_every_case_holds(path: str) -> None:
    file = read_case_file(path)
    trial = Trial(file)
    assert str(file_status(path, CASE_SCHEMA)) == "ok"
    assert [(case.name, failure) for case in file.cases for failure in trial.run(case).failures] == []


def test_every_rule_has_a_case_of_its_alert_and_one_of_its_silence() -> None:
    cases = [case for path in case_paths([str(TESTS)]) for case in read_case_file(path).cases]
    assert untested(SHIPPED, cases) == ([], [])


def test_the_rules_alone_are_loaded_from_their_directory() -> None:
    assert expand([str(RULES)]).paths == (str(RULES / "auditfalco_rules.yaml"),)


def test_falcos_check_is_content(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "-V", str(RULES / "auditfalco_rules.yaml")]) == 0
    assert capsys.readouterr().out == f"{RULES / 'auditfalco_rules.yaml'}: Ok\n"
    assert LOADED.warnings == []


@pytest.mark.parametrize("rule", SHIPPED, ids=lambda rule: rule.name)
def test_rules_say_what_they_mean_and_where_they_belong(rule: Rule) -> None:
    assert len(rule.description) > 100
    for pattern in (
        "maturity_[a-z]+",
        "host|container",
        "mitre_[a-z_]+",
        "TA?[0-9]{4}([.][0-9]{3})?",
        "sensor_[a-z_]+",
    ):
        assert any(re.fullmatch(pattern, tag) for tag in rule.tags), pattern
    for field in ("evt.type", "user.loginuid", "proc.exepath", "proc.cmdline", "container.id"):
        assert f"%{field}" in rule.output


@pytest.mark.skipif(not REFERENCE.exists(), reason="Falco's rules do not lie beside this checkout")
def test_everything_that_falcos_stable_rules_detect_has_a_rule_of_that_name() -> None:
    falcos = load_files([str(REFERENCE)], Priority.DEBUG).ruleset
    assert {rule.name for rule in falcos} - {rule.name for rule in SHIPPED} == set()
