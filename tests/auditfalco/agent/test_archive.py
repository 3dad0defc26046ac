"""Logs read as events: from the log alone, every node by itself, whatever stands in it."""

from __future__ import annotations

import builtins
import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auditfalco.agent.archive import Archive
from kernel_sources.audit.logfile import UnreadableLog

CALL = (
    "type=SYSCALL msg=audit(1700000000.{milli:03}:{serial}): arch=c000003e syscall={number} success=yes exit=0"
    " a0=1 a1=2 a2=3 a3=4 items=2 ppid={ppid} pid={pid} auid=1000 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0"
    ' fsgid=0 tty=pts0 ses=3 comm="{comm}" exe="/usr/bin/{comm}" key=(null)\n'
)
ARGUMENTS = 'type=EXECVE msg=audit(1700000000.{milli:03}:{serial}): argc=2 a0="{comm}" a1="-x"\n'
DIRECTORY = 'type=CWD msg=audit(1700000000.{milli:03}:{serial}): cwd="/root"\n'
FILE = (
    'type=PATH msg=audit(1700000000.{milli:03}:{serial}): item=0 name="/usr/bin/{comm}" inode=5 dev=08:01'
    " mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL\n"
)
END = "type=EOE msg=audit(1700000000.{milli:03}:{serial}): \n"


def execution(serial: int, pid: int, comm: str, ppid: int = 1, node: str = "") -> str:
    """The lines of one exec, as auditd writes them."""
    values = {"serial": serial, "pid": pid, "ppid": ppid, "comm": comm, "milli": serial % 1000, "number": 59}
    lines = "".join((CALL, ARGUMENTS, DIRECTORY, FILE, END)).format(**values).splitlines(True)
    return "".join(f"node={node} {line}" if node else line for line in lines)


def archive_of(tmp_path: Path, text: str | bytes, name: str = "audit.log") -> Archive:
    """An archive of one log."""
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Archive([str(path)])


def test_events_in_the_order_of_the_log(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, execution(1, 10, "bash") + execution(2, 11, "id", ppid=10))
    events = list(archive.events())
    assert [(event.type, event.process.name, event.serial) for event, _ in events] == [  # type: ignore[union-attr]
        ("execve", "bash", 1),
        ("execve", "id", 2),
    ]
    (_, host), (last, same) = events
    assert host is same
    assert last.process is not None
    assert [ancestor.name for ancestor in host.ancestors(last.process, last.time_ns)] == ["bash", None]
    assert (host.hostname, archive.lost, archive.other) == ("localhost", 0, 0)


def test_several_files_and_compressed_ones_are_one_story(tmp_path: Path) -> None:
    (tmp_path / "audit.log.1.gz").write_bytes(gzip.compress(execution(1, 10, "bash").encode()))
    (tmp_path / "audit.log").write_text(execution(2, 11, "id", ppid=10))
    archive = Archive([str(tmp_path / "audit.log.1.gz"), str(tmp_path / "audit.log")])
    last, host = list(archive.events())[-1]
    assert last.process is not None
    assert host.ancestors(last.process, last.time_ns)[0].name == "bash"


def test_every_node_has_a_state_of_its_own(tmp_path: Path) -> None:
    lines = execution(1, 10, "bash", node="alpha") + execution(1, 10, "zsh", node="beta")
    archive = archive_of(tmp_path, lines + execution(2, 11, "id", ppid=10, node="beta"))
    events = list(archive.events())
    assert sorted(archive.hosts) == ["alpha", "beta"]
    assert [host.hostname for _, host in events] == ["alpha", "beta", "beta"]
    last, host = events[-1]
    assert last.process is not None
    assert host.ancestors(last.process, last.time_ns)[0].name == "zsh"


def test_interleaved_records_of_nodes_with_the_same_serial(tmp_path: Path) -> None:
    alpha = execution(7, 10, "bash", node="alpha").splitlines(True)
    beta = execution(7, 20, "zsh", node="beta").splitlines(True)
    mixed = "".join(line for pair in zip(alpha, beta) for line in pair)
    events = list(archive_of(tmp_path, mixed).events())
    assert [(event.process.pid, event.process.name) for event, _ in events] == [(10, "bash"), (20, "zsh")]  # type: ignore[union-attr]


def test_the_machine_it_is_read_on_is_never_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = execution(1, os.getpid(), "evil", ppid=os.getppid()) + execution(2, 1, "init")
    archive = archive_of(tmp_path, own)
    touched: list[str] = []

    def watched(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, *arguments: Any, **named: Any) -> Any:
            touched.append(str(path))
            return original(path, *arguments, **named)

        return call

    monkeypatch.setattr(builtins, "open", watched(builtins.open))
    for name in ("open", "stat", "lstat", "readlink", "listdir", "scandir"):
        monkeypatch.setattr(os, name, watched(getattr(os, name)))
    events = list(archive.events())
    for event, host in events:
        assert event.process is not None
        assert host.user_name(event.process, 1000) == "<NA>"
        assert host.process_group(event.process) is None
        assert event.process.container is None
        host.ancestors(event.process, event.time_ns)
    monkeypatch.undo()
    assert len(events) == 2
    assert touched == [str(tmp_path / "audit.log")]


HOSTILE = [
    b"\n\n----\ntime->Tue Nov 14 22:13:20 2023\n",
    b"type=SYSCALL msg=audit(): arch=1\n",
    b"type=SYSCALL msg=audit(99999999999999999999.0:1): arch=1\n",
    b"garbage \x1b[2J \xff\xfe\n",
    b"type=SYSCALL msg=audit(1700000000.1:" + b"9" * 5000 + b"): x\n",
    b"x" * 300_000 + b"\n",
    b"\0" * 100 + b"\n",
]


def test_hostile_lines_are_counted_and_stop_nothing(tmp_path: Path) -> None:
    first, last = execution(1, 10, "bash").encode(), execution(2, 11, "id").encode()
    archive = archive_of(tmp_path, first + b"".join(HOSTILE) + last)
    assert [event.serial for event, _ in archive.events()] == [1, 2]
    assert archive.count.records == 10
    assert archive.count.skipped == 6
    summary = archive.closing_lines()
    assert len(summary) == 7
    assert f"{tmp_path}/audit.log:11: " in summary[1]
    assert "10 records, 6 skipped" in summary[-1]


def test_many_faults_are_told_in_one_line(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, "no record\n" * 50)
    assert list(archive.events()) == []
    lines = archive.closing_lines()
    assert len(lines) == 12
    assert lines[-2] == "… and 40 more lines that are no records"


@pytest.mark.parametrize(
    "fields",
    [
        "",
        "arch=c000003e syscall=59",
        "arch=c000003e syscall=59 pid=-1 ppid=-1 a0=zz a1=1 a2=1 a3=1",
        "arch=c000003e syscall=59 pid=99999999999999999999999 a0=1 a1=1 a2=1 a3=1 exit=" + "9" * 5000,
        "arch=" + "f" * 300 + " syscall=1 pid=1",
        'arch=c000003e syscall=257 success=yes exit=3 a0=ffffffffffffffffffffffff a1=1 a2=1 a3=1 pid=5 ppid=5 comm="x',
        "arch=c000003e syscall=109 success=yes exit=0 a0=7fffffffffffffff a1=ffffffffffffffff a2=1 a3=1 pid=5 ppid=0",
        "arch=c000003e syscall=59 success=yes exit=0 a0=1 a1=1 a2=1 a3=1 pid=5 ppid=5 comm=F exe=ZZ tty=pts99999999999",
    ],
)
def test_hostile_fields_stop_nothing(tmp_path: Path, fields: str) -> None:
    stamp = "audit(1700000000.001:1)"
    text = f"type=SYSCALL msg={stamp}: {fields}\ntype=PATH msg={stamp}: item=x name=zz inode=-1 dev=:: mode=9\n"
    archive = archive_of(tmp_path, text + execution(2, 11, "id"))
    assert 2 in [event.serial for event, _ in archive.events()]


def test_missing_serials_are_counted(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, execution(1, 10, "bash") + execution(5, 11, "id"))
    list(archive.events())
    assert archive.lost == 3
    assert "3 events missing" in archive.closing_lines()[-1]


def test_records_about_no_call_are_counted(tmp_path: Path) -> None:
    archive = archive_of(
        tmp_path, "type=DAEMON_START msg=audit(1700000000.001:1): op=start ver=3.0\n" + execution(1, 10, "bash")
    )
    assert len(list(archive.events())) == 1
    assert archive.other == 1


def test_a_log_that_cannot_be_read_comes_after_the_events_before_it(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, execution(1, 10, "bash"))
    archive = Archive([str(tmp_path / "audit.log"), str(tmp_path / "missing.log")])
    events = archive.events()
    with pytest.raises(UnreadableLog, match=r"missing\.log"):
        for event, _ in events:
            assert event.serial == 1
