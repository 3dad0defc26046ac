"""Where names lead, on a directory tree that is made for it; what is mounted is made up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from auditfalco.coverage import places as places_module
from auditfalco.coverage.constraints import Below, Named
from auditfalco.coverage.files import HostFiles
from auditfalco.coverage.places import Places
from kernel_sources.procfs import Mount, ProcFS, mounts


class Tree(HostFiles):
    """A directory below which everything is, and what is mounted there."""

    def __init__(self, top: Path) -> None:
        super().__init__(ProcFS(str(top / "nowhere")))
        self.top = top
        self.mounted = "1 0 8:1 / / rw - ext4 /dev/a rw\n"

    def mounts(self) -> Sequence[Mount]:
        return mounts.parse(self.mounted.encode())


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    for directory in ("etc/sub", "usr/lib", "opt/app"):
        (tmp_path / directory).mkdir(parents=True)
    for name in ("etc/shadow", "etc/sub/deep", "usr/lib/os-release", "opt/app/conf"):
        (tmp_path / name).write_text("")
    (tmp_path / "lib").symlink_to("usr/lib")
    return Tree(tmp_path)


def found(tree: Tree, place: Named | Below) -> set[str]:
    """The fields, the tree's own path left out."""
    return {str(field).replace(str(tree.top), "") for field in Places(tree).fields_of(place)}


def named(tree: Tree, path: str) -> set[str]:
    return found(tree, Named(f"{tree.top}{path}"))


def below(tree: Tree, path: str) -> set[str]:
    return found(tree, Below(f"{tree.top}{path}"))


def test_a_name_is_watched_whether_it_is_there_or_not(tree: Tree) -> None:
    assert named(tree, "/etc/shadow") == {"path=/etc/shadow"}
    assert named(tree, "/etc/not-yet") == {"path=/etc/not-yet"}


def test_directories_of_a_name_are_followed(tree: Tree) -> None:
    assert named(tree, "/lib/os-release") == {"path=/usr/lib/os-release"}


def test_a_name_that_is_a_link_is_asked_for_where_it_leads_too(tree: Tree) -> None:
    (tree.top / "etc/os-release").symlink_to("../lib/os-release")
    (tree.top / "etc/dangling").symlink_to("/no/such/file")
    assert named(tree, "/etc/os-release") == {"path=/etc/os-release", "path=/usr/lib/os-release"}
    assert named(tree, "/etc/dangling") == {"path=/etc/dangling"}


def test_a_missing_directory_is_waited_for(tree: Tree) -> None:
    places = Places(tree)
    assert places.fields_of(Named(f"{tree.top}/etc/new/dir/file")) == ()
    assert places.fields_of(Below(f"{tree.top}/srv")) == ()
    assert places.missing == {f"{tree.top}/etc/new", f"{tree.top}/srv"}


def test_what_is_mounted_on_a_name_is_told_by_its_inode(tree: Tree) -> None:
    tree.mounted += f"2 1 8:1 /x {tree.top}/etc/shadow rw - ext4 /dev/a rw\n"
    inode = (tree.top / "etc/shadow").stat().st_ino & 0xFFFFFFFF
    assert named(tree, "/etc/shadow") == {"path=/etc/shadow", f"inode={inode}"}
    assert below(tree, "/etc") == {"dir=/etc", "path=/etc/shadow", f"inode={inode}"}


def test_a_directory_with_what_its_links_lead_to(tree: Tree) -> None:
    (tree.top / "etc/release").symlink_to("../usr/lib/os-release")
    (tree.top / "etc/sub/app").symlink_to(tree.top / "opt/app")
    (tree.top / "etc/inside").symlink_to("sub/deep")
    expected = {"dir=/etc", "path=/usr/lib/os-release"}
    tree_owner_is_root = (tree.top / "etc").stat().st_uid == 0
    assert below(tree, "/etc") == (expected | {"dir=/opt/app"} if tree_owner_is_root else expected)
    assert below(tree, "/lib") == {"dir=/usr/lib"}
    assert below(tree, "/etc/shadow") == set()


def test_a_link_to_everything_is_told_and_not_followed(tree: Tree) -> None:
    (tree.top / "etc/all").symlink_to("/")
    places = Places(tree)
    assert [str(field) for field in places.fields_of(Below(f"{tree.top}/etc"))] == [f"dir={tree.top}/etc"]
    assert "under their own names only" in places.wider[0]


def test_what_is_mounted_below_a_directory_is_asked_for(tree: Tree) -> None:
    tree.mounted += (
        f"2 1 8:2 / {tree.top}/etc/sub rw - ext4 /dev/b rw\n3 1 0:5 / {tree.top}/usr/lib rw - proc proc rw\n"
    )
    assert below(tree, "/etc") == {"dir=/etc", "dir=/etc/sub"}
    assert below(tree, "/usr") == {"dir=/usr", "dir=/usr/lib"}


def test_processes_own_files_are_asked_for_by_their_file_system(tree: Tree) -> None:
    tree.mounted += f"3 1 0:5 / {tree.top}/opt rw - proc proc rw\n"
    places = Places(tree)
    assert [str(one) for one in places.fields_of(Named(f"{tree.top}/opt/self/mem"))] == [f"dir={tree.top}/opt"]
    assert "no lasting inode" in places.wider[0]
    assert named(tree, "/opt/kcore") == {"path=/opt/kcore"}


def test_all_is_asked_for_where_there_is_too_much_to_look_through(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places_module, "MOST_ENTRIES", 2)
    places = Places(tree)
    assert places.fields_of(Below(f"{tree.top}/etc")) == (None,)
    assert "files anywhere are asked for" in places.wider[0]
    assert Places(tree).fields_of(Below(f"{tree.top}/opt/app")) != (None,)
