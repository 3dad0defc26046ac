"""Work that does not end, and looks at files that are not answered."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

import pytest

from auditfalco.state.boundedfiles import BoundedFiles, may_wait
from auditfalco.state.deadline import MOST_STUCK, Deadline
from auditfalco.state.roots import RootedFiles
from kernel_sources.procfs import ProcFS
from kernel_sources.procfs.mounts import parse

NOT_LONG = 0.05


def test_work_that_ends_has_its_result_or_its_error() -> None:
    deadline = Deadline()
    assert [deadline.run(lambda number=number: number) for number in range(3)] == [0, 1, 2]
    with pytest.raises(KeyError, match="gone"):
        deadline.run(lambda: {}["gone"])
    assert deadline.run(lambda: "still") == "still"
    assert (deadline.overdue, deadline.refused) == (0, 0)


def test_work_that_does_not_end_is_left_behind_and_never_too_much_of_it() -> None:
    deadline = Deadline(NOT_LONG)
    answers = threading.Event()
    others = set(threading.enumerate())
    for _ in range(MOST_STUCK):
        assert deadline.run(answers.wait) is None
    assert deadline.run(lambda: "begun") is None
    assert (deadline.overdue, deadline.refused) == (MOST_STUCK, 1)
    answers.set()
    for thread in set(threading.enumerate()) - others:
        thread.join(5)
    assert deadline.run(lambda: "begun") == "begun"


def test_its_thread_goes_with_it() -> None:
    others = set(threading.enumerate())
    deadline = Deadline()
    deadline.run(lambda: None)
    (thread,) = set(threading.enumerate()) - others
    del deadline
    gc.collect()
    thread.join(5)
    assert not thread.is_alive()


def test_a_file_that_is_not_answered_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "there").write_text("x")
    files = BoundedFiles(ProcFS())
    files.deadline = Deadline(NOT_LONG)
    assert files.stat_in_root(str(tmp_path), "/there") is not None
    read = files.read_in_root(str(tmp_path), "/there", 10)
    assert read is not None and read.data == b"x"
    answers = threading.Event()
    monkeypatch.setattr(RootedFiles, "stat_in_root", lambda *arguments, **options: answers.wait())
    assert files.stat_in_root(str(tmp_path), "/there") is None
    assert files.deadline.overdue == 1
    answers.set()


def test_every_look_is_the_same_as_without_a_deadline(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("x")
    (tmp_path / "link").symlink_to("there")
    inode = (tmp_path / "there").stat().st_ino
    bounded, plain, root = BoundedFiles(ProcFS()), RootedFiles(), str(tmp_path)
    assert bounded.real_in_root(root, "/link") == plain.real_in_root(root, "/link")
    assert bounded.follow_in_root(root, "/link", 1) == plain.follow_in_root(root, "/link", 1)
    assert bounded.entries_in_root(root, "/", inode, 10) == plain.entries_in_root(root, "/", inode, 10) == ["there"]
    assert bounded.read_in_root(root, "/none", 10) is None


@pytest.mark.parametrize(
    ("fs_type", "may"), [("ext4", False), ("overlay", False), ("fuse.sshfs", True), ("nfs4", True), ("autofs", True)]
)
def test_file_systems_that_may_not_answer(fs_type: str, may: bool) -> None:
    assert may_wait(parse(f"20 1 8:1 / / rw - {fs_type} source rw\n".encode())) is may
