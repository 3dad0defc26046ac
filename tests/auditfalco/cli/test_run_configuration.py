"""How options, configuration files and rule files come together in `run`."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest

RULES = """\
- rule: one
  desc: first
  condition: evt.type=execve and proc.name=cat
  output: first %proc.name
  priority: WARNING
  tags: [a]
- rule: two
  desc: second
  condition: evt.type=execve and proc.name=dog
  output: second
  priority: DEBUG
"""
LOG = "log_stderr: true\n"
Command = Callable[..., Any]


def described(command: Command, *arguments: str, files: dict[str, str] | None = None) -> dict[str, Any]:
    """The rules that `-L` shows, by name."""
    said = command(
        "run", "-L", "-o", "json_output=true", "-r", "r.yaml", *arguments, files={"r.yaml": RULES, **(files or {})}
    )
    assert said.code == 0, said.err
    return {rule["info"]["name"]: rule for rule in json.loads(said.out)["rules"]}


def logged(text: str) -> list[str]:
    """The lines of a log without their times."""
    return [line.split(": ", 1)[1] for line in text.splitlines()]


def test_the_start_is_logged_where_the_configuration_asks_for_it(command: Command) -> None:
    files = {"c.yaml": LOG + "jsn_output: true\n", "r.yaml": RULES}
    said = command("run", "--dry-run", "-c", "c.yaml", "-r", "r.yaml", files=files)
    assert (said.code, said.out) == (0, "")
    log, warning = said.err.splitlines()[:-1], said.err.splitlines()[-1]
    assert logged("\n".join(log))[1:] == [
        "Falco initialized with configuration files:",
        "   c.yaml | schema validation: failed for <root>: Object contains a property that could not be validated using"
        " 'properties' or 'additionalProperties' constraints: 'jsn_output'.",
        "Loading rules from:",
        "   r.yaml | schema validation: ok",
    ]
    assert warning == "Warning: c.yaml: the key jsn_output has no effect; did you mean json_output?"
    quiet = command("run", "--dry-run", "-c", "c.yaml", "-r", "r.yaml", files={"c.yaml": "json_output: true\n"})
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


def test_log_lines_bear_the_time_in_the_form_that_is_asked_for(command: Command) -> None:
    files = {"c.yaml": LOG + "time_format_iso_8601: true\n", "r.yaml": RULES}
    said = command("run", "--dry-run", "-c", "c.yaml", "-r", "r.yaml", files=files)
    assert all(line[10] == "T" and line[19:26] == "+0000: " for line in said.err.splitlines())


def test_a_value_of_the_wrong_type_in_a_file_is_told(command: Command) -> None:
    files = {"c.yaml": "json_output: maybe\n", "r.yaml": RULES}
    said = command("run", "--dry-run", "-c", "c.yaml", "-r", "r.yaml", files=files)
    expected = "Warning: c.yaml: json_output is true or false, not 'maybe'; the default stays in force\n"
    assert (said.code, said.err) == (0, expected)


def test_rules_must_be_named_by_a_configuration(command: Command) -> None:
    said = command("run", "--dry-run", "-c", "c.yaml", files={"c.yaml": "{}\n", "d/r.yaml": RULES, "d/z.txt": "["})
    assert said.code == 1
    assert said.err.startswith("Error: You must specify at least one rules file/directory via -r")
    assert command("run", "--dry-run", "-c", "c.yaml", files={"c.yaml": "rules_files: [nowhere.yaml, d]\n"}).code == 0
    said = command("run", "--dry-run", "-c", "c.yaml", files={"c.yaml": LOG + "rules_file: d\n"})
    assert said.code == 0
    assert "Using deprecated config key 'rules_file'" in said.err
    assert "   d/r.yaml | schema validation: ok" in said.err
    assert command("run", "--dry-run").code == 0  # without a configuration there are the shipped rules


def test_what_is_no_rule_file_is_passed_over_with_a_word(command: Command) -> None:
    said = command("run", "--dry-run", "-r", "r.txt", "-r", "empty", files={"r.txt": "[", "empty/r.txt": "["})
    assert said.code == 0
    assert said.err.splitlines() == [
        "Warning: r.txt is not loaded: the name of a rule file ends in .yaml or .yml",
        "Warning: there is no rule file in empty",
    ]


def test_the_least_priority(command: Command) -> None:
    assert set(described(command)) == {"one", "two"}
    assert set(described(command, "-o", "priority=Warning")) == {"one"}
    assert set(described(command, "-c", "c.yaml", files={"c.yaml": "priority: error\n"})) == set()


@pytest.mark.parametrize(
    ("options", "outputs"),
    [
        (
            ["-o", 'append_output[]={"extra_output": "x=%proc.pid"}'],
            ["first %proc.name x=%proc.pid", "second x=%proc.pid"],
        ),
        (["-o", "append_output[0].extra_output=%proc.pid"], ["first %proc.name %proc.pid", "second %proc.pid"]),
        (["-o", "append_output[]={match: {rule: two}, extra_output: more}"], ["first %proc.name", "second more"]),
        (["-o", "append_output[]={match: {tags: [a]}, extra_output: more}"], ["first %proc.name more", "second"]),
        (["-o", "append_output.suggested_output=true"], ["first %proc.name", "second"]),
        (["-p", "told=%evt.type"], ["first %proc.name told=%evt.type", "second told=%evt.type"]),
        (["-p", "container"], ["first %proc.name", "second"]),
    ],
)
def test_additions_to_outputs(command: Command, options: list[str], outputs: list[str]) -> None:
    rules = described(command, *options)
    assert [rule["details"]["output_compiled"] for rule in rules.values()] == outputs


def test_suggested_fields(command: Command) -> None:
    added = described(command, "-o", "append_output[]={suggested_output: true}")["two"]["details"]["output_compiled"]
    assert added.startswith("second container_id=%container.id container_name=%container.name ")


def test_additional_fields(command: Command) -> None:
    rules = described(command, "-o", "append_output[]={extra_fields: [proc.exe, {who: 'by %user.name'}]}")
    assert rules["two"]["details"]["extra_output_formatted_fields"] == {"proc.exe": "%proc.exe", "who": "by %user.name"}


def test_switches_are_told_and_change_no_description(command: Command) -> None:
    files = {"c.yaml": LOG + "rules:\n  - disable: {rule: '*'}\n  - enable: {tag: a}\n", "r.yaml": RULES}
    options = ["-c", "c.yaml", "-r", "r.yaml", "-o", "rules[].disable.rule=one", "-T", "b", "-D", "tw"]
    said = command("run", "-L", *options, "-o", "json_output=true", files=files)
    assert [rule["info"]["enabled"] for rule in json.loads(said.out)["rules"]] == [True, True]
    assert logged(said.err)[-5:] == [
        "Disabling rules with name: *",
        "Enabling rules with tag: a",
        "Disabling rules with name: one",
        "Disabling rules with tag: b",
        "Disabling rules with name: *tw*",
    ]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("rules: [{foo: {rule: one}}]\n", "Error: rules[0]: "),
        ("rules: [{disable: {rule: one}}, one]\n", "Error: rules[1]: "),
        ("append_output: [one]\n", "Error: append_output[0]: "),
        ("append_output: [{match: one}]\n", "Error: append_output[0].match has rule, source or tags"),
        ("append_output: [{extra_fields: [[a]]}]\n", "Error: append_output[0].extra_fields: "),
        ("config_files: [c.yaml]\n", "Error: Config error: 'config_files' of c.yaml includes that file itself"),
        ("config_files: [d.yaml]\n", "Error: Config error: 'config_files' directive in included config file d.yaml."),
        ("config_files: [e.yaml]\n", "Error: e.yaml:2:1: "),
        ("engine: {kind: replay}\n", "Error: Error reading config file (c.yaml): engine.kind is 'replay'"),
        (
            "metrics: {enabled: true, output_rule: true, interval: 1}\n",
            "Error: Metrics interval must have a minimum value of 100ms",
        ),
        ("append_output: [{extra_output: '%no.field'}]\n", "Error: append_output: rule 'one': unknown filter: "),
        ("append_output: [{extra_fields: [no.field]}]\n", "Error: append_output: rule 'one': unknown filter: "),
    ],
)
def test_configurations_that_are_refused(command: Command, text: str, error: str) -> None:
    files = {"c.yaml": text, "d.yaml": "config_files: []\n", "e.yaml": "[", "r.yaml": RULES}
    said = command("run", "--dry-run", "-c", "c.yaml", "-r", "r.yaml", files=files)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(error)
    assert said.err.count("\n") == 1


def test_included_files(command: Command) -> None:
    files = {
        "c.yaml": LOG + "priority: debug\nconfig_files: [more, {path: last.yaml, strategy: add-only}, gone.yaml]\n",
        "more/b.yaml": "priority: warning\n",
        "more/a.yaml": "priority: error\n",
        "more/a.txt": "[",
        "last.yaml": "priority: alert\njson_output: true\n",
        "r.yaml": RULES,
    }
    said = command("run", "-L", "-c", "c.yaml", "-r", "r.yaml", files=files)
    assert [rule["info"]["name"] for rule in json.loads(said.out)["rules"]] == ["one"]
    assert [line.split(" |")[0].strip() for line in logged(said.err)[2:6]] == [
        "c.yaml",
        "more/a.yaml",
        "more/b.yaml",
        "last.yaml",
    ]
    said = command("run", "-L", "-c", "c.yaml", "-r", "r.yaml", "-o", "config_files=[]")
    assert said.out.startswith("Rule ")
    assert json.loads(command("run", "-L", "-r", "r.yaml", "-o", "config_files=[last.yaml]").out)["rules"] == []


def test_an_unserved_output_alone_is_no_output(command: Command) -> None:
    files = {"c.yaml": "stdout_output: {enabled: false}\nsyslog_output: {enabled: true}\n", "r.yaml": RULES}
    said = command("run", "--dry-run", "-c", "c.yaml", "-r", "r.yaml", files=files)
    assert said.code == 1
    assert "No output configured, please make sure at least one output is configured and enabled." in said.err
    assert command("run", "-L", "-c", "c.yaml", "-r", "r.yaml").code == 0
