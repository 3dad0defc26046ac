"""The names of executed programs, in a made-up container's tree."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from auditfalco.model.container import Container
from auditfalco.model.process import Image, Process
from auditfalco.model.program import Program
from auditfalco.state.host import HostState
from kernel_sources.audit import facts
from kernel_sources.procfs import ProcFS

START = 1_700_000_000_000_000_000


class Tree:
    """A container's root, and execs of files in it."""

    def __init__(self, root: Path, machine: Any, records: Any) -> None:
        self.root = root
        self._machine, self._records = machine, records
        self.host = HostState("testbox", ProcFS(str(root / "noproc")))
        self.process = Process(2, 0, Process(1, 0, None, Image()), Image())
        self.process.euid, self.process.cwd, self.process.exit_ns = 0, "/tmp", START
        container = Container("ab" * 32, "docker")
        container.root = str(root)
        self.process.container = container

    def program(self, path: str, content: str = "#!never read", mode: int = 0o755) -> None:
        place = self.root / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
        place.chmod(mode)

    def run(self, spelled: str, *argv: str, exe: str | None = None, interpreter: str | None = None) -> Program | None:
        """Execute a path; `exe` is what is reached when that is another file."""
        real = exe or spelled
        reached = spelled if interpreter is not None else real
        status = (self.root / reached[1:]).stat()
        device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}"
        lines = [self._records.path(0, spelled, inode=status.st_ino, dev=device)]
        if interpreter is not None:
            lines.append(self._records.path(1, interpreter, inode=1, dev=device))
        paths = facts.paths(self._machine.raw(*lines))
        image = Image(START)
        image.comm = spelled.rpartition("/")[2][:15]
        image.argv = list(argv) or [spelled]
        image.exe_path = interpreter or real
        return self.host.programs.executed(self.process, image, paths, START)


@pytest.fixture
def tree(tmp_path: Path, machine: Any, records: Any) -> Tree:
    made = Tree(tmp_path / "root", machine, records)
    made.program("/usr/bin/apt", "the package manager")
    made.program("/usr/bin/dash", "a shell")
    made.program("/usr/sbin/sshd", "a server")
    (made.root / "tmp").mkdir()
    made.host.watch_programs(["apt", "sh", "dash", "sshd"])
    return made


def names(program: Program | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    assert program is not None
    return program.also, tuple(name for name in program.trusted if name != program.name)


def test_a_program_where_it_belongs_has_its_own_name_alone(tree: Tree) -> None:
    assert names(tree.run("/usr/bin/apt")) == ((), ())


def test_a_link_of_somebodys_hides_nothing(tree: Tree) -> None:
    (tree.root / "tmp" / "x").symlink_to("/usr/bin/apt")
    assert names(tree.run("/tmp/x", exe="/usr/bin/apt")) == (("apt",), ())


def test_a_link_of_the_systems_is_an_alias(tree: Tree) -> None:
    (tree.root / "usr" / "bin" / "sh").symlink_to("dash")
    assert names(tree.run("/usr/bin/sh", exe="/usr/bin/dash")) == ((), ("dash",))


def test_a_hard_link(tree: Tree) -> None:
    os.link(tree.root / "usr/bin/apt", tree.root / "tmp" / "y")
    assert names(tree.run("/tmp/y")) == (("/tmp/y", "apt"), ())


def test_a_copy_is_told_by_its_content(tree: Tree) -> None:
    tree.program("/tmp/z", "the package manager")
    tree.program("/tmp/other", "the package mangler")
    assert names(tree.run("/tmp/z")) == (("/tmp/z", "apt"), ())
    assert names(tree.run("/tmp/other")) == (("/tmp/other",), ())


def test_a_program_replaced_later_is_known_too(tree: Tree) -> None:
    tree.program("/tmp/z", "the package manager, upgraded")
    assert names(tree.run("/tmp/z")) == (("/tmp/z",), ())
    tree.host.watch_programs(["apt"])
    tree.program("/usr/bin/apt", "the package manager, upgraded")
    assert names(tree.run("/tmp/z")) == (("/tmp/z", "apt"), ())


def test_an_allowed_name_elsewhere_is_not_that_program(tree: Tree) -> None:
    tree.program("/tmp/sshd", "malware")
    assert names(tree.run("/tmp/sshd")) == (("/tmp/sshd",), ())


def test_a_script_is_not_its_interpreter(tree: Tree) -> None:
    tree.program("/tmp/passwd", "#!/bin/dash")
    made = tree.run("/tmp/passwd", "/bin/dash", "/tmp/passwd", interpreter="/bin/dash")
    assert names(made) == (("/tmp/passwd",), ())


def test_the_program_that_the_loader_runs(tree: Tree) -> None:
    tree.program("/lib64/ld-linux-x86-64.so.2", "loader")
    loader = "/lib64/ld-linux-x86-64.so.2"
    also, _ = names(tree.run(loader, loader, "/usr/bin/apt", "update"))
    assert "apt" in also


def test_what_no_rule_asks_for_is_not_looked_for(tree: Tree) -> None:
    tree.host.watch_programs([])
    assert tree.run("/usr/bin/apt") is None
