"""The door to /proc, over a recorded tree and over the live one."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from kernel_sources.procfs import Cgroup, FdInfo, ProcFS, files

PID = 1234


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A recorded proc file system with one process in it, and the files of its root."""
    process = tmp_path / "proc" / str(PID)
    for directory in ("fd", "fdinfo", "ns"):
        (process / directory).mkdir(parents=True)
    start = "1234 (a b) c) S 1 2 3 34816 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 500 6 7 8\n"
    (process / "stat").write_text(start)
    (process / "comm").write_text("a b) c\n")
    (process / "cmdline").write_bytes(b"sh\0-c\0\0echo \xff\0")
    (process / "environ").write_bytes(b"A=1\0B=x=y")
    (process / "loginuid").write_text("4294967295")
    (process / "sessionid").write_text("3\n")
    (process / "cgroup").write_text("0::/docker/abc\n")
    (process / "mountinfo").write_text("40 36 0:21 / / rw - tmpfs none rw\n")
    (process / "fdinfo" / "5").write_text("pos:\t1\nflags:\t02\n")
    os.symlink("/bin/sh (deleted)", process / "exe")
    os.symlink("/tmp", process / "cwd")
    os.symlink(tmp_path / "rootfs", process / "root")
    os.symlink("mnt:[4026531832]", process / "ns" / "mnt")
    os.symlink("socket:[99]", process / "fd" / "5")
    (tmp_path / "proc" / "sys" / "kernel").mkdir(parents=True)
    (tmp_path / "proc" / "sys" / "kernel" / "pid_max").write_text("32768\n")
    (tmp_path / "rootfs" / "etc").mkdir(parents=True)
    (tmp_path / "rootfs" / "etc" / "passwd").write_text("root:x:0:0::/:/bin/sh\n")
    os.symlink("/etc/passwd", tmp_path / "rootfs" / "accounts")
    return tmp_path


@pytest.fixture
def proc(tree: Path) -> ProcFS:
    return ProcFS(str(tree / "proc"), boot=str(tree / "boot"))


@pytest.fixture
def live() -> ProcFS:
    return ProcFS()


def test_a_recorded_process(proc: ProcFS) -> None:
    facts = proc.stat(PID)
    assert facts is not None
    assert facts.comm == "a b) c"
    assert proc.comm(PID) == "a b) c"
    assert proc.start_ticks(PID) == 500
    assert proc.is_same(PID, 500)
    assert not proc.is_same(PID, 501)
    assert proc.cmdline(PID) == ["sh", "-c", "", "echo \udcff"]
    assert proc.environ(PID) == ["A=1", "B=x=y"]
    assert proc.loginuid(PID) is None
    assert proc.sessionid(PID) == 3
    assert proc.cgroups(PID) == [Cgroup(0, (), "/docker/abc")]
    assert proc.namespace(PID, "mnt") == 4026531832
    assert (proc.exe(PID), proc.cwd(PID)) == ("/bin/sh (deleted)", "/tmp")
    assert proc.fds(PID) == [5]
    assert proc.fd(PID, 5) == "socket:[99]"
    assert proc.fdinfo(PID, 5) == FdInfo(2, 1)
    mounts = proc.mountinfo(PID)
    assert mounts is not None
    assert [mount.fs_type for mount in mounts] == ["tmpfs"]


def test_the_recorded_machine(proc: ProcFS, tree: Path) -> None:
    assert proc.pids() == [PID]
    assert proc.sysctl("kernel.pid_max") == "32768"
    assert proc.sysctl("kernel/pid_max") == "32768"
    assert proc.sysctl("kernel.nothing") is None
    assert proc.kernel_config() is None
    (tree / "boot").mkdir()
    (tree / "boot" / f"config-{os.uname().release}").write_text("CONFIG_AUDIT=y\n")
    assert proc.kernel_config() == {"CONFIG_AUDIT": "y"}


def test_a_process_that_is_gone_is_absent_everywhere(proc: ProcFS) -> None:
    assert_absent(proc, 99)


def assert_absent(proc: ProcFS, pid: int) -> None:
    """Ask everything about a process that does not exist."""
    answers = [
        proc.stat(pid),
        proc.start_ticks(pid),
        proc.status(pid),
        proc.comm(pid),
        proc.cmdline(pid),
        proc.environ(pid),
        proc.loginuid(pid),
        proc.sessionid(pid),
        proc.cgroups(pid),
        proc.namespace(pid, "mnt"),
        proc.exe(pid),
        proc.cwd(pid),
        proc.root(pid),
        proc.stat_of_exe(pid),
        proc.mountinfo(pid),
        proc.open_in_root(pid, "/etc/passwd"),
        proc.stat_in_root(pid, "/etc/passwd"),
        proc.fds(pid),
        proc.fd(pid, 0),
        proc.fdinfo(pid, 0),
    ]
    assert answers == [None] * len(answers)
    assert proc.flags_of_open(pid, "/etc/passwd", 1, 1) == []
    assert not proc.is_same(pid, 1)


def test_no_proc_file_system_at_all(tmp_path: Path) -> None:
    proc = ProcFS(str(tmp_path / "nothing"))
    assert proc.pids() == []
    assert_absent(proc, 1)


def test_paths_in_the_root_of_the_process(proc: ProcFS, tree: Path) -> None:
    passwd = (tree / "rootfs" / "etc" / "passwd").stat()
    for path in ("/etc/passwd", "/accounts", "/../../etc/passwd"):
        found = proc.stat_in_root(PID, path)
        assert found is not None
        assert (found.st_dev, found.st_ino) == (passwd.st_dev, passwd.st_ino)
    link = proc.stat_in_root(PID, "/accounts", follow=False)
    assert link is not None
    assert link.st_ino == os.lstat(tree / "rootfs" / "accounts").st_ino
    assert proc.stat_in_root(PID, "/etc/hostname") is None
    assert proc.stat_in_root(PID, "/etc/pass\0wd") is None
    descriptor = proc.open_in_root(PID, "/accounts")
    assert descriptor is not None
    try:
        assert os.read(descriptor, 4) == b"root"
    finally:
        os.close(descriptor)


def test_a_read_stops_at_its_limit(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"x" * 200_000)
    assert files.read(str(tmp_path / "big"), 100_000) == b"x" * 100_000
    (tmp_path / "numbers").mkdir()
    for name in ("1", "22", "3", "x", "4.5"):
        (tmp_path / "numbers" / name).touch()
    assert files.numbered_entries(str(tmp_path / "numbers"), 100) == [1, 3, 22]
    assert len(files.numbered_entries(str(tmp_path / "numbers"), 2) or []) == 2


def test_a_fifo_does_not_hold_the_reader(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert files.read(str(tmp_path / "fifo"), 100) == b""


def test_trouble_of_our_own_is_no_absence(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_arguments: object) -> int:
        raise OSError(errno.EMFILE, "too many open files")

    monkeypatch.setattr("kernel_sources.procfs.files.os.open", exhausted)
    with pytest.raises(OSError, match="too many"):
        files.read("/any", 10)


def test_our_own_process(live: ProcFS) -> None:
    pid = os.getpid()
    facts, status = live.stat(pid), live.status(pid)
    assert facts is not None
    assert status is not None
    assert (facts.pid, facts.ppid, facts.session) == (pid, os.getppid(), os.getsid(0))
    assert status.uids.effective == os.geteuid()
    assert status.vpid == pid
    assert live.cwd(pid) == os.getcwd()
    assert live.namespace(pid, "mnt") == os.stat("/proc/self/ns/mnt").st_ino
    assert pid in live.pids()
    cmdline = live.cmdline("self")
    assert cmdline == psutil.Process().cmdline()
    start = live.start_time_ns(facts.start_ticks) / 1e9
    assert abs(start - psutil.Process().create_time()) < 1.5  # psutil knows the boot time in whole seconds


def test_the_file_of_a_program_without_a_name(live: ProcFS, tmp_path: Path) -> None:
    program = tmp_path / "program"
    shutil.copy("/bin/sleep", program)
    found = program.stat()
    with subprocess.Popen([str(program), "60"]) as child:
        program.unlink()
        running = live.stat_of_exe(child.pid)
        name = live.exe(child.pid)
        child.kill()
    assert running is not None
    assert (running.st_dev, running.st_ino) == (found.st_dev, found.st_ino)
    assert name == f"{program} (deleted)"


def test_boot_time_is_what_the_kernel_says_in_seconds(live: ProcFS) -> None:
    assert abs(live.boot_time_ns() / 1e9 - psutil.boot_time()) < 1.5


def test_how_a_file_is_open(live: ProcFS, tmp_path: Path) -> None:
    file = tmp_path / "file"
    with file.open("w") as writing, file.open() as reading:
        found = os.fstat(writing.fileno())
        assert reading.fileno() != writing.fileno()
        flags = live.flags_of_open(os.getpid(), str(file), found.st_dev, found.st_ino)
        assert sorted(flag & os.O_ACCMODE for flag in flags) == [os.O_RDONLY, os.O_WRONLY]
        assert live.flags_of_open(os.getpid(), str(file), found.st_dev, found.st_ino + 1) == []
        assert os.readlink(live.own_descriptor(writing.fileno())) == str(file)


def test_a_zombie_is_there_and_has_nothing(live: ProcFS) -> None:
    child = subprocess.Popen(["true"])
    try:
        deadline = time.monotonic() + 10
        while (facts := live.stat(child.pid)) is not None and facts.state != "Z" and time.monotonic() < deadline:
            time.sleep(0.005)
        assert facts is not None
        assert facts.state == "Z"
        assert live.cmdline(child.pid) == []
        assert live.exe(child.pid) is None
        assert live.status(child.pid) is not None
    finally:
        child.wait(10)
    assert_absent(live, child.pid)


def test_processes_that_die_while_they_are_read(live: ProcFS) -> None:
    """Read everything about children that end at the same time: any fact may be absent, none may raise."""
    for _ in range(30):
        child = subprocess.Popen(["true"])
        while child.poll() is None:
            live.stat(child.pid)
            live.status(child.pid)
            live.cmdline(child.pid)
            live.environ(child.pid)
            live.mountinfo(child.pid)
            live.cgroups(child.pid)
            live.stat_in_root(child.pid, "/etc/passwd")
            for number in live.fds(child.pid) or []:
                live.fd(child.pid, number)
                live.fdinfo(child.pid, number)
        assert live.stat(child.pid) is None or live.start_ticks(child.pid) is not None


def test_what_the_kernel_was_started_with(tmp_path: Path) -> None:
    (tmp_path / "cmdline").write_text('quiet audit=0 audit=1 name="a" -- audit=0\n')
    assert ProcFS(str(tmp_path)).boot_parameters() == {"quiet": "", "audit": "1", "name": "a"}
    assert ProcFS(str(tmp_path / "none")).boot_parameters() == {}
