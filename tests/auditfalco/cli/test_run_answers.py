"""What `run` answers without watching: validation, descriptions, catalogues, versions, schemas."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import Any, Callable

import pytest

from auditfalco.cli.listing import type_text
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME

RULES = """\
- list: shells
  items: [bash, sh]
- macro: started
  condition: evt.type in (execve, execveat)
- rule: Shell
  desc: a shell was started, which is a thing that people do when they want to type commands to a machine
  condition: started and proc.name in (shells)
  output: shell %proc.name by %proc.pname
  priority: NOTICE
  tags: [shells]
- rule: Module
  desc: a module
  condition: evt.type=finit_module
  output: module
  priority: WARNING
  enabled: false
"""
FILES = {"r.yaml": RULES}
Command = Callable[..., Any]


def test_a_valid_file(command: Command) -> None:
    said = command("run", "-V", "r.yaml", files=FILES)
    assert (said.code, said.out, said.err) == (0, "r.yaml: Ok\n", "")


def test_a_file_with_warnings_tells_them_beside_its_verdict(command: Command) -> None:
    said = command("run", "-V", "r.yaml", files={"r.yaml": RULES + "- macro: unused\n  condition: proc.name=x\n"})
    assert (said.code, said.out) == (0, "r.yaml: Ok, with warnings\n")
    assert "macro 'unused': (r.yaml:17:3)" in said.err
    assert "LOAD_UNUSED_MACRO" in said.err


@pytest.mark.parametrize(
    ("changed", "place", "code"),
    [
        (("proc.name in", "proc.nmae in"), "r.yaml:7:26", "LOAD_ERR_COMPILE_CONDITION"),
        (("in (execve, execveat)", "in (execve, execveat"), "r.yaml:4:43", "LOAD_ERR_COMPILE_CONDITION"),
        (("%proc.pname", "%proc.pnme"), "r.yaml:8:11", "LOAD_ERR_COMPILE_OUTPUT"),
        (("NOTICE", "SHOUTING"), "r.yaml:9:13", "LOAD_ERR_YAML_VALIDATE"),
        (("[bash, sh]", "[bash, sh"), "r.yaml:3:8", "LOAD_ERR_YAML_PARSE"),
        (("started and", "begun and"), "r.yaml:7:14", "LOAD_ERR_VALIDATE"),
    ],
)
def test_an_invalid_file_is_reported_at_the_exact_place(
    command: Command, changed: tuple[str, str], place: str, code: str
) -> None:
    files = {"r.yaml": RULES.replace(*changed)}
    said = command("run", "-V", "r.yaml", files=files)
    assert said.code == 1
    assert said.out.startswith("r.yaml: Invalid\n1 Errors:\n")
    assert f"({place})" in said.out
    assert code in said.out
    assert said.err.startswith("Error: r.yaml: Invalid\n")
    line, column = (int(number) for number in place.split(":")[1:])
    snippet = said.out.split("------\n")[1].splitlines()
    assert snippet[0] == files["r.yaml"].splitlines()[line - 1]
    assert snippet[1] == " " * (column - 1) + "^"

    report = json.loads(command("run", "-V", "r.yaml", "-o", "json_output=true").out)
    issue = report["falco_load_results"][0]["errors"][0]
    position = issue["context"]["locations"][-1]["position"]
    assert (issue["code"], position["line"], position["column"]) == (code, line - 1, column - 1)


def test_several_files_are_validated_together(command: Command) -> None:
    first, second = RULES.split("- rule: Module")
    files = {"a.yaml": first, "b.yaml": "- rule: Module" + second, "c.yaml": "- rule: x\n"}
    said = command("run", "-V", "a.yaml", "-V", "b.yaml", "-V", "c.yaml", "-o", "json_output=true", files=files)
    results = json.loads(said.out)["falco_load_results"]
    assert [(result["name"], result["successful"]) for result in results] == [
        ("a.yaml", True),
        ("b.yaml", True),
        ("c.yaml", False),
    ]
    assert said.code == 1


def test_validation_with_descriptions(command: Command) -> None:
    said = command("run", "-V", "r.yaml", "-L", "-o", "json_output=true", files=FILES)
    report = json.loads(said.out)
    assert [rule["info"]["name"] for rule in report["falco_describe_results"]["rules"]] == ["Shell", "Module"]
    one = json.loads(command("run", "-V", "r.yaml", "-l", "Module", "-o", "json_output=true").out)
    assert [rule["info"]["name"] for rule in one["falco_describe_results"]["rules"]] == ["Module"]


def test_what_a_file_holds_cannot_reach_the_terminal(command: Command) -> None:
    hostile = RULES.replace("- rule: Module", '- rule: "M\\e[31m\\u202e"')
    name = "\udcff.yaml"
    said = command("run", "-V", name, files={name: hostile.replace("WARNING", "LOUD")})
    listed = command("run", "-L", "-r", name, files={name: hostile})
    assert (said.code, listed.code) == (1, 0)
    for text in (said.out, said.err, listed.out):
        assert re.search(r"M\\(u00|x)1b\[31m\\u202e", text)
        assert all(line.isprintable() for line in text.splitlines())


def test_what_cannot_be_validated(command: Command) -> None:
    for name, reason in (("missing.yaml", "No such file or directory"), (".", "Is a directory")):
        said = command("run", "-V", name)
        assert (said.code, said.out, said.err) == (1, "", f"Error: Could not open file {name} for reading: {reason}\n")
    plugin = "- required_plugin_versions:\n  - name: sky\n    version: 1.0.0\n"
    said = command("run", "-V", "p.yaml", files={"p.yaml": plugin})
    assert said.code == 1
    assert said.err == "Error: Plugin requirement not satisfied, must load one of: sky (>= 1.0.0)\n"
    container = plugin.replace("sky", "container").replace("1.0.0", "0.4.0")
    assert command("run", "-V", "c.yaml", files={"c.yaml": container}).code == 0


def test_schema_faults_do_not_make_a_file_invalid(command: Command) -> None:
    said = command("run", "-V", "r.yaml", "-o", "json_output=true", files={"r.yaml": RULES.replace("NOTICE", "notice")})
    result = json.loads(said.out)["falco_load_results"][0]
    assert (said.code, result["successful"], result["schema_valid"]) == (0, True, False)
    assert result["schema_warnings"][0].startswith("failed for <root>[2][priority]: ")


def test_the_table_of_rules(command: Command) -> None:
    said = command("run", "-L", "-r", "r.yaml", files=FILES)
    assert said.out.splitlines() == [
        "Rule" + " " * 47 + "Description",
        "----" + " " * 47 + "-----------",
        "Shell" + " " * 46 + "a shell was started, which is a thing that people do when ",
        " " * 51 + "they want to type commands to a machine ",
        "",
        "Module" + " " * 45 + "a module ",
        "",
    ]
    assert command("run", "-l", "Module", "-r", "r.yaml").out.count("\n") == 4


def test_rules_as_json(command: Command) -> None:
    document = json.loads(command("run", "-L", "-r", "r.yaml", "-o", "json_output=true", files=FILES).out)
    assert [rule["info"]["name"] for rule in document["rules"]] == ["Shell", "Module"]
    assert [macro["info"]["name"] for macro in document["macros"]] == ["started"]
    assert [listed["info"]["name"] for listed in document["lists"]] == ["shells"]
    details = document["rules"][0]["details"]
    assert details["condition_compiled"] == "(evt.type in (execve, execveat) and proc.name in (bash, sh))"
    assert all(CATALOGUE.lookup(name) for name in details["condition_fields"])
    assert set(details["events"]) <= set(EVENT_TYPES_BY_NAME)
    one = json.loads(command("run", "-l", "Shell", "-r", "r.yaml", "-o", "json_output=true").out)
    assert one == {"rules": [document["rules"][0]]}


def test_a_rule_that_is_not_loaded(command: Command) -> None:
    for output in ("true", "false"):
        said = command("run", "-l", "None", "-r", "r.yaml", "-o", f"json_output={output}", files=FILES)
        assert (said.code, said.out, said.err) == (1, "", 'Runtime error: Rule "None" is not loaded. Exiting.\n')


def listed_fields() -> dict[str, Any]:
    """The fields that the lists must show."""
    return {field.name: field for field in CATALOGUE if field.listed and not field.deprecated}


def test_the_list_of_fields_is_the_catalogue(command: Command) -> None:
    fields = listed_fields()
    names = command("run", "--list", "-N").out.split()
    assert sorted(names) == sorted(fields)
    document = json.loads(command("run", "--list", "--format", "JSON").out)
    shown = [field for one in document["fieldclasses"] for field in one["fields"]]
    assert [field["name"] for field in shown] == names
    assert all(field["desc"] == fields[field["name"]].description for field in shown)
    assert all(field["type"] == type_text(fields[field["name"]]) for field in shown)
    assert document["fieldclasses"][0]["name"] == "evt"


def test_the_list_of_fields_for_people(command: Command) -> None:
    text = command("run", "--list=syscall").out
    flat = " ".join(text.split())
    for field in listed_fields().values():
        assert f"{field.name}{field.argument.value} (Type: {type_text(field)}) {field.description}" in flat
    assert all(len(line) <= 110 for line in text.splitlines())
    markdown = command("run", "--list", "--format", "markdown")
    assert "`proc.name` | CHARBUF | " in markdown.out
    old = command("run", "--list", "--markdown")
    assert old.out == markdown.out
    assert "deprecated" in old.err


def test_the_list_of_event_types_is_the_catalogue(command: Command) -> None:
    document = json.loads(command("run", "--list-events", "--format", "json").out)
    assert sorted(event["name"] for event in document["events"]) == sorted(EVENT_TYPES_BY_NAME)
    text = command("run", "--list-events").out
    assert "\nopenat2(FD fd, FD dirfd, FSRELPATH name, FLAGS32 flags, UINT32 mode, FLAGS32 resolve" in text
    assert text.count("(") == len(EVENT_TYPES_BY_NAME)
    assert "`execve` | process | " in command("run", "--list-events", "--format", "markdown").out


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--list=sky"], "Value for --list must be a valid source type"),
        (["--list", "--format", "xml"], "Invalid --format 'xml': it is one of text, markdown, json"),
        (["--list", "--format", "json", "--markdown"], "You can not specify both --markdown and --format"),
        (["--plugin-info", "sky"], "can't find plugin 'sky'"),
        (["--dry-run", "--enable-source", "syscall", "--disable-source", "syscall"], "You can not mix"),
        (["--dry-run", "--disable-source", "syscall"], "Must enable at least one event source"),
        (["--dry-run", "--disable-source", "sky"], "Attempted disabling an unknown event source: sky"),
        (["--dry-run", "--enable-source", "sky"], "Attempted enabling an unknown event source: sky"),
        (["--sky=1"], "Option ‘sky’ does not exist"),
        (["-Z"], "Option ‘Z’ does not exist"),
        (["-c"], "Option ‘c’ is missing an argument"),
        (["-M", "1h"], "Argument ‘1h’ failed to parse"),
        (["-M", "nan"], "Argument ‘nan’ failed to parse"),
        (["--only-loginuid", "root"], "Argument ‘root’ failed to parse"),
        (["--dry-run", "-t", "a", "-T", "b", "-r", "r.yaml"], "You can not specify both disabled (-D/-T) and enabled"),
    ],
)
def test_what_is_refused(command: Command, arguments: list[str], error: str) -> None:
    said = command("run", *arguments, files=FILES)
    assert (said.code, said.out) == (1, "")
    assert said.err.splitlines()[-1].startswith(f"Error: {error}")


def test_words_that_are_no_options_are_passed_over(command: Command) -> None:
    assert command("run", "something", "-V", "r.yaml", "else", files=FILES).out == "r.yaml: Ok\n"


def test_versions(command: Command) -> None:
    assert command("run", "--version").out.startswith("auditfalco version: ")
    versions = json.loads(command("run", "--version", "-o", "json_output=true").out)
    assert (versions["engine_version"], versions["engine_version_semver"]) == ("63", "0.63.0")
    assert all(isinstance(versions[f"{part}_version"], str) for part in ("falco", "libs", "plugin_api", "driver_api"))


def test_schemas(command: Command) -> None:
    rules = json.loads(command("run", "--rule-schema").out)
    assert rules["items"]["properties"]["priority"]["enum"][0] == "EMERGENCY"
    config = json.loads(command("run", "--config-schema").out)
    assert config["properties"]["json_output"] == {"type": "boolean"}


def test_support(command: Command) -> None:
    report = json.loads(command("run", "--support", "-r", "r.yaml", "-o", "since=2020-01-01", files=FILES).out)
    assert report["rules_files"] == [{"name": "r.yaml", "content": RULES}]
    assert report["config"] == {"since": "2020-01-01"}
    assert report["system_info"]["sysname"] == os.uname().sysname
    assert report["cmdline"].startswith("auditfalco run --support -r r.yaml")


def test_small_answers(command: Command) -> None:
    assert command("run", "--list-plugins").out.startswith("0 Plugins Loaded:\n")
    assert str(os.sysconf("SC_PAGE_SIZE")) in command("run", "--page-size").err
    ignored = command("run", "-i").out.split("\n")
    assert "adjtimex" in ignored
    assert "execve" not in ignored


def test_help_needs_no_heavy_module() -> None:
    source = (
        "import sys; from auditfalco import cli\n"
        "try: cli.main(['run', '--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'yaml', 'rich', 'psutil', 'auditfalco.engine'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith("Usage:\n  auditfalco run [OPTION...]\n")
    assert done.stderr == "[]\n"
