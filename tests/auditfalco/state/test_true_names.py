"""All names of the files that calls name: against a tree of real files with links of every kind."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from auditfalco.model.container import HOST, Container
from auditfalco.model.names import Names
from auditfalco.model.process import Image, Process
from auditfalco.state.effort import MOST_SAVED_NS, Effort
from auditfalco.state.roots import RootedFiles
from auditfalco.state.truenames import TrueNames
from kernel_sources.audit.facts import PathFacts, join
from kernel_sources.audit.record import Record
from kernel_sources.procfs import ProcFS


def recorded(path: Path, name: str, **changes: str) -> PathFacts:
    """A PATH record of a file, as the kernel writes it of a call that named it so."""
    status = path.stat()
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}"
    values = {"inode": str(status.st_ino), "dev": device, **changes}
    owners = f"ouid={status.st_uid} ogid={status.st_gid} rdev=00:00"
    text = f'item=0 name="{name}" inode={values["inode"]} dev={values["dev"]} mode=0{status.st_mode:o} {owners}'
    return PathFacts(Record.from_netlink(1302, f"audit(1.000:1): {text} nametype=NORMAL".encode()))


@pytest.fixture
def names() -> TrueNames:
    """Looks at this machine."""
    proc = ProcFS()
    return TrueNames(proc, RootedFiles(proc))


@pytest.fixture
def contained(tmp_path: Path) -> tuple[Process, Path]:
    """A process that is gone, of a container whose root is a directory."""
    root = tmp_path / "root"
    for directory in ("etc", "tmp", "usr/lib"):
        (root / directory).mkdir(parents=True)
    (root / "tmp").chmod(0o1777)
    (root / "etc/shadow").write_text("secret")
    (root / "usr/lib/libc").write_text("library")
    (root / "tmp/x").symlink_to("/etc/shadow")
    (root / "tmp/d").symlink_to("/etc")
    (root / "lib").symlink_to("usr/lib")
    os.link(root / "etc/shadow", root / "tmp/hard")
    container = Container("ab" * 32, "docker")
    container.root, container.upper = str(root), str(tmp_path / "upper")
    process = Process(2**22 + 7, 0, None, Image())
    process.exit_ns = 1
    process.container = container
    return process, root


def of(names: TrueNames, process: Process, spelled: str, path: PathFacts) -> Any:
    """The names of a file."""
    return names.of(process, spelled, join("/", spelled) or "", path, 1)


@pytest.mark.parametrize(("spelled"), ["/tmp/x", "/tmp/d/shadow", "/tmp/d/../etc/./shadow"])
def test_links_that_anybody_may_have_made(names: TrueNames, contained: tuple[Process, Path], spelled: str) -> None:
    process, root = contained
    found = of(names, process, spelled, recorded(root / "etc/shadow", spelled))
    if spelled.endswith("./shadow"):
        # Put straight without looking, this name happens to be right.
        assert found == "/tmp/etc/shadow" and isinstance(found, Names) and found.also == ("/etc/shadow",)
    else:
        assert found == spelled and isinstance(found, Names) and found.also == ("/etc/shadow",)


@pytest.mark.skipif(os.geteuid() != 0, reason="wants links of root")
def test_links_of_the_image_are_trusted_until_the_container_changes_them(
    names: TrueNames, contained: tuple[Process, Path], tmp_path: Path
) -> None:
    process, root = contained
    root.chmod(0o755)
    found = of(names, process, "/lib/libc", recorded(root / "usr/lib/libc", "/lib/libc"))
    assert isinstance(found, Names) and (found.also, found.trusted) == ((), ("/usr/lib/libc",))
    (tmp_path / "upper").mkdir()
    (tmp_path / "upper/lib").symlink_to("usr/lib")
    changed = of(TrueNames(ProcFS(), RootedFiles()), process, "/lib/libc", recorded(root / "usr/lib/libc", "/lib/libc"))
    assert isinstance(changed, Names) and (changed.also, changed.trusted) == (("/usr/lib/libc",), ())


def test_a_plain_name_stays_plain(names: TrueNames, contained: tuple[Process, Path]) -> None:
    process, root = contained
    assert type(of(names, process, "/usr/lib/libc", recorded(root / "usr/lib/libc", "/usr/lib/libc"))) is str


def test_a_hard_link_to_a_named_file(names: TrueNames, contained: tuple[Process, Path]) -> None:
    process, root = contained
    names.watch(["/etc/shadow"])
    found = of(names, process, "/tmp/hard", recorded(root / "etc/shadow", "/tmp/hard"))
    assert isinstance(found, Names) and found.also == ("/etc/shadow",)
    assert type(of(names, process, "/etc/shadow", recorded(root / "etc/shadow", "/etc/shadow"))) is str


def test_what_cannot_be_looked_at_any_more_is_known_by_its_number(
    names: TrueNames, contained: tuple[Process, Path]
) -> None:
    process, root = contained
    names.watch(["/etc/shadow"])
    found = of(names, process, "/gone/link", recorded(root / "etc/shadow", "/gone/link"))
    assert isinstance(found, Names) and found.also == ("/etc/shadow",)


def test_a_link_that_was_changed_since_is_not_believed(names: TrueNames, contained: tuple[Process, Path]) -> None:
    process, root = contained
    assert type(of(names, process, "/tmp/x", recorded(root / "etc/shadow", "/tmp/x", inode="1"))) is str
    assert type(of(names, process, "/tmp/x", recorded(root / "etc/shadow", "/tmp/x", dev="08:77"))) is str


def test_on_the_host_through_proc_self(names: TrueNames, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    process = Process(os.getpid(), 0, None, Image())
    process.container = HOST
    spelled = f"/proc/self/root{file}"
    found = of(names, process, spelled, recorded(file, spelled))
    assert found == spelled and isinstance(found, Names) and found.also == (str(file),)
    direct = tmp_path / "link"
    direct.symlink_to("file")
    linked = of(names, process, str(direct), recorded(file, str(direct)))
    assert isinstance(linked, Names) and linked.also == (str(file),)


def test_kernel_made_links_of_proc_are_trusted(names: TrueNames) -> None:
    process = Process(os.getpid(), 0, None, Image())
    process.container = HOST
    found = of(names, process, "/proc/mounts", recorded(Path(f"/proc/{os.getpid()}/mounts"), "/proc/mounts"))
    assert isinstance(found, Names) and (found.also, found.trusted) == ((), (f"/proc/{os.getpid()}/mounts",))


def test_what_is_remembered_is_bounded(
    names: TrueNames, contained: tuple[Process, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auditfalco.state.truenames.MOST_REMEMBERED", 2)
    process, root = contained
    for spelled in ("/lib/libc", "/lib/../lib/libc", "/usr/lib/libc"):
        of(names, process, spelled, recorded(root / "usr/lib/libc", spelled))
    assert names.evictions == 1


def test_what_is_not_looked_at_is_counted(contained: tuple[Process, Path]) -> None:
    process, root = contained
    now = [0]
    effort = Effort(lambda: now[0])
    names = TrueNames(ProcFS(), RootedFiles(), effort)
    names.watch(["/etc/shadow"])
    gone = recorded(root / "usr/lib/libc", "/gone/a")
    of(names, process, "/gone/a", gone)
    assert names.refusals == 0
    with effort.spending():
        now[0] += 2 * MOST_SAVED_NS
    of(names, process, "/gone/a", gone)
    assert names.refusals > 0
