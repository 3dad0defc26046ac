"""From names to rule files to rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditfalco.agent.rulefiles import RulesRefused, expand, load_rules
from auditfalco.ruleset.items import Priority

RULE = "- rule: {name}\n  desc: d\n  condition: evt.type=open\n  output: o\n  priority: {priority}\n"


def rule(name: str, priority: str = "NOTICE") -> str:
    """The text of a rule."""
    return RULE.format(name=name, priority=priority)


def test_directories_are_read_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b.yml", "a.yaml", "c.json", "a.yaml.bak"):
        (tmp_path / name).write_text(rule(name))
    (tmp_path / "deeper.yaml").mkdir()
    (tmp_path / "deeper.yaml" / "d.yaml").write_text(rule("d"))
    single = tmp_path / "c.json"
    files = expand([str(tmp_path), str(tmp_path / "a.yaml"), str(single)])
    assert [Path(path).name for path in files.paths] == ["a.yaml", "b.yml", "a.yaml"]
    assert files.passed_over == (f"{single} is not loaded: the name of a rule file ends in .yaml or .yml",)


def test_names_of_nothing(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.yaml")
    with pytest.raises(RulesRefused, match=r"cannot read the rules .*: No such file or directory"):
        expand([missing])
    assert expand([missing], may_miss=True).paths == ()


def test_rules_of_several_files(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(rule("one"))
    (tmp_path / "b.yaml").write_text(rule("two", "DEBUG"))
    assert [one.name for one in load_rules([str(tmp_path)], Priority.DEBUG)[0]] == ["one", "two"]
    assert [one.name for one in load_rules([str(tmp_path)], Priority.NOTICE)[0]] == ["one"]


def test_rules_that_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("- required_plugin_versions: [{name: sky, version: 1.2.3}]\n" + rule("one"))
    with pytest.raises(RulesRefused, match=r"must load one of: sky \(>= 1\.2\.3\)"):
        load_rules([str(path)], Priority.DEBUG)
    path.write_text("- required_plugin_versions: [{name: container, version: 0.4.0}]\n" + rule("one"))
    assert len(load_rules([str(path)], Priority.DEBUG)[0].rules) == 1
    path.write_text(rule("one").replace("evt.type", "evt.tipe"))
    with pytest.raises(RulesRefused, match=r"nonexistent field evt\.tipe") as caught:
        load_rules([str(path)], Priority.DEBUG)
    assert f"{path}:3:14: LOAD_ERR_COMPILE_CONDITION" in str(caught.value)


def test_no_rules_at_all(tmp_path: Path) -> None:
    with pytest.raises(RulesRefused, match=r"there is no rule file in .*; name a rule file with -r"):
        load_rules([str(tmp_path)], Priority.DEBUG)


def test_the_shipped_rules_are_used_when_none_are_named() -> None:
    assert len(load_rules(None, Priority.DEBUG)[0].rules) > 1
