"""What /proc shows of a process, put into the model's terms; from a recorded tree."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from auditfalco.model.process import Capabilities, Image, Measures, Process
from auditfalco.state.reader import LiveReader
from kernel_sources.procfs import ProcFS

PID, TICKS = 1234, 5000
BOOT_NS = 1_600_000_000_000_000_000

STATUS = """\
Name:\tsh
Tgid:\t1234
Pid:\t1234
PPid:\t1000
TracerPid:\t0
Uid:\t1000\t1001\t1002\t1003
Gid:\t100\t101\t102\t103
Groups:\t100
NStgid:\t1234\t7
NSpid:\t1234\t7
NSpgid:\t1200\t5
NSsid:\t1100\t1
Threads:\t1
CapInh:\t0000000000000001
CapPrm:\t0000000000000002
CapEff:\t0000000000000004
CapBnd:\t000001ffffffffff
CapAmb:\t0000000000000008
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    process = tmp_path / str(PID)
    (process / "fd").mkdir(parents=True)
    (process / "stat").write_text(
        f"{PID} (sh) S 1000 1200 1100 34816 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 {TICKS} 6 7 8\n"
    )
    (process / "status").write_text(STATUS)
    (process / "comm").write_text("sh\n")
    (process / "cmdline").write_bytes(b"/bin/sh\0-c\0id\0")
    (process / "loginuid").write_text("4294967295")
    (process / "sessionid").write_text("3")
    (process / "cgroup").write_text("0::/user.slice\n")
    os.symlink("/usr/bin/dash", process / "exe")
    os.symlink("/srv", process / "cwd")
    os.symlink("/srv/data (deleted)", process / "fd" / "5")
    os.symlink("socket:[99]", process / "fd" / "6")
    return process


@pytest.fixture
def proc(tree: Path, monkeypatch: pytest.MonkeyPatch) -> ProcFS:
    """The recorded tree, of a machine that booted at a time of its own."""
    monkeypatch.setattr(ProcFS, "boot_time_ns", lambda self: BOOT_NS)
    return ProcFS(str(tree.parent))


@pytest.fixture
def reader(proc: ProcFS) -> LiveReader:
    return LiveReader(proc)


def test_a_process(reader: LiveReader, proc: ProcFS) -> None:
    process = reader.read(PID)
    assert process is not None
    assert process.key == (PID, proc.start_time_ns(TICKS))
    assert (process.uid, process.euid, process.fsuid) == (1000, 1001, 1003)
    assert (process.gid, process.egid, process.fsgid) == (100, 101, 103)
    assert (process.tty, process.sid, process.pgid) == (34816, 1100, 1200)
    assert (process.vpid, process.vpgid) == (7, 5)
    assert (process.login_uid, process.session_id, process.cwd) == (-1, 3, "/srv")
    image = process.image
    assert (image.comm, image.argv, image.exe_path) == ("sh", ["/bin/sh", "-c", "id"], "/usr/bin/dash")
    assert image.capabilities == Capabilities(2, 4, 1, 8)
    assert (process.parent, process.container) == (None, None)
    assert reader.parent_pid(PID) == 1000
    assert reader.cgroup_paths(PID) == ["/user.slice"]


@pytest.mark.parametrize(
    ("exe", "path", "from_memfd"),
    [("/memfd:x (deleted)", "memfd:x", True), ("/tmp/x (deleted)", "/tmp/x", False), ("/memfd:x", "/memfd:x", False)],
)
def test_files_without_a_name(tree: Path, reader: LiveReader, exe: str, path: str, from_memfd: bool) -> None:
    (tree / "exe").unlink()
    os.symlink(exe, tree / "exe")
    image = Image()
    reader.fill_image(image, PID)
    assert (image.exe_path, image.from_memfd) == (path, from_memfd)


def test_a_kernel_thread_has_neither_arguments_nor_file(tree: Path, reader: LiveReader) -> None:
    (tree / "exe").unlink()
    (tree / "cmdline").write_bytes(b"")
    image = Image()
    reader.fill_image(image, PID)
    assert (image.filled, image.comm, image.argv, image.exe_path) == (True, "sh", None, None)


def test_a_process_that_is_gone(reader: LiveReader) -> None:
    image = Image()
    reader.fill_image(image, 99)
    assert (image.filled, image.comm) == (False, None)
    assert [reader.read(99), reader.parent_pid(99), reader.cgroup_paths(99)] == [None] * 3
    assert reader.group_facts(Process(99, 0, None, Image())) is None


def test_group_facts_are_those_of_the_very_process(reader: LiveReader, proc: ProcFS) -> None:
    start = proc.start_time_ns(TICKS)
    assert reader.group_facts(Process(PID, start + 9_000_000, None, Image())) == (1200, 7, 5, 1)
    assert reader.group_facts(Process(PID, start + 1_000_000_000, None, Image())) is None


class TestWhatAProcessUses:
    @pytest.fixture
    def process(self, proc: ProcFS) -> Process:
        return Process(PID, proc.start_time_ns(TICKS), None, Image())

    @pytest.fixture
    def other(self, proc: ProcFS) -> Process:
        """An earlier process of the same pid."""
        return Process(PID, proc.start_time_ns(TICKS) - 1_000_000_000, None, Image())

    def test_measures(self, reader: LiveReader, process: Process, other: Process) -> None:
        assert reader.measures(process) == Measures(1, None, None, None, 3, 1)
        assert reader.measures(other) is None

    def test_capabilities(self, reader: LiveReader, process: Process, other: Process) -> None:
        assert reader.capabilities(process) == Capabilities(2, 4, 1, 8)
        assert reader.capabilities(other) is None

    def test_descriptors(self, reader: LiveReader, tree: Path, process: Process, other: Process) -> None:
        assert (reader.descriptor_count(process), reader.descriptor_limit(process)) == (2, None)
        line = "Max open files            1024                 524288               files     \n"
        (tree / "limits").write_text("Limit Soft Limit Hard Limit Units\n" + line)
        assert (reader.descriptor_limit(process), reader.descriptor_limit(other)) == (1024, None)
        (tree / "limits").write_text(line.replace("1024     ", "unlimited"))
        assert reader.descriptor_limit(process) == -1

    def test_control_groups(self, reader: LiveReader, tree: Path, process: Process, other: Process) -> None:
        assert reader.control_groups(process) == ()
        lines = [f"{name}\t{number}\t5\t1" for name, number in (("cpuset", 0), ("cpu", 3), ("blkio", 0))]
        (tree.parent / "cgroups").write_text("\n".join(["#subsys_name\thierarchy\tnum_cgroups\tenabled", *lines, ""]))
        (tree / "cgroup").write_text("3:cpu,cpuacct:/fast\n1:name=systemd:/x\n0::/user.slice\n")
        expected = (("cpuset", "/user.slice"), ("cpu", "/fast"), ("io", "/user.slice"))
        assert reader.control_groups(process) == expected
        assert reader.control_groups(other) is None

    def test_the_environment_of_what_it_runs(
        self, reader: LiveReader, tree: Path, process: Process, other: Process
    ) -> None:
        assert reader.environment(process, "/usr/bin/dash") is None
        (tree / "environ").write_bytes(b"A=1\0B=2\0")
        assert reader.environment(process, "/usr/bin/dash") == ["A=1", "B=2"]
        assert reader.environment(process, "/usr/bin/bash") is None
        assert reader.environment(other, "/usr/bin/dash") is None
        (tree / "environ").write_bytes(b"")
        assert reader.environment(process, "/usr/bin/dash") is None
