"""The host's state as normalisers and fields ask it: capabilities told by silence, descriptors, layers, snapshot."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from auditfalco.model.container import HOST, Container
from auditfalco.model.descriptor import Descriptor
from auditfalco.model.process import Capabilities, Image, Process
from auditfalco.state.host import HostState
from kernel_sources.procfs import ProcFS

START = 1_700_000_000_000_000_000
EVERYTHING = (1 << 41) - 1  # CAP_CHECKPOINT_RESTORE, the last, is number 40
EXECVE = 59


@pytest.fixture
def host() -> HostState:
    return HostState("testbox")


def executing(euid: int) -> Process:
    process = Process(2, 0, Process(1, 0, None, Image()), Image())
    process.euid = euid
    return process


class TestCapabilities:
    def test_the_record_has_them(self, host: HostState, machine: Any, records: Any) -> None:
        raw = machine.raw(records.syscall(EXECVE), records.capabilities(0x3, 0x2, 0x1, 0x4))
        assert host.capabilities_after_exec(executing(1000), None, raw) == Capabilities(0x3, 0x2, 0x1, 0x4)

    def test_roots_silence_means_all(self, host: HostState, machine: Any, records: Any) -> None:
        raw = machine.raw(records.syscall(EXECVE))
        assert host.capabilities_after_exec(executing(0), None, raw) == Capabilities(EVERYTHING, EVERYTHING, 0)

    def test_a_users_silence_means_none(self, host: HostState, machine: Any, records: Any) -> None:
        raw = machine.raw(records.syscall(EXECVE))
        assert host.capabilities_after_exec(executing(1000), None, raw) == Capabilities(0, 0, 0)

    def test_a_users_silence_with_ambient_ones_means_these(self, host: HostState, machine: Any, records: Any) -> None:
        raw = machine.raw(records.syscall(EXECVE))
        before = Capabilities(0x400, 0x400, 0x400, 0x400)
        assert host.capabilities_after_exec(executing(1000), before, raw) == before


class TestDescriptors:
    def test_an_open_is_remembered_and_the_oldest_forgotten(self, host: HostState) -> None:
        process = executing(0)
        for number in range(300):
            host.remember_descriptor(process, number, Descriptor("file", f"/f{number}"))
        assert len(process.descriptors) == 256
        assert host.descriptor(process, 0) is None
        assert host.descriptor(process, 299) == Descriptor("file", "/f299")

    def test_a_number_used_again_stands_for_the_newer_file(self, host: HostState) -> None:
        process = executing(0)
        host.remember_descriptor(process, 3, Descriptor("file", "/old"))
        host.remember_descriptor(process, 3, Descriptor("file", "/new"))
        assert host.descriptor(process, 3) == Descriptor("file", "/new")

    @pytest.mark.parametrize("register", [0xFFFFFF9C, 0xFFFFFFFFFFFFFF9C])
    def test_the_working_directory_in_either_spelling(self, host: HostState, register: int) -> None:
        assert host.directory(executing(0), register, "/srv") == "/srv"
        assert host.directory(executing(0), register, None) is None

    def test_other_directories_are_known_or_not(self, host: HostState) -> None:
        process = executing(0)
        host.remember_descriptor(process, 7, Descriptor("directory", "/etc"))
        assert host.directory(process, 7, "/srv") == "/etc"
        assert host.directory(process, 8, "/srv") is None

    def test_proc_is_believed_more_than_an_old_open(self, tmp_path: Path) -> None:
        (tmp_path / "2" / "fd").mkdir(parents=True)
        os.symlink("/now", tmp_path / "2" / "fd" / "3")
        host = HostState("testbox", ProcFS(str(tmp_path)))
        process = executing(0)
        host.remember_descriptor(process, 3, Descriptor("file", "/then"))
        assert host.directory(process, 3, None) == "/now"
        process.exit_ns = START
        assert host.directory(process, 3, None) == "/then"


@pytest.fixture
def overlay(tmp_path: Path) -> Container:
    """A container with one file in its upper layer and one in its lower one."""
    container = Container("ab" * 32, "docker")
    merged, upper = tmp_path / "merged", tmp_path / "diff"
    for directory, names in ((merged, ("old", "new")), (upper, ("new",))):
        (directory / "bin").mkdir(parents=True)
        for name in names:
            (directory / "bin" / name).write_text(name)
    container.root, container.upper = str(merged), str(upper)
    return container


class TestLayers:
    @pytest.fixture
    def live(self) -> HostState:
        return HostState("testbox", ProcFS())

    def test_the_layer_of_a_file(self, live: HostState, overlay: Container) -> None:
        process = executing(0)
        process.container = overlay
        assert live.layer_of(process, "/bin/new", None) == "upper"
        assert live.layer_of(process, "/bin/old", None) == "lower"
        assert live.layer_of(process, "/bin/none", None) is None

    def test_links_are_followed_to_the_file(self, live: HostState, overlay: Container) -> None:
        process = executing(0)
        process.container = overlay
        assert overlay.root is not None
        merged = Path(overlay.root)
        (merged / "usr").symlink_to("bin")  # of the lower layer: no file of that path is in the upper one
        (merged / "newest").symlink_to("/usr/new")
        assert live.layer_of(process, "/usr/new", None) == "upper"
        assert live.layer_of(process, "/newest", None) == "upper"
        assert live.layer_of(process, "/usr/old", None) == "lower"

    def test_a_file_on_another_device_is_in_no_layer(self, live: HostState, overlay: Container) -> None:
        process = executing(0)
        process.container = overlay
        assert live.layer_of(process, "/bin/new", (250, 250)) is None

    def test_the_host_has_no_layers(self, live: HostState) -> None:
        process = executing(0)
        for place in (HOST, None):
            process.container = place
            assert live.layer_of(process, "/bin/sh", None) is None

    def test_a_replay_looks_at_no_layers(self, host: HostState, overlay: Container) -> None:
        process = executing(0)
        process.container = overlay
        assert host.layer_of(process, "/bin/new", None) is None


def write_process(root: Path, pid: int, ppid: int, comm: str) -> None:
    """Put a process into a recorded /proc."""
    directory = root / str(pid)
    directory.mkdir(parents=True)
    (directory / "stat").write_text(f"{pid} ({comm}) S {ppid} 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 1 6 7 8\n")
    ids = f"Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nNStgid:\t{pid}\nNSpid:\t{pid}\nNSpgid:\t1\nNSsid:\t1\n"
    masks = "".join(f"Cap{name}:\t0000000000000000\n" for name in ("Inh", "Prm", "Eff", "Bnd", "Amb"))
    (directory / "status").write_text(
        f"Name:\t{comm}\nTgid:\t{pid}\nPid:\t{pid}\nPPid:\t{ppid}\nTracerPid:\t0\n{ids}Threads:\t1\n{masks}"
    )
    (directory / "comm").write_text(comm + "\n")
    (directory / "cmdline").write_bytes(comm.encode() + b"\0")
    (directory / "cgroup").write_text("0::/init.scope\n")


def test_the_snapshot_takes_in_everybody_with_their_parents(tmp_path: Path) -> None:
    write_process(tmp_path, 1, 0, "init")
    write_process(tmp_path, 20, 30, "child")
    write_process(tmp_path, 30, 1, "parent")
    host = HostState("testbox", ProcFS(str(tmp_path)))
    assert host.snapshot() == 3
    child = host.processes.alive(20)
    assert child is not None
    assert child.container is HOST
    assert [ancestor.name for ancestor in host.ancestors(child, START)] == ["parent", "init"]
    assert len(host.processes) == 3


def test_users_of_a_container_are_its_own_and_logins_the_hosts(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_text("app:x:4242424242:1::/srv/app:/bin/false\n")
    host = HostState("testbox", ProcFS(str(tmp_path / "noproc")))
    process = executing(4242424242)
    process.container = Container("ab" * 32, "docker")
    assert host.user_name(process, 4242424242) == "<NA>"
    process.container.root = str(tmp_path)
    assert host.user_name(process, 4242424242) == "app"
    assert host.user_entry(process, 4242424242) == ("/srv/app", "/bin/false")
    assert host.user_entry(process, 4242424243) is None
    assert (host.login_name(4242424242), host.login_name(0)) == ("<NA>", "root")


def test_a_replay_takes_no_snapshot(host: HostState) -> None:
    assert host.snapshot() == 0
    assert len(host.processes) == 0


def test_the_time_of_the_first_event_is_kept(host: HostState) -> None:
    process = executing(0)
    host.complete(process, START)
    host.complete(process, START + 1)
    assert host.first_time_ns == START


class TestNames:
    """Names of users and groups are those of the place."""

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        (tmp_path / "etc").mkdir()
        (tmp_path / "etc" / "passwd").write_text("app:x:1000:1000::/srv:/bin/sh\nbare:x:7:7:::\n")
        (tmp_path / "etc" / "group").write_text("crew:x:1000:\n")
        return tmp_path

    @pytest.fixture
    def live(self, tmp_path: Path) -> HostState:
        return HostState("testbox", ProcFS(str(tmp_path / "proc")))

    def contained(self, root: Path | None) -> Process:
        process = executing(1000)
        process.container = Container("ab" * 32, "podman")
        process.container.root = str(root) if root is not None else None
        return process

    def test_in_a_container(self, live: HostState, root: Path) -> None:
        process = self.contained(root)
        assert (live.user_name(process, 1000), live.group_name(process, 1000)) == ("app", "crew")
        assert (live.user_name(process, 1001), live.group_name(process, 1001)) == ("<NA>", "<NA>")
        assert live.user_entry(process, 1000) == ("/srv", "/bin/sh")
        assert live.user_entry(process, 7) == ("", "")
        assert live.user_entry(process, 8) is None

    def test_in_a_user_namespace(self, live: HostState, root: Path) -> None:
        process = self.contained(root)
        assert process.container is not None
        process.container.uid_map = process.container.gid_map = ((0, 5000, 1), (1, 100_000, 65_536))
        assert [live.user_name(process, uid) for uid in (5000, 100_999, 1000)] == ["root", "app", "<NA>"]
        assert [live.group_name(process, gid) for gid in (5000, 100_999, 0)] == ["root", "crew", "<NA>"]
        assert (live.user_entry(process, 100_999), live.user_entry(process, 1000)) == (("/srv", "/bin/sh"), None)

    def test_where_the_root_is_not_known(self, live: HostState) -> None:
        assert live.user_name(self.contained(None), 1000) == "<NA>"

    def test_where_only_the_process_shows_the_root(self, live: HostState, root: Path, tmp_path: Path) -> None:
        for name, target in (("self", "/"), ("2", str(root))):
            (tmp_path / "proc" / name).mkdir(parents=True)
            os.symlink(target, tmp_path / "proc" / name / "root")
        assert live.user_name(self.contained(None), 1000) == "app"

    def test_in_an_unknown_place(self, live: HostState) -> None:
        process = executing(1000)
        assert (live.user_name(process, 1000), live.group_name(process, 1000)) == ("<NA>", "<NA>")
        assert live.user_name(process, 0) == "root"

    def test_a_replay_has_no_names(self, host: HostState, root: Path) -> None:
        process = self.contained(root)
        assert (host.user_name(process, 1000), host.group_name(process, 1000)) == ("<NA>", "<NA>")
