"""Where configuration comes from: files, what they include, the environment, overrides."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from auditfalco.agent.config import load
from auditfalco.agent.config_source import ConfigError, merge, parse_override, read_file


def put(tree: dict[str, Any], *overrides: str) -> dict[str, Any]:
    """The tree after some overrides."""
    for override in overrides:
        parse_override(override).put_into(tree)
    return tree


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("a=1", {"a": 1}),
        ("a.b.c=x", {"a": {"b": {"c": "x"}}}),
        ("a[]=x", {"a": ["x"]}),
        ("a[0]=x", {"a": ["x"]}),
        ("a[].b.c=x", {"a": [{"b": {"c": "x"}}]}),
        ("a.b[][]=x", {"a": {"b": [["x"]]}}),
        (r"a\.b=1", {"a.b": 1}),
        (r"a\[0\]=1", {"a[0]": 1}),
        (r"a\\.b=1", {"a\\": {"b": 1}}),
        ("a={b: [1, 2]}", {"a": {"b": [1, 2]}}),
        ("a=[x, {y: z}]", {"a": ["x", {"y": "z"}]}),
        ("a=b: c", {"a": "b: c"}),
        ("a=%proc.name", {"a": "%proc.name"}),
        ("a=x=y", {"a": "x=y"}),
        ("a=", {"a": ""}),
        ("a='5'", {"a": "5"}),
    ],
)
def test_overrides_make_what_is_missing(override: str, expected: dict[str, Any]) -> None:
    assert put({}, override) == expected


def test_overrides_change_what_is_there() -> None:
    tree = {"a": [{"b": 1}, 2], "c": {"d": 3, "e": 4}, "f": 5}
    put(tree, "a[0].b=x", "a[1]=y", "a[]=z", "c.d=w", "f.g=v")
    assert tree == {"a": [{"b": "x"}, "y", "z"], "c": {"d": "w", "e": 4}, "f": {"g": "v"}}


@pytest.mark.parametrize("override", ["a[1]=x", "a[7].b=x"])
def test_an_element_that_is_not_there(override: str) -> None:
    with pytest.raises(ConfigError, match="the list has 0 elements, there is no"):
        put({}, override)


@pytest.mark.parametrize("key", ["a..b", ".a", "a.", "[]", "a[x]", "a[", "a]", "a[1"])
def test_a_key_that_leads_nowhere_changes_nothing(key: str) -> None:
    assert put({}, f"{key}=1") == {}


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("append", {"list": [1, 2, 3], "text": "new", "map": {"b": 2}, "own": 1, "more": 4}),
        ("override", {"list": [3], "text": "new", "map": {"b": 2}, "own": 1, "more": 4}),
        ("add-only", {"list": [1, 2], "text": "old", "map": {"a": 1}, "own": 1, "more": 4}),
    ],
)
def test_strategies(strategy: str, expected: dict[str, Any]) -> None:
    tree: dict[str, Any] = {"list": [1, 2], "text": "old", "map": {"a": 1}, "own": 1}
    merge(tree, {"list": [3], "text": "new", "map": {"b": 2}, "more": 4}, strategy)
    assert tree == expected


def test_variables_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHERE", "/srv")
    monkeypatch.setenv("WANTED", "true")
    monkeypatch.delenv("UNSET", raising=False)
    path = tmp_path / "c.yaml"
    path.write_text(
        "rules_files: ['${WHERE}/a.yaml', '$${WHERE}/b.yaml', 'x${UNSET}y']\njson_output: ${WANTED}\npriority: '${1}'\n"
    )
    assert read_file(str(path)) == {
        "rules_files": ["/srv/a.yaml", "${WHERE}/b.yaml", "xy"],
        "json_output": True,
        "priority": "${1}",
    }


def test_included_files_and_their_order(tmp_path: Path) -> None:
    directory = tmp_path / "d"
    directory.mkdir()
    (directory / "2.yml").write_text("priority: error\nrules_files: [c]\n")
    (directory / "1.yaml").write_text("priority: alert\nrules_files: [b]\nzzz: 1\n")
    (directory / "3.txt").write_text("[")
    main = tmp_path / "main.yaml"
    main.write_text(f"config_files: [{directory}, {tmp_path}/none.yaml]\nrules_files: [a]\npriority: debug\n")
    config = load(str(main), ["priority=notice"])
    assert [os.path.basename(file.path) for file in config.files] == ["main.yaml", "1.yaml", "2.yml"]
    assert (config["rules_files"], config["priority"]) == (["a", "b", "c"], "notice")
    assert config.warnings == [f"{directory}/1.yaml: the key zzz has no effect"]


def test_what_an_override_includes(tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text("json_output: true\npriority: alert\n")
    main = tmp_path / "main.yaml"
    main.write_text("priority: debug\n")
    config = load(str(main), [f"config_files[]={{path: {tmp_path}/more.yaml, strategy: add-only}}"])
    assert (config["json_output"], config["priority"]) == (True, "debug")


def test_aliases_are_not_changed_together(tmp_path: Path) -> None:
    main = tmp_path / "main.yaml"
    main.write_text("a: &one {b: 1}\nc: *one\n")
    assert load(str(main), ["a.b=2"]).tree == {"a": {"b": 2}, "c": {"b": 1}}


def test_aliases_that_stand_for_too_much_are_one_error(tmp_path: Path) -> None:
    levels = "\n".join(f"a{n + 1}: &a{n + 1} [" + ", ".join([f"*a{n}"] * 10) + "]" for n in range(12))
    main = tmp_path / "main.yaml"
    main.write_text(f"a0: &a0 x\n{levels}\n")
    with pytest.raises(ConfigError, match="more than 2000000 values") as caught:
        load(str(main), [])
    assert str(caught.value).startswith(f"{main}:")
