"""Bad input to the commands: one clear message with its place, the right exit code, and never a traceback."""

from __future__ import annotations

import errno
import gzip
import random
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from auditfalco import cli

LOG = b"""\
type=SYSCALL msg=audit(1700000000.100:1): arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=7f a2=0 a3=0 \
items=1 ppid=1 pid=77 auid=1000 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts1 ses=1 comm="cat" \
exe="/bin/cat" key=(null)
type=CWD msg=audit(1700000000.100:1): cwd="/etc"
type=PATH msg=audit(1700000000.100:1): item=0 name="passwd" inode=9 dev=08:01 mode=0100644 ouid=0 ogid=0 rdev=00:00 \
nametype=NORMAL
type=EOE msg=audit(1700000000.100:1):
"""
RULE = """\
- rule: File read
  desc: a file is read
  condition: evt.type in (open, openat) and evt.is_open_read=true
  output: read (file=%fd.name)
  priority: NOTICE
"""


class Done:
    """What a command said and how it ended."""

    def __init__(self, *arguments: str | Path) -> None:
        command = [sys.executable, "-m", "auditfalco", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        assert "Traceback" not in self.err, self.err


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "audit.log"
    path.write_bytes(LOG)
    return path


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(RULE)
    return path


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("- rule: a\n  desc: [\n", "3:1", "LOAD_ERR_YAML_PARSE"),
        ("foo: bar\n", "1:1", "LOAD_ERR_YAML_VALIDATE"),
        (RULE.replace("evt.is_open_read", "evt.is_open_raed"), "3:45", "evt.is_open_read"),
        (RULE.replace("evt.type in", "evt.type onto"), "3:23", "LOAD_ERR_COMPILE_CONDITION"),
        (RULE.replace("%fd.name", "%fd.nme"), "4:", "LOAD_ERR_COMPILE_OUTPUT"),
        (RULE.replace("NOTICE", "LOUD"), "5:13", "LOAD_ERR_YAML_VALIDATE"),
        (RULE.replace("evt.is_open_read=true", "reads"), "3:45", "Undefined macro 'reads'"),
        (RULE.replace("openat)", "opennat)"), "3:", "unknown event type opennat"),
    ],
)
@pytest.mark.parametrize("command", ["run", "replay"])
def test_broken_rules(tmp_path: Path, log: Path, command: str, text: str, place: str, what: str) -> None:
    rules = tmp_path / "broken.yaml"
    rules.write_text(text)
    done = Done("run", "--dry-run", "-r", rules) if command == "run" else Done("replay", log, "-r", rules)
    assert done.code == 1
    assert f"{rules}:{place}" in done.err
    assert what in done.err
    assert done.out == ""


def test_rules_that_are_not_there(tmp_path: Path, log: Path) -> None:
    missing = tmp_path / "missing.yaml"
    for done in (Done("run", "--dry-run", "-r", missing), Done("replay", log, "-r", missing)):
        assert done.code == 1
        assert f"cannot read the rules {missing}: No such file or directory" in done.err
    assert Done("run", "--dry-run", "-r", tmp_path).err.count("\n") == 1  # a directory without rules: one line


def test_logs_that_cannot_be_read(tmp_path: Path, rules: Path) -> None:
    missing = tmp_path / "missing.log"
    for command in (["decode", missing], ["replay", missing, "-r", rules]):
        done = Done(*command)
        assert (done.code, done.err) == (1, f"auditfalco {command[0]}: {missing}: No such file or directory\n")
    assert f"{tmp_path}: Is a directory" in Done("decode", tmp_path).err


def test_a_whole_log_is_read_up_to_the_one_that_cannot_be(log: Path, rules: Path, tmp_path: Path) -> None:
    done = Done("replay", log, tmp_path / "missing.log", "-r", rules)
    assert done.code == 1
    assert "read (file=/etc/passwd)" in done.out or done.out == ""
    assert "missing.log" in done.err


@pytest.mark.parametrize("cut", [1, 40, 200, 300, len(LOG) - 60, len(LOG) - 2])
def test_truncated_logs_are_read_as_far_as_they_go(log: Path, rules: Path, cut: int) -> None:
    log.write_bytes(LOG[:cut])
    done = Done("replay", log, "-r", rules)
    assert done.code == 0
    assert ("read (file=/etc/passwd)" in done.out) == (b'name="passwd"' in LOG[:cut])
    assert f"{LOG[:cut].count(10) + (LOG[cut - 1] != 10)} lines" in done.err


def test_a_truncated_gzip_file_is_counted(tmp_path: Path, rules: Path) -> None:
    path = tmp_path / "audit.log.gz"
    numbered = b"".join(LOG.replace(b".100:1)", b".100:%d)" % serial) for serial in range(1, 400))
    path.write_bytes(gzip.compress(numbered)[:-20])
    done = Done("replay", path, "-r", rules)
    assert done.code == 0
    assert done.out.count("read (file=/etc/passwd)") > 100
    assert f"{path}:" in done.err
    assert " skipped;" in done.err
    assert " 0 skipped" not in done.err


def test_ten_thousand_random_records(tmp_path: Path, rules: Path, log: Path) -> None:
    source = random.Random(20)
    lines = []
    for _ in range(10_000):
        head = source.choice([b"", b"type=SYSCALL msg=audit(1700000000.100:9): ", b"type=PATH msg=audit(", b"node="])
        lines.append(head + source.randbytes(source.randrange(1, 200)).replace(b"\n", b" ").replace(b"\r", b" "))
    hostile = tmp_path / "hostile.log"
    hostile.write_bytes(b"\n".join(lines) + b"\n")
    done = Done("replay", hostile, log, "-r", rules)
    assert done.code == 0
    assert "read (file=/etc/passwd)" in done.out
    assert f"{10_000 + LOG.count(10)} lines" in done.err
    skipped = int(done.err.split(" skipped")[0].rsplit(" ", 1)[1])
    assert 2_000 < skipped < 10_000
    assert f"{hostile}:" in done.err
    assert all(line.isprintable() for line in done.err.splitlines())


def test_wrong_usage() -> None:
    assert (Done().code, Done("nonsense").code, Done("decode").code, Done("replay", "--nonsense").code) == (2, 2, 2, 2)
    assert "there is no command 'nonsense'" in Done("nonsense").err
    assert Done("run", "--nonsense").code == 1  # as Falco
    assert Done("run", "-M", "soon").err.startswith("Error: Argument ‘soon’ failed to parse: it is the argument of -M")
    assert Done("run", "--only-loginuid", "-5").code == 1
    for command in ((), ("run",), ("replay",), ("decode",)):
        done = Done(*command, "--help")
        assert (done.code, done.err) == (0, "")
        assert "auditfalco" in done.out


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["-c", "/nonexistent/a.yaml"], "Could not find configuration file at /nonexistent/a.yaml"),
        (["-o", "json_output"], "an override is written KEY=VALUE"),
        (["-o", "json_output=maybe"], "json_output is true or false"),
        (["-o", "priority=loud"], 'Unknown priority "loud"--must be one of emergency'),
        (["-o", "rule_matching=some"], 'Unknown rule matching strategy "some"'),
        (["-o", "stdout_output.enabled=false"], "No output configured"),
    ],
)
def test_configuration_that_cannot_be_used(arguments: list[str], what: str) -> None:
    done = Done("run", "--dry-run", *arguments)
    assert done.code == 1
    assert what in done.err


def test_broken_configuration_file_is_located(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("json_output: true\nrules_files: [\n")
    done = Done("run", "--dry-run", "-c", path)
    assert done.code == 1
    assert f"{path}:3:1" in done.err


def test_a_reader_that_has_enough(log: Path) -> None:
    log.write_bytes(b"".join(LOG.replace(b".100:1)", b".100:%d)" % serial) for serial in range(1, 4000)))
    command = f"{sys.executable} -m auditfalco decode {log} | head -n 1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert len(done.stdout.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.parametrize(
    ("number", "what"), [(errno.EPROTONOSUPPORT, "rotocol not supported"), (errno.EPERM, "ot permitted")]
)
def test_a_kernel_that_gives_no_audit_socket(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int, what: str
) -> None:
    real = socket.socket

    class Refusing(real):  # type: ignore[valid-type, misc]
        def __init__(self, family: int = -1, *rest: Any, **named: Any) -> None:
            if family == socket.AF_NETLINK:
                raise OSError(number, {errno.EPERM: "Operation not permitted"}.get(number, "Protocol not supported"))
            super().__init__(family, *rest, **named)

    monkeypatch.setattr(socket, "socket", Refusing)
    assert cli.main(["run", "-M", "1"]) == 3
    told = capsys.readouterr()
    assert told.err.startswith("Error: ")
    assert told.err.count("\n") == 1
    assert ("root" if number == errno.EPERM else "CONFIG_AUDIT") in told.err


def test_run_reads_a_log_in_place_of_the_kernel(log: Path, rules: Path, tmp_path: Path) -> None:
    done = Done("run", "-e", log, "-r", rules)
    assert done.code == 0
    assert "Notice read (file=/etc/passwd)" in done.out
    assert "Events detected: 1" in done.out
    missing = Done("run", "-e", tmp_path / "missing.log", "-r", rules)
    assert (missing.code, missing.out) == (1, "")
    assert missing.err.startswith(f"Error: {tmp_path}/missing.log: No such file")
