"""`explain`: conditions and rules answered for an event, node by node."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, Callable

import pytest

from auditfalco.cli.explain_tree import Line, print_lines

EVENT = {"evt.type": "execve", "proc.name": "sh", "proc.pname": "nginx", "proc.aname[2]": "systemd"}
RULES = """\
- list: shells
  items: [bash, sh]
- macro: started
  condition: evt.type in (execve, execveat)
- rule: Shell
  desc: d
  condition: started and proc.name in (shells)
  output: shell %proc.name of %user.name
  priority: NOTICE
"""
FILES = {"e.json": json.dumps(EVENT), "r.yaml": RULES}
Command = Callable[..., Any]


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("proc.name = sh", 0),
        ("proc.name = bash", 1),
        ("proc.aname[2] = systemd", 0),
        ("proc.aname = systemd", 1),  # ancestors without a gap from the parent upward only
        ("fd.name != x", 1),
        ("not fd.name = x", 0),
        ("proc.name in (a, sh) and (proc.pname startswith ngi or fd.name exists)", 0),
    ],
)
def test_the_exit_code_is_the_answer(command: Command, condition: str, code: int) -> None:
    said = command("explain", "--condition", condition, "--event", "e.json", files=FILES)
    assert (said.code, said.err) == (code, "")
    assert said.out.splitlines()[-1] == f"result: {'false' if code else 'true'}"
    assert json.loads(command("explain", "--condition", condition, "--event", "e.json", "--json").out)[
        "result"
    ] is not bool(code)


def test_the_tree_shows_every_answer_and_value(command: Command) -> None:
    condition = "evt.type=execve and not (proc.name in (cat, 'a b') or proc.exe = val(proc.pname))"
    said = command("explain", "--condition", condition, "--event", "e.json", files=FILES)
    assert said.out.splitlines() == [
        "true   and",
        'true   ├─ evt.type = execve   — "execve"',
        "true   └─ not",
        "false     └─ or",
        'false        ├─ proc.name in (cat, "a b")   — "sh"',
        'false        └─ proc.exe = val(proc.pname)   — absent, "nginx"',
        "",
        "result: true",
    ]


def test_the_tree_as_json(command: Command) -> None:
    said = command("explain", "--condition", "not proc.name = sh", "--event", "e.json", "--json", files=FILES)
    check = {"left": {"field": "proc.name"}, "op": "=", "right": {"value": "sh"}, "value": "sh", "result": True}
    assert json.loads(said.out) == {"result": False, "tree": {"not": check, "result": False}}


def test_a_rule_names_its_macros_and_lists(command: Command) -> None:
    said = command("explain", "--rule", "Shell", "-r", "r.yaml", "--event", "e.json", files=FILES)
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines() == [
        "rule Shell (r.yaml:5:3)",
        "",
        "true   and",
        'true   ├─ evt.type in (execve, execveat)  [macro started]   — "execve"',
        'true   └─ proc.name in (bash, sh)  [list shells]   — "sh"',
        "",
        "result: true",
        "output: shell sh of <NA>",
    ]
    answer = json.loads(command("explain", "--rule", "Shell", "-r", "r.yaml", "--event", "e.json", "--json").out)
    assert (answer["rule"], answer["output"]) == ("Shell", "shell sh of <NA>")
    assert [answer["tree"]["and"][0]["macro"], answer["tree"]["and"][1]["lists"]] == ["started", ["shells"]]


def test_a_rule_that_does_not_fire_has_no_output(command: Command) -> None:
    files = {**FILES, "e.json": "{}"}
    said = command("explain", "--rule", "Shell", "-r", "r.yaml", "--event", "e.json", files=files)
    assert said.code == 1
    assert said.out.splitlines()[-1] == "result: false"


def test_only_parsing(command: Command) -> None:
    said = command("explain", "--parse", "a or (b and c) and proc.name=x")
    assert said.out.splitlines() == [
        "or",
        "├─ a",
        "└─ and",
        "   ├─ and",
        "   │  ├─ b",
        "   │  └─ c",
        "   └─ proc.name = x",
        "",
        "normal form: (a or ((b and c) and proc.name = x))",
    ]
    answer = json.loads(command("explain", "--parse", "evt.type=open", "--json").out)
    assert (answer["canonical"], answer["event_types"]) == ("evt.type = open", ["open"])
    assert "event_types" not in json.loads(command("explain", "--parse", "a", "--json").out)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--parse", "a and"], "1:6: "),
        (["--parse", "a\n  and proc.name ="], "2:18: "),
        (["--parse", ""], "1:1: the condition is empty"),
        (
            ["--condition", "proc.nme = x", "--event", "e.json"],
            "1:1: nonexistent field proc.nme; did you mean proc.name?",
        ),
        (["--condition", "proc.pid = x", "--event", "e.json"], "1:"),
        (["--condition", "evt.type=open and mine", "--event", "e.json"], "1:19: Undefined macro 'mine'"),
        (["--condition", "proc.name=x", "--event", "missing.json"], "missing.json: No such file or directory"),
        (["--condition", "proc.name=x", "--event", "broken.json"], "broken.json:2:3: not JSON: "),
        (["--condition", "proc.name=x", "--event", "list.json"], "list.json:1:1: an event is a JSON object"),
        (["--condition", "proc.pid=1", "--event", "odd.json"], "the event gives 'proc.pid' as 'one', which is no "),
        (["--rule", "None", "-r", "r.yaml", "--event", "e.json"], "there is no rule 'None'"),
        (["--rule", "Shell", "-r", "bad.yaml", "--event", "e.json"], "bad.yaml:1:3: LOAD_ERR_YAML_VALIDATE"),
        (["--batch", "missing"], "missing: No such file or directory"),
    ],
)
def test_errors_are_located(command: Command, arguments: list[str], error: str) -> None:
    files = {
        **FILES,
        "broken.json": "{\n  x}",
        "list.json": "[]",
        "odd.json": '{"proc.pid": "one"}',
        "bad.yaml": "- rule: x\n",
    }
    said = command("explain", *arguments, files=files)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"auditfalco explain: {error}")


def test_errors_as_json(command: Command) -> None:
    said = command("explain", "--parse", "a and", "--json")
    assert said.code == 2
    answer = json.loads(said.out)
    assert (answer["ok"], answer["line"], answer["column"]) == (False, 1, 6)


def test_wrong_usage(command: Command) -> None:
    for arguments in ([], ["--condition", "a"], ["--rule", "a"], ["--parse", "a", "--batch", "-"]):
        assert command("explain", *arguments).code == 2


def test_a_name_that_is_no_field_is_told(command: Command) -> None:
    files = {"e.json": json.dumps({"proc.nmae": "sh", "proc.aname[1]": "x", "evt.arg.flags": "y", "proc.env[A]": "z"})}
    said = command("explain", "--condition", "proc.name = sh", "--event", "e.json", files=files)
    assert said.code == 1
    assert said.err.count("\n") == 1
    assert "the event gives 'proc.nmae'" in said.err
    assert "did you mean proc.name?" in said.err


def test_what_an_event_holds_cannot_reach_the_terminal(command: Command) -> None:
    files = {"e.json": json.dumps({"proc.name": "\x1b[31m\n\u202e"}), "r.yaml": RULES.replace("started and ", "")}
    for arguments in (["--condition", "proc.name exists"], ["--rule", "Shell", "-r", "r.yaml"]):
        said = command("explain", *arguments, "--event", "e.json", files=files)
        assert r'"\u001b[31m\n\u202e"' in said.out
        assert all(line.isprintable() for line in said.out.splitlines())


def test_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [Line(True, "and"), Line(False, "[not markup]"), Line(None, "x")]
    print_lines(lines)
    plain = capsys.readouterr().out
    assert plain == "true   and\nfalse  [not markup]\nx\n"
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    print_lines(lines)
    coloured = capsys.readouterr().out
    assert "\x1b[32mtrue" in coloured
    assert "[not markup]" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    print_lines(lines)
    assert capsys.readouterr().out == plain


@pytest.mark.parametrize("depth", [900, 999])
def test_deep_conditions_are_answered(command: Command, depth: int) -> None:
    condition = "not (" * depth + "proc.name = sh" + ")" * depth
    said = command("explain", "--condition", condition, "--event", "e.json", "--json", files=FILES)
    assert said.code == depth % 2
    assert said.out.count('"not"') == depth
    said = command("explain", "--condition", condition, "--event", "e.json")
    assert said.code == depth % 2
    assert len(said.out.splitlines()) == depth + 3


def run_with(standard_input: str | bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """A run of `explain` in a process of its own."""
    given = standard_input.encode() if isinstance(standard_input, str) else standard_input
    command = [sys.executable, "-m", "auditfalco", "explain", *arguments]
    return subprocess.run(command, input=given, capture_output=True, timeout=60, check=False)


def test_an_event_on_standard_input() -> None:
    assert run_with(json.dumps(EVENT), "--condition", "proc.name = sh", "--event", "-").returncode == 0


HOSTILE = {
    "deep list": "[" * 100_000,
    "deep object": '{"a":' * 100_000,
    "long number": "9" * 100_000,
    "no text": b"\xff\xfe",
    "nothing": "",
    "lone surrogate": '{"proc.name": "\\ud800"}',
    "large number": '{"proc.pid": 1e999}',
    "no number": '{"proc.pid": NaN}',
}


@pytest.mark.parametrize("event", list(HOSTILE.values()), ids=list(HOSTILE))
def test_hostile_events_are_one_error_or_none(event: str | bytes) -> None:
    done = run_with(event, "--condition", "proc.pid = 1", "--event", "-")
    assert done.returncode in (1, 2)
    assert b"Traceback" not in done.stderr
    assert done.stderr.count(b"\n") == done.returncode - 1


def test_the_shipped_rules_are_there_when_none_are_named() -> None:
    done = run_with("{}", "--rule", "no such rule", "--event", "-")
    assert done.returncode == 2
    assert b"there is no rule 'no such rule'" in done.stderr
