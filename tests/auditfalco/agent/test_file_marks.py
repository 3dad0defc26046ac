"""Marks that follow files and containers; the kernel's group is made up, the files and the thread are real."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditfalco.agent import file_marks
from auditfalco.agent.file_marks import FileMarks
from auditfalco.coverage import filesystems
from auditfalco.coverage.marks import Watched, WatchList
from auditfalco.model.container import Container
from auditfalco.model.process import Image, Process
from kernel_sources.errors import NotPermitted
from kernel_sources.fanotify import EVENT_ON_CHILD, Mark
from kernel_sources.procfs import ProcFS

DEADLINE = 10.0


class Group:
    """The kernel's side."""

    def __init__(self) -> None:
        self.marks: list[Mark] = []
        self.refuses = False

    def mark(self, path: str, mask: int, kind: str = "inode") -> Mark:
        if self.refuses:
            raise NotPermitted("no")
        status = os.stat(path)
        mark = Mark(kind, path, mask, status.st_dev, status.st_ino)
        self.marks.append(mark)
        return mark

    def unmark(self, mark: Mark) -> bool:
        self.marks.remove(mark)
        return True

    @property
    def inodes(self) -> list[int]:
        return sorted(mark.inode for mark in self.marks)


@pytest.fixture
def group() -> Group:
    return Group()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_marks, "LOOK_SECONDS", 0.02)


@pytest.fixture
def made(group: Group) -> Iterator[list[FileMarks]]:
    made: list[FileMarks] = []
    yield made
    for one in made:
        one.stop()


def follow(group: Group, made: list[FileMarks], host: Watched, proc: ProcFS | None = None) -> FileMarks:
    marks = FileMarks(group, WatchList(host, host), proc or ProcFS())  # type: ignore[arg-type]
    made.append(marks)
    marks.start()
    return marks


def eventually(group: Group, inodes: list[int]) -> None:
    deadline = time.monotonic() + DEADLINE
    while group.inodes != sorted(inodes):
        assert time.monotonic() < deadline, (group.inodes, inodes)
        time.sleep(0.01)


def test_files_and_directories_are_marked_from_the_start(group: Group, made: list[FileMarks], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    marks = follow(group, made, Watched((str(tmp_path / "file"), str(tmp_path / "none")), (str(tmp_path),)))
    assert group.inodes == sorted([(tmp_path / "file").stat().st_ino, tmp_path.stat().st_ino])
    assert [bool(mark.mask & EVENT_ON_CHILD) for mark in group.marks] == [False, True]
    assert set(marks.marked) == {(mark.device, mark.inode) for mark in group.marks}
    assert set(marks.marked.values()) == {str(tmp_path / "file"), str(tmp_path)}


def test_links_lead_to_what_is_marked(group: Group, made: list[FileMarks], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")
    follow(group, made, Watched((str(tmp_path / "link"),)))
    assert [mark.path for mark in group.marks] == [str(tmp_path / "file")]


def test_a_file_that_is_replaced_is_marked_again(group: Group, made: list[FileMarks], tmp_path: Path) -> None:
    file, new = tmp_path / "file", tmp_path / "new"
    file.touch()
    follow(group, made, Watched((str(file),)))
    new.touch()
    inode = new.stat().st_ino
    new.rename(file)
    eventually(group, [inode])
    file.unlink()
    eventually(group, [])
    file.touch()
    eventually(group, [file.stat().st_ino])


class Proc(ProcFS):
    """A proc file system in which one process has a root of its own."""

    def __init__(self, pid: int, root: Path) -> None:
        super().__init__()
        self._pid = pid
        self._root = root

    def root_path(self, pid: int | str) -> str:
        return str(self._root) if pid == self._pid else super().root_path(pid)

    def stat_in_root(self, pid: int | str, path: str, *, follow: bool = True) -> os.stat_result | None:
        if pid != self._pid:
            return super().stat_in_root(pid, path, follow=follow)
        return os.stat(self._root) if self._root.exists() else None

    def mountinfo(self, pid: int | str = "self") -> list[object] | None:  # type: ignore[override]
        return super().mountinfo("self")  # type: ignore[return-value]


def test_a_container_s_own_files_are_marked_while_it_lasts(group: Group, made: list[FileMarks], tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc" / "there").touch()
    (root / "etc" / "away").symlink_to("/etc/there")
    process = Process(777, 0, None, Image())
    process.container = Container("aa" * 32, "docker")
    marks = follow(group, made, Watched(("/etc/there", "/etc/away")), Proc(777, root))
    marks.entered(process)
    inode = (root / "etc" / "there").stat().st_ino
    eventually(group, [inode, inode])
    root.rename(tmp_path / "gone")
    eventually(group, [])


def test_refusals_are_kept(group: Group, made: list[FileMarks], tmp_path: Path) -> None:
    group.refuses = True
    marks = follow(group, made, Watched((str(tmp_path),)))
    assert marks.refused == ["no"]
    assert marks.marked == {}


def test_nothing_is_marked_where_an_open_may_wait_for_somebody(
    group: Group, made: list[FileMarks], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = next(mount.fs_type for mount in reversed(ProcFS().mountinfo() or []) if mount.mount_point in ("/", "/tmp"))
    monkeypatch.setattr(filesystems, "SLOW_TYPES", ("fuse", own, "overlay", "ext4", "tmpfs"))
    follow(group, made, Watched((), (str(tmp_path),)))
    assert group.marks == []


def test_without_fanotify_nothing_happens(made: list[FileMarks], tmp_path: Path) -> None:
    marks = FileMarks(None, WatchList(Watched(("/etc/passwd",)), Watched()), ProcFS())
    made.append(marks)
    marks.start()
    assert marks.marked == {}
