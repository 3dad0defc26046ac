"""What /proc shows of a process, put into the model's terms; from a recorded tree."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from auditfalco.model.process import Capabilities, Image, Measures, Process
from auditfalco.state.containers import Place
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
    assert reader.parent_pid(process) == 1000
    assert reader.cgroup_paths(PID) == ["/user.slice"]


@pytest.mark.parametrize(
    ("exe", "path", "from_memfd"),
    [("/memfd:x (deleted)", "memfd:x", True), ("/tmp/x (deleted)", "/tmp/x", False), ("/memfd:x", "/memfd:x", False)],
)
def test_files_without_a_name(tree: Path, reader: LiveReader, exe: str, path: str, from_memfd: bool) -> None:
    (tree / "exe").unlink()
    os.symlink(exe, tree / "exe")
    image = Image()
    reader.fill_image(image, Process(PID, BOOT_NS + TICKS * 10_000_000, None, Image()))
    assert (image.exe_path, image.from_memfd) == (path, from_memfd)


def test_a_kernel_thread_has_neither_arguments_nor_file(tree: Path, reader: LiveReader) -> None:
    (tree / "exe").unlink()
    (tree / "cmdline").write_bytes(b"")
    (tree / "stat").write_text((tree / "stat").read_text().replace("4194304", "2097152"))
    image = Image()
    reader.fill_image(image, Process(PID, BOOT_NS + TICKS * 10_000_000, None, Image()))
    assert (image.filled, image.comm, image.argv, image.exe_path) == (True, "sh", None, None)


def test_a_process_that_is_gone(reader: LiveReader) -> None:
    image = Image()
    reader.fill_image(image, Process(99, 0, None, Image()))
    assert (image.filled, image.comm) == (False, None)
    assert [reader.read(99), reader.parent_pid(Process(99, 0, None, Image())), reader.cgroup_paths(99)] == [None] * 3
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


class TestPlaces:
    """Where a process's root is on the host, from a tree with our own process and another one."""

    OVERLAY = "0:51 / / rw - overlay overlay rw,lowerdir=/l,upperdir=/srv/layers/7/diff,workdir=/w"

    @pytest.fixture
    def places(self, tree: Path, tmp_path: Path) -> ProcFS:
        for name in ("self", str(PID)):
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / "roots" / name).mkdir(parents=True)
            os.symlink(tmp_path / "roots" / name, tmp_path / name / "root")
        (tmp_path / "self" / "mountinfo").write_text("25 1 254:1 / / rw - ext4 /dev/vda1 rw\n")
        return ProcFS(str(tmp_path))

    def inside(self, tree: Path, line: str) -> None:
        (tree / "mountinfo").write_text(f"70 60 {line}\n71 70 0:9 / /proc rw - proc proc rw\n")

    def test_an_overlay_that_the_host_shows(self, places: ProcFS, tree: Path, tmp_path: Path) -> None:
        self.inside(tree, self.OVERLAY)
        shown = self.OVERLAY.replace(" / / ", " / /srv/layers/7/merged ")
        (tmp_path / "self" / "mountinfo").write_text(f"25 1 254:1 / / rw - ext4 /dev/vda1 rw\n40 25 {shown}\n")
        assert LiveReader(places).place(PID) == Place("/srv/layers/7/merged", "/srv/layers/7/diff", (0, 51))

    def test_an_overlay_of_another_mount_namespace(self, places: ProcFS, tree: Path) -> None:
        self.inside(tree, self.OVERLAY)
        reader = LiveReader(places)
        assert reader.place(PID) == Place(None, "/srv/layers/7/diff", (0, 51))
        assert reader.own_root(PID) == str(tree / "root")

    def test_a_directory_of_the_host(self, places: ProcFS, tree: Path) -> None:
        self.inside(tree, "254:1 /var/lib/machines/web / rw - ext4 /dev/vda1 rw")
        assert LiveReader(places).place(PID) == Place("/var/lib/machines/web", None)

    def test_an_upper_directory_that_is_no_absolute_path(self, places: ProcFS, tree: Path) -> None:
        self.inside(tree, self.OVERLAY.replace("/srv/layers", "layers"))
        assert LiveReader(places).place(PID) == Place(None, None, (0, 51))

    def test_a_process_on_its_way_in_shows_the_host(self, places: ProcFS, tree: Path, tmp_path: Path) -> None:
        self.inside(tree, self.OVERLAY)
        (tree / "root").unlink()
        os.symlink(tmp_path / "roots" / "self", tree / "root")
        assert (LiveReader(places).place(PID), LiveReader(places).own_root(PID)) == (None, None)

    def test_a_process_that_is_gone(self, places: ProcFS) -> None:
        reader = LiveReader(places)
        assert (reader.place(99), reader.own_root(99), reader.start_ns(99)) == (None, None, None)
        assert (reader.mounts(99), reader.id_map(99, "uid"), reader.shares_namespace(99, "net")) == ((), (), None)

    def test_namespaces(self, places: ProcFS, tree: Path, tmp_path: Path) -> None:
        for process, number in ((tmp_path / "self", 1), (tree, 2)):
            (process / "ns").mkdir()
            os.symlink("net:[5]", process / "ns" / "net")
            os.symlink(f"pid:[{number}]", process / "ns" / "pid")
        reader = LiveReader(places)
        assert [reader.shares_namespace(PID, kind) for kind in ("net", "pid", "ipc")] == [True, False, None]

    def test_user_namespaces(self, places: ProcFS, tree: Path, tmp_path: Path) -> None:
        (tmp_path / "self" / "uid_map").write_text("         0          0 4294967295\n")
        (tree / "uid_map").write_text("         0          0 4294967295\n")
        (tree / "gid_map").write_text("0 1000 1\n1 100000 65536\nodd\n")
        reader = LiveReader(places)
        assert reader.id_map(PID, "uid") == ()
        assert reader.id_map(PID, "gid") == ((0, 1000, 1), (1, 100000, 65536))
