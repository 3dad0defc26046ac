"""Rights and namespaces, from recorded proc file systems."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditfalco.coverage.machine.privileges import Privileges, look_at_privileges
from kernel_sources.procfs import ProcFS

OLD, NEW = (6, 1), (6, 18)
STATUS = """Name:\tagent
Tgid:\t5
PPid:\t1
TracerPid:\t0
Uid:\t0\t0\t0\t0
Gid:\t0\t0\t0\t0
Groups:\t
Threads:\t1
CapInh:\t0000000000000000
CapPrm:\t0000002000000000
CapEff:\t0000002000000000
CapBnd:\t0000002040000000
CapAmb:\t0000000000000000
"""


class Tree:
    """A recorded proc file system of a process that is "self", and of process 1."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for process in ("self", "1"):
            (root / process / "ns").mkdir(parents=True)
        (root / "self" / "status").write_text(STATUS)
        (root / "self" / "mountinfo").write_text(f"40 36 0:21 / {root} rw - proc proc rw,hidepid=2\n")
        (root / "sys" / "net" / "core").mkdir(parents=True)
        (root / "sys" / "net" / "core" / "somaxconn").write_text("4096\n")

    def namespace(self, kind: str, number: int, process: str = "self") -> None:
        (self.root / process / "ns" / kind).symlink_to(f"{kind}:[{number}]")

    def look(self, version: tuple[int, int] = OLD) -> Privileges:
        return look_at_privileges(ProcFS(str(self.root)), version)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def test_capabilities(tree: Tree) -> None:
    found = tree.look()
    assert found.effective == {"CAP_AUDIT_READ"}
    assert found.bounding == {"CAP_AUDIT_READ", "CAP_AUDIT_CONTROL"}
    assert found.may("CAP_AUDIT_READ") and not found.may("CAP_AUDIT_CONTROL")


def test_capabilities_of_another_user_namespace_count_for_nothing(tree: Tree) -> None:
    tree.namespace("user", 4026532314)
    found = tree.look()
    assert found.user is False
    assert not found.may("CAP_AUDIT_READ")


def test_the_initial_namespaces_by_number(tree: Tree) -> None:
    tree.namespace("user", 0xEFFFFFFD)
    tree.namespace("pid", 0xEFFFFFFC)
    tree.namespace("net", 0xEFFFFFF9)
    tree.namespace("mnt", 0xEFFFFFF8)
    found = tree.look(NEW)
    assert (found.user, found.pid, found.net, found.mount) == (True, True, True, True)


def test_network_namespaces_without_fixed_numbers_differ_in_their_settings(tree: Tree) -> None:
    tree.namespace("net", 4026531840)
    assert tree.look().net is False
    (tree.root / "sys" / "net" / "core" / "netdev_max_backlog").write_text("1000\n")
    assert tree.look().net is True


def test_without_settings_nothing_is_said_of_the_network(tree: Tree) -> None:
    (tree.root / "sys" / "net" / "core" / "somaxconn").unlink()
    assert tree.look().net is None


def test_the_mount_namespace_is_compared_with_that_of_process_1(tree: Tree) -> None:
    tree.namespace("pid", 0xEFFFFFFC)
    tree.namespace("mnt", 4026531841)
    assert tree.look().mount is None
    assert tree.look(NEW).mount is False
    tree.namespace("mnt", 4026531841, "1")
    assert tree.look().mount is True


def test_process_1_of_another_pid_namespace_is_no_measure(tree: Tree) -> None:
    tree.namespace("pid", 4026532316)
    tree.namespace("mnt", 4026531841)
    tree.namespace("mnt", 4026531841, "1")
    found = tree.look()
    assert (found.pid, found.mount) == (False, None)


def test_hidden_processes(tree: Tree) -> None:
    assert tree.look().hidden == "2"
    (tree.root / "self" / "mountinfo").write_text(f"40 36 0:21 / {tree.root} rw - proc proc rw,hidepid=off\n")
    assert tree.look().hidden == ""


def test_without_a_proc_file_system_nothing_is_known(tmp_path: Path) -> None:
    found = look_at_privileges(ProcFS(str(tmp_path / "none")), OLD)
    assert (found.effective, found.user, found.pid, found.net, found.mount) == (frozenset(), None, None, None, None)
