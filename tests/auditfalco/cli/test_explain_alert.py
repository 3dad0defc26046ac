"""`explain --alert`: an alert of the agent's log explained by what stands in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Command = Callable[..., Any]

LOG = (
    "type=SYSCALL msg=audit(1700000000.100:7): arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=2 a2=3 a3=4 items=2"
    ' ppid=10 pid=11 auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts0 ses=1 comm="x"'
    ' exe="/usr/bin/apt" subj=unconfined key=(null)\n'
    'type=EXECVE msg=audit(1700000000.100:7): argc=2 a0="/tmp/x" a1="update"\n'
    'type=CWD msg=audit(1700000000.100:7): cwd="/root"\n'
    'type=PATH msg=audit(1700000000.100:7): item=0 name="/tmp/x" inode=9 dev=fe:01 mode=0100755 ouid=0 ogid=0'
    " rdev=00:00 nametype=NORMAL\n"
    'type=PATH msg=audit(1700000000.100:7): item=1 name="/lib64/ld-linux-x86-64.so.2" inode=10 dev=fe:01 mode=0100755'
    " ouid=0 ogid=0 rdev=00:00 nametype=NORMAL\n"
    "type=EOE msg=audit(1700000000.100:7):\n"
)
RULES = """\
- rule: Packages
  desc: d
  condition: evt.type = execve and proc.name in (apt, dpkg) and not proc.pname in (dpkg)
  output: "%proc.cmdline"
  priority: NOTICE
"""
FILES = {"log": LOG, "r.yaml": RULES}


def test_every_alert_can_be_explained_by_what_stands_in_it(command: Command) -> None:
    replayed = command("replay", "log", "-r", "r.yaml", "--json", files=FILES)
    (line,) = replayed.out.splitlines()[:1]
    alert = json.loads(line)
    assert alert["evidence"]["proc.name"] == {"name": "x", "also": ["apt"], "trusted": []}
    assert alert["output_fields"]["auditfalco.identity"] == "proc.name=apt"
    said = command("explain", "--alert", "a.json", "-r", "r.yaml", "--json", files={"a.json": line})
    answer = json.loads(said.out)
    assert (said.code, answer["result"], answer["rule"]) == (0, True, "Packages")
    values = [node.get("value") for node in answer["tree"]["and"]]
    assert values[:2] == ["execve", "x"]
    assert answer["tree"]["and"][1]["result"] is True


@pytest.mark.parametrize("text", ["[]", "{}", '{"rule": "Packages"}', '{"rule": 1, "output_fields": {}}', "nonsense"])
def test_what_is_no_alert_is_refused(command: Command, text: str) -> None:
    said = command("explain", "--alert", "a.json", "-r", "r.yaml", files={**FILES, "a.json": text})
    assert said.code == 2
    assert said.err.startswith("auditfalco explain: a.json:1:")


def test_an_alert_without_evidence_is_answered_with_a_warning(command: Command) -> None:
    alert = json.dumps({"rule": "Packages", "output_fields": {"evt.type": "execve", "proc.name": "apt"}})
    said = command("explain", "--alert", "a.json", "-r", "r.yaml", files={**FILES, "a.json": alert})
    assert said.code == 0
    assert "no evidence" in said.err
