"""Names of files, told by descriptors and records, and checked against what they lead to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from auditfalco.model.container import HOST, Container
from auditfalco.model.names import Names
from auditfalco.model.process import Image, Process
from auditfalco.state.host import HostState
from kernel_sources.audit import facts
from kernel_sources.procfs import ProcFS

START = 1_700_000_000_000_000_000


@pytest.fixture
def host() -> HostState:
    return HostState("testbox")


def executing(euid: int) -> Process:
    process = Process(2, 0, Process(1, 0, None, Image()), Image())
    process.euid = euid
    return process


class TestAgreement:
    """A name pieced together from a directory is believed unless the file there is another one."""

    OTHER = "08:77"

    @pytest.fixture
    def path(self, machine: Any, records: Any) -> Any:
        def make(inode: int | None, device: str = self.OTHER) -> facts.PathFacts:
            return facts.paths(machine.raw(records.path(0, "shadow", inode=inode, dev=device)))[0]

        return make

    def test_by_inode_and_device(self, tmp_path: Path, path: Any) -> None:
        (tmp_path / "shadow").write_text("")
        status = (tmp_path / "shadow").stat()
        inode, device = status.st_ino, f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}"
        host = HostState("testbox", ProcFS(str(tmp_path / "noproc")))
        process = executing(0)
        process.container = Container("ab" * 32, "docker")
        process.container.root = str(tmp_path)
        assert host.names.agrees(process, "/shadow", path(inode, device))
        assert not host.names.agrees(process, "/shadow", path(inode + 1, device))
        assert not host.names.agrees(process, "/shadow", path(inode, self.OTHER))
        assert host.names.agrees(process, "/gone", path(inode))
        assert host.names.agrees(process, "/shadow", path(None))

    def test_a_replay_contradicts_nothing(self, host: HostState, path: Any) -> None:
        process = executing(0)
        process.container = HOST
        assert host.names.agrees(process, "/etc/shadow", path(1))


class TestFileNames:
    """Names told by descriptors and records, checked in a container's tree."""

    @pytest.fixture
    def tree(self, tmp_path: Path) -> Path:
        """`/srv/deep` with a link `/alias` to it, and the file `/srv/file`."""
        root = tmp_path / "root"
        (root / "srv" / "deep").mkdir(parents=True)
        (root / "srv" / "file").write_text("")
        (root / "alias").symlink_to("srv/deep")
        return root

    @pytest.fixture
    def contained(self, tree: Path) -> Process:
        process = executing(0)
        process.container = Container("ab" * 32, "docker")
        process.container.root = str(tree)
        process.exit_ns = START
        return process

    @pytest.fixture
    def live(self, tmp_path: Path) -> HostState:
        return HostState("testbox", ProcFS(str(tmp_path / "noproc")))

    @pytest.fixture
    def record(self, machine: Any, records: Any) -> Any:
        def make(path: Path, name: str, nametype: str = "NORMAL") -> facts.PathFacts:
            status = path.lstat()
            device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}"
            line = records.path(0, name, nametype=nametype, inode=status.st_ino, dev=device)
            return facts.paths(machine.raw(line))[0]

        return make

    def test_a_link_itself_may_be_meant(self, live: HostState, contained: Process, tree: Path, record: Any) -> None:
        assert live.names.agrees(contained, "/alias", record(tree / "alias", "alias"))
        assert live.names.agrees(contained, "/alias", record(tree / "srv" / "deep", "alias"))
        assert not live.names.agrees(contained, "/alias", record(tree / "srv", "alias"))

    @pytest.mark.parametrize("start", [Names("/alias", ("/srv/deep",)), Names("/alias", (), ("/srv/deep",))])
    def test_dots_lead_up_from_where_a_directory_lies(
        self, live: HostState, contained: Process, tree: Path, record: Any, start: Names
    ) -> None:
        path = record(tree / "srv" / "file", "../file")
        assert live.names.of_file(contained, start, path, START, certain=False) == "/srv/file"
        parents = [record(tree / "srv", "/", "PARENT")]
        assert (
            live.names.of_entry(contained, start, "../gone", parents[0], parents, START, certain=False) == "/srv/gone"
        )

    def test_a_file_that_is_gone_is_taken_from_there_too(
        self, live: HostState, contained: Process, tree: Path, record: Any
    ) -> None:
        path = record(tree / "srv" / "file", "../file")
        (tree / "srv" / "file").unlink()
        start = Names("/alias", ("/srv/deep",))
        assert live.names.of_file(contained, start, path, START, certain=False) == "/srv/file"

    def test_an_entry_is_known_by_its_directory(
        self, live: HostState, contained: Process, tree: Path, record: Any
    ) -> None:
        parents = [record(tree, "/", "PARENT"), record(tree / "srv" / "deep", "/alias/", "PARENT")]
        name = live.names.of_entry(contained, "/", "alias/gone", parents[0], parents, START)
        assert isinstance(name, Names)
        assert name.all == ("/alias/gone", "/srv/deep/gone")

    @pytest.mark.parametrize(
        ("start", "spelled", "name"),
        [
            ("/srv/deep", "gone/", "/srv/deep/gone"),
            ("/srv", "gone", None),  # the directory is another one
            ("/srv", "/gone", "/gone"),
            (None, "gone", None),
        ],
    )
    def test_an_entry_of_a_directory_told_by_a_descriptor(
        self,
        live: HostState,
        contained: Process,
        tree: Path,
        record: Any,
        start: str | None,
        spelled: str,
        name: str | None,
    ) -> None:
        parents = [record(tree / "srv" / "deep", "/", "PARENT")]
        assert live.names.of_entry(contained, start, spelled, parents[0], parents, START, certain=False) == name

    def test_a_removed_file_that_rules_name(self, live: HostState, contained: Process, tree: Path, record: Any) -> None:
        live.watch_files(["/srv/file"])
        removed = record(tree / "srv" / "file", "file", "DELETE")
        assert live.names.of_entry(contained, None, "file", removed, [], START, certain=False) == "/srv/file"

    def test_a_replay_takes_the_name_as_told(
        self, host: HostState, contained: Process, tree: Path, record: Any
    ) -> None:
        parents = [record(tree / "srv", "/", "PARENT")]
        name = host.names.of_entry(
            contained, Names("/alias", ("/x/deep",)), "gone", parents[0], parents, START, certain=False
        )
        assert (type(name), name) == (str, "/alias/gone")
        assert host.names.of_entry(contained, "/", "gone", parents[0], [], START) == "/gone"
