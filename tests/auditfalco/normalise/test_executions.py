"""execve and execveat: what a process runs after them, and what the event says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from auditfalco.model.process import Capabilities
from kernel_sources.procfs import ProcFS

EXECVE, EXECVEAT, I386_EXECVE = 59, 322, 11
SHELL = {"comm": "sh", "exe": "/usr/bin/dash"}


def texts(event: Any) -> dict[str, str]:
    """The event's arguments as they print."""
    return {name: argument.text for name, argument in event.arguments.items()}


def exec_of_id(records: Any, **changes: Any) -> list[tuple[int, str]]:
    """What the kernel writes when a user's shell runs `id -u` on a terminal."""
    changes = {"comm": "id", "exe": "/usr/bin/id", "uid": 1000, "euid": 1000, "gid": 100, "egid": 100, **changes}
    changes = {"fsuid": 1000, "fsgid": 100, "auid": 1000, "ses": 3, "tty": "pts0", **changes}
    return [
        records.syscall(EXECVE, ("55d0", "55d8", "55e0", "8"), **changes),
        records.execve("id", "-u"),
        records.cwd("/home/user"),
        records.path(0, "/usr/bin/id", inode=1234, mode="0100755"),
        records.path(1, "/lib64/ld-linux-x86-64.so.2", inode=99, mode="0100755"),
    ]


def test_a_plain_exec(machine: Any, records: Any) -> None:
    event = machine.event(*exec_of_id(records))
    process, image = event.process, event.process.image
    assert (event.type, event.result, event.number) == ("execve", 0, 1)
    assert (process.pid, process.name, process.cwd, process.tty) == (500, "id", "/home/user", 34816)
    assert (process.uid, process.euid, process.gid, process.egid) == (1000, 1000, 100, 100)
    assert (process.login_uid, process.session_id) == (1000, 3)
    assert (image.argv, image.exe_path, image.from_memfd) == (["id", "-u"], "/usr/bin/id", False)
    assert (image.file.inode, image.file.writable, image.file.layer) == (1234, False, None)
    assert process.parent.pid == 400
    shown = texts(event)
    assert (shown["res"], shown["exe"], shown["args"]) == ("0", "id", "-u.")
    assert (shown["comm"], shown["cwd"], shown["filename"]) == ("id", "/home/user", "/usr/bin/id")
    assert (shown["trusted_exepath"], shown["exe_ino"], shown["flags"]) == ("/usr/bin/id", "1234", "0")
    assert (shown["pid"], shown["ptid"], shown["tty"], shown["uid"]) == ("id", "400", "34816", "<NA>")


def test_a_script_is_run_by_its_interpreter(machine: Any, records: Any) -> None:
    event = machine.event(
        records.syscall(EXECVE, comm="backup.sh", exe="/usr/bin/dash"),
        records.execve("/bin/sh", "/opt/backup.sh", "now"),
        records.cwd("/"),
        records.path(0, "/opt/backup.sh", inode=10),
        records.path(1, "/bin/sh", inode=11),
        records.path(2, "/lib64/ld-linux-x86-64.so.2", inode=12),
    )
    image = event.process.image
    assert (image.comm, image.exe_path) == ("backup.sh", "/usr/bin/dash")
    assert image.argv == ["/bin/sh", "/opt/backup.sh", "now"]
    assert event.arguments["filename"].text == "/opt/backup.sh"


def test_a_memory_file(machine: Any, records: Any) -> None:
    event = machine.event(
        records.syscall(EXECVEAT, ("3", "7ffd", "7ffe", "7fff"), comm="3", exe="/memfd:payload (deleted)"),
        records.execve("kworker"),
        records.cwd("/"),
        records.path(0, "", inode=5, dev="00:01", mode="0100777"),
    )
    image = event.process.image
    assert event.type == "execveat"
    assert (image.exe_path, image.from_memfd, image.comm) == ("memfd:payload", True, "3")
    assert event.arguments["flags"].text == "EXE_WRITABLE|EXE_FROM_MEMFD"
    assert event.arguments["flags"].value == 5
    assert "filename" not in event.arguments


def test_a_deleted_file_keeps_its_name(machine: Any, records: Any) -> None:
    event = machine.event(
        records.syscall(EXECVE, comm="dropper", exe="/tmp/dropper (deleted)"),
        records.execve("/tmp/dropper"),
        records.path(0, "/tmp/dropper", inode=5),
    )
    assert (event.process.image.exe_path, event.process.image.from_memfd) == ("/tmp/dropper", False)


def test_execveat_by_descriptor(machine: Any, records: Any) -> None:
    machine.event(
        records.syscall(257, ("ffffff9c", "7ffd", "80000", "0"), exit=4),
        records.cwd("/"),
        records.path(0, "/usr/bin/id"),
    )
    event = machine.event(
        records.syscall(EXECVEAT, ("4", "7ffd", "7ffe", "7fff"), comm="4", exe="/usr/bin/id"),
        records.execve("id"),
        records.cwd("/"),
        records.path(0, "", inode=77),
    )
    assert (event.process.name, event.process.image.exe_path) == ("4", "/usr/bin/id")
    assert event.process.descriptors == {}


def test_a_failed_exec_leaves_the_process_as_it_was(machine: Any, records: Any) -> None:
    machine.event(records.syscall(EXECVE, **SHELL), records.execve("sh", "-i"), records.path(0, "/bin/sh"))
    event = machine.event(
        records.syscall(EXECVE, exit=-2, **SHELL),
        records.cwd("/srv"),
        records.path(0, "/usr/local/bin/nothing", nametype="UNKNOWN", inode=None),
    )
    process = event.process
    assert (process.name, process.image.argv, process.image.exe_path) == ("sh", ["sh", "-i"], "/usr/bin/dash")
    assert (event.result, event.arguments["res"].text) == (-2, "ENOENT")
    assert event.arguments["filename"].text == "/usr/local/bin/nothing"


def test_a_record_cut_short_tells_of_its_process_alone(machine: Any, records: Any) -> None:
    number, text = records.syscall(EXECVE, ("55d0", "55d8"), comm="id", exe="/usr/bin/id")
    event = machine.event((number, text))
    assert (event.type, event.process.pid, event.arguments) == ("execve", 500, {})


def test_arguments_that_were_lost_are_unknown(machine: Any, records: Any) -> None:
    event = machine.event(records.syscall(EXECVE, comm="id", exe="/usr/bin/id"), records.path(0, "/usr/bin/id"))
    assert event.process.image.argv is None
    assert not {"exe", "args"} & set(event.arguments)


def test_an_empty_argument_vector(machine: Any, records: Any) -> None:
    event = machine.event(records.syscall(EXECVE), (1309, "argc=0 "), records.path(0, "/usr/bin/cat"))
    assert event.process.image.argv == []
    assert "exe" not in event.arguments


def test_arguments_of_any_bytes_survive(machine: Any, records: Any) -> None:
    hostile = ["\udcff\udcfe", 'say "hi"', "two\nlines", "", "caf\u00e9", "a" * 9000]
    event = machine.event(records.syscall(EXECVE), records.execve("cat", *hostile), records.path(0, "/bin/cat"))
    assert event.process.image.argv == ["cat", *hostile]


def test_the_32_bit_call(machine: Any, records: Any) -> None:
    event = machine.event(
        records.syscall(I386_EXECVE, arch="40000003", comm="id"), records.execve("id"), records.path(0, "/bin/id")
    )
    assert (event.type, event.process.name) == ("execve", "id")


@pytest.mark.parametrize(
    ("mode", "owner", "written_by", "writable"),
    [
        ("0100755", "1000", 1000, True),
        ("0100755", "0", 1000, False),
        ("0100757", "0", 1000, True),
        ("0100555", "0", 0, True),
    ],
)
def test_whether_the_user_could_have_written_the_file(
    machine: Any, records: Any, mode: str, owner: str, written_by: int, writable: bool
) -> None:
    event = machine.event(
        records.syscall(EXECVE, exe="/tmp/x", uid=written_by, euid=written_by, fsuid=written_by, fsgid=55, egid=55),
        records.execve("x"),
        records.path(0, "/tmp/x", mode=mode, ouid=owner),
    )
    assert event.process.image.file.writable is writable
    assert event.arguments["flags"].text == ("EXE_WRITABLE" if writable else "0")


def test_capabilities_come_from_their_record(machine: Any, records: Any) -> None:
    event = machine.event(
        records.syscall(EXECVE, euid=1000), records.capabilities(0x2400, 0x2000), records.execve("ping")
    )
    assert event.process.image.capabilities == Capabilities(0x2400, 0x2000, 0, 0)


def test_an_exec_from_inside_a_known_family_keeps_its_parent(machine: Any, records: Any) -> None:
    first = machine.event(records.syscall(EXECVE, pid=400, ppid=1, **SHELL), records.execve("sh"))
    second = machine.event(*exec_of_id(records), at_ms=5)
    assert second.process.parent is first.process
    assert [ancestor.name for ancestor in machine.host.ancestors(second.process, second.time_ns)] == ["sh", None]


class TestFilesOnDisk:
    """Live, the executed file is looked at; it is believed when it is the one that the records name."""

    @pytest.fixture
    def program(self, tmp_path: Path) -> Path:
        (tmp_path / "proc" / "500").mkdir(parents=True)
        path = tmp_path / "program"
        path.write_text("#!/bin/true")
        path.chmod(0o755)
        os.symlink(path, tmp_path / "proc" / "500" / "exe")
        return path

    def run(self, machine_with: Any, records: Any, program: Path, inode: int) -> Any:
        """Let a machine whose /proc is recorded see the program executed."""
        machine = machine_with(ProcFS(str(program.parent / "proc")))
        return machine.event(
            records.syscall(EXECVE, exe=str(program)),
            records.execve("program"),
            records.path(0, "./program", inode=inode),
        )

    def test_its_times_are_known(self, machine_with: Any, records: Any, program: Path) -> None:
        status = program.stat()
        event = self.run(machine_with, records, program, status.st_ino)
        file = event.process.image.file
        assert (file.inode, file.ctime_ns, file.mtime_ns) == (status.st_ino, status.st_ctime_ns, status.st_mtime_ns)
        assert event.arguments["exe_ino_ctime"].value == status.st_ctime_ns

    def test_a_file_put_in_its_place_is_not_taken_for_it(self, machine_with: Any, records: Any, program: Path) -> None:
        event = self.run(machine_with, records, program, program.stat().st_ino + 1)
        file = event.process.image.file
        assert (file.inode, file.ctime_ns, file.mtime_ns) == (program.stat().st_ino + 1, None, None)
