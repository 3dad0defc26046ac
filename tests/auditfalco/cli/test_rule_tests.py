"""`auditfalco test`: what passes, what fails, and where a test file is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auditfalco.agent.schema import file_status

RULES = """\
- rule: Shell
  desc: d
  condition: evt.type = execve and proc.name in (sh, dash)
  output: shell=%proc.name tty=%proc.tty
  priority: INFO
- rule: Anything
  desc: d
  condition: evt.type in (execve, openat) and proc.tty != 0
  output: any=%proc.name
  priority: INFO
  enabled: false
"""
TESTS = """\
rules: [../rules.yaml]
tests:
  - name: a shell
    event: {evt.type: execve, proc.name: sh, proc.tty: 34816}
    alerts: [Shell, Anything]
    output: [shell=sh, any=sh]
  - name: another program
    like: a shell
    event: {proc.name: cat, proc.tty: null}
    none: ["*"]
"""
RECORDS = """\
rules: ../rules.yaml
tests:
  - name: recorded
    records: |
      type=SYSCALL msg=audit(1700000000.123:7): arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 a2=3 a3=4 \
items=1 ppid=9 pid=10 auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 \
tty=(none) ses=1 comm="sh" exe="/bin/dash"
      type=EXECVE msg=audit(1700000000.123:7): argc=1 a0="sh"
      type=EOE msg=audit(1700000000.123:7):
    alerts: Shell
    none: Anything
    output: tty=0
"""


def test_cases_pass(command: Any) -> None:
    ended = command("test", "t", "-v", files={"rules.yaml": RULES, "t/one.yaml": TESTS, "t/two.yaml": RECORDS})
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        "t/one.yaml:3:5: ok: a shell",
        "t/one.yaml:7:5: ok: another program",
        "t/two.yaml:3:5: ok: recorded",
        "3 tests in 2 files: 3 passed, 0 failed",
    ]


@pytest.mark.parametrize(
    ("before", "after", "failure"),
    [
        ("proc.name: sh,", "proc.name: bash,", "a shell: no alert of 'Shell'"),
        ("shell=sh,", "shell=bash,", "a shell: no output contains 'shell=bash': shell=sh tty=34816"),
        ("proc.tty: null", "proc.tty: 1", "another program: an alert of 'Anything': any=cat"),
        ("proc.name: cat", "proc.name: dash", "another program: an alert of 'Shell': shell=dash tty=<NA>"),
    ],
)
def test_a_case_fails(command: Any, before: str, after: str, failure: str) -> None:
    assert before in TESTS
    ended = command("test", "t/one.yaml", files={"rules.yaml": RULES, "t/one.yaml": TESTS.replace(before, after)})
    assert ended.code == 1
    told = ended.out.splitlines()
    assert any(line.endswith(f": FAILED: {failure}") for line in told)
    assert told[-1] == "2 tests in 1 file: 1 passed, 1 failed"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("proc.tty: 34816", "proc.ty: 34816", "4:46: nonexistent field proc.ty; did you mean proc.tty?"),
        ("proc.tty: 34816", "proc.tty: many", "4:56: the event gives 'proc.tty' as 'many', which is no UINT32"),
        ("evt.type: execve, ", "", "4:12: an event has a type; write evt.type: execve, or whatever it is"),
        ("[Shell, Anything]", "[Shel]", "5:14: there is no rule 'Shel'; auditfalco run -L lists the rules"),
        ("like: a shell", "like: a bell", "8:11: no test above has one event and the name 'a bell'"),
        ("name: another program", "name: a shell", "7:5: there are two tests 'a shell'; name this one otherwise"),
        ("none:", "non:", "10:5: a test has no 'non'; did you mean none?"),
        ('    none: ["*"]\n', "", "7:5: a test that expects nothing cannot fail; name rules under alerts or none"),
        ("event: {evt.type", "event: [evt.type", "4:61: did not find expected ',' or ']'"),
        ("tests:", "cases:", "2:1: a test file has no 'cases'; it may have rules, tests"),
        ("rules: [../rules.yaml]", "rules: []", "1:1: no rules are named; rules: [FILE…], as seen from this file"),
    ],
)
def test_a_file_is_wrong(command: Any, before: str, after: str, message: str) -> None:
    assert before in TESTS
    ended = command("test", "t/one.yaml", files={"rules.yaml": RULES, "t/one.yaml": TESTS.replace(before, after)})
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == f"auditfalco test: t/one.yaml:{message}\n"


def test_a_record_that_is_none_has_its_line(command: Any) -> None:
    broken = RECORDS.replace("type=EXECVE", "tipe=EXECVE")
    ended = command("test", "t/two.yaml", files={"rules.yaml": RULES, "t/two.yaml": broken})
    assert ended.code == 1
    assert ended.err.startswith("auditfalco test: t/two.yaml:6:1: not an audit record: ")


def test_rules_with_errors_are_refused(command: Any) -> None:
    files = {"rules.yaml": RULES.replace("proc.name in", "proc.nome in"), "t/one.yaml": TESTS}
    ended = command("test", "t/one.yaml", files=files)
    assert (ended.code, ended.out) == (1, "")
    assert "rules.yaml:3:" in ended.err


def test_complete_names_what_is_not_tested(command: Any) -> None:
    files = {"rules.yaml": RULES, "t/one.yaml": TESTS.replace('"*"', "Shell")}
    ended = command("test", "--complete", "t", files=files)
    assert ended.code == 1
    assert "t/../rules.yaml:6:3: no test is about there being no alert of 'Anything'" in ended.out
    assert "no test wants an alert" not in ended.out


def test_json(command: Any) -> None:
    files = {"rules.yaml": RULES, "t/one.yaml": TESTS.replace("proc.name: cat", "proc.name: dash")}
    ended = command("test", "--json", "t", files=files)
    told = json.loads(ended.out)
    assert (ended.code, told["passed"], told["failed"], told["incomplete"]) == (1, 1, 1, [])
    assert [case["passed"] for case in told["tests"]] == [True, False]
    assert told["tests"][1]["failures"] == ["an alert of 'Shell': shell=dash tty=<NA>"]
    assert told["tests"][0]["alerts"][0] == {"rule": "Shell", "output": "shell=sh tty=34816"}


def test_the_schema_is_that_of_the_files(command: Any, tmp_path: Path) -> None:
    schema = json.loads(command("test", "--schema", files={"one.yaml": TESTS, "two.yaml": RECORDS}).out)
    assert str(file_status(str(tmp_path / "one.yaml"), schema)) == "ok"
    assert str(file_status(str(tmp_path / "two.yaml"), schema)) == "ok"
    (tmp_path / "three.yaml").write_text(TESTS.replace("none:", "non:"))
    assert "non" in str(file_status(str(tmp_path / "three.yaml"), schema))


def test_wrong_usage(command: Any) -> None:
    assert command("test").code == 2
    assert command("test", "--nothing").code == 2


def test_a_file_that_is_not_there(command: Any) -> None:
    ended = command("test", "gone.yaml")
    assert (ended.code, ended.err) == (1, "auditfalco test: cannot read gone.yaml: No such file or directory\n")
