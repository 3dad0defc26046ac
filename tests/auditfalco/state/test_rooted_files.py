"""Files below a root that somebody else owns: reached, but never left."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from auditfalco.state.roots import RootedFiles


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with a file, a directory, links of every kind, and a secret outside."""
    (tmp_path / "secret").write_text("outside")
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc" / "passwd").write_text("inside")
    (root / "secret").mkdir()
    os.symlink("etc/passwd", root / "relative")
    os.symlink("/etc/passwd", root / "absolute")
    os.symlink(str(tmp_path / "secret"), root / "out")
    os.symlink("../../secret", root / "etc" / "up")
    os.symlink("loop", root / "loop")
    os.mkfifo(root / "fifo")
    return root


def content(root: Path, path: str) -> str | None:
    """What is read through the door, None when there is nothing to read."""
    found = RootedFiles().read_in_root(str(root), path, 100)
    return None if found is None or found.data is None else found.data.decode()


@pytest.mark.parametrize("path", ["/etc/passwd", "etc/passwd", "/relative", "/absolute", "/../../etc/passwd"])
def test_files_are_read_as_from_within(root: Path, path: str) -> None:
    assert content(root, path) == "inside"


@pytest.mark.parametrize("path", ["/out", "/etc/up", "/loop", "/fifo", "/etc", "/none", "/etc/passwd/x", "/a\0b", ""])
def test_everything_else_is_absent(root: Path, path: str) -> None:
    assert content(root, path) is None


def test_a_root_that_is_gone_or_no_directory_has_no_files(root: Path) -> None:
    assert content(root / "none", "/etc/passwd") is None
    assert content(root / "etc" / "passwd", "/") is None
    assert RootedFiles().stat_in_root(str(root / "none"), "/etc") is None


def test_links_are_followed_or_not(root: Path) -> None:
    files = RootedFiles()
    followed = files.stat_in_root(str(root), "/absolute")
    itself = files.stat_in_root(str(root), "/absolute", follow=False)
    assert followed is not None
    assert itself is not None
    assert followed.st_ino == (root / "etc" / "passwd").stat().st_ino
    assert itself.st_ino == (root / "absolute").lstat().st_ino
    assert files.stat_in_root(str(root), "/out") is None


def test_what_a_path_leads_to(root: Path) -> None:
    files = RootedFiles()
    for path in ("/etc/passwd", "/absolute", "/etc/../relative"):
        found = files.real_in_root(str(root), path)
        assert found is not None
        assert found[1] == "/etc/passwd"
        assert found[0].st_ino == (root / "etc" / "passwd").stat().st_ino
    assert files.real_in_root(str(root), "/out") is None
    assert files.real_in_root(str(root / "none"), "/etc") is None
    inside_of_all = files.real_in_root("/", str(root / "etc"))
    assert inside_of_all is not None
    assert inside_of_all[1] == str((root / "etc").resolve())


def test_no_descriptor_is_left_open(root: Path) -> None:
    before = os.listdir("/proc/self/fd")
    for path in ("/etc/passwd", "/out", "/fifo", "/etc"):
        RootedFiles().stat_in_root(str(root), path)
        RootedFiles().real_in_root(str(root), path)
        content(root, path)
    assert os.listdir("/proc/self/fd") == before


def test_a_file_that_is_as_it_was_is_not_read_again(root: Path) -> None:
    files = RootedFiles()
    first = files.read_in_root(str(root), "/etc/passwd", 3)
    assert first is not None and first.data == b"ins"
    again = files.read_in_root(str(root), "/etc/passwd", 3, first.stamp)
    assert again is not None and (again.data, again.stamp) == (None, first.stamp)
    (root / "etc/passwd").write_text("changed")
    changed = files.read_in_root(str(root), "/etc/passwd", 100, first.stamp)
    assert changed is not None and changed.data == b"changed"
