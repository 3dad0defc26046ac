"""Where paths lead inside a root, and over which links."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel_sources.procfs.realpath import Reached, follow


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with a file, and links of many kinds to it."""
    tree = tmp_path / "root"
    for directory in ("etc", "tmp", "usr/lib"):
        (tree / directory).mkdir(parents=True)
    (tree / "etc/shadow").write_text("secret")
    (tree / "tmp").chmod(0o1777)
    links = {
        "tmp/x": "/etc/shadow",
        "tmp/d": "../etc",
        "tmp/up": "../../../../../etc/shadow",
        "tmp/loop": "loop",
        "tmp/again": "d/../tmp/d/shadow",
        "lib": "usr/lib",
    }
    for link, target in links.items():
        (tree / link).symlink_to(target)
    (tree / "usr/lib/s").symlink_to("/etc/shadow")
    return tree


@pytest.fixture
def walked(root: Path) -> Iterator[object]:
    """Walks a path in the root."""
    descriptor = os.open(root, os.O_PATH)

    def walk(path: str) -> Reached:
        return follow(descriptor, path, 42)

    yield walk
    os.close(descriptor)


@pytest.mark.parametrize(
    ("path", "links"),
    [
        ("/etc/shadow", []),
        ("//etc/.//shadow", []),
        ("/etc/../etc/shadow", []),
        ("/../../etc/shadow", []),
        ("/tmp/x", ["/tmp/x"]),
        ("/tmp/d/shadow", ["/tmp/d"]),
        ("/tmp/d/../etc/shadow", ["/tmp/d"]),
        ("/tmp/up", ["/tmp/up"]),
        ("/tmp/again", ["/tmp/again", "/tmp/d", "/tmp/d"]),
        ("/lib/s", ["/lib", "/usr/lib/s"]),
    ],
)
def test_ways_to_one_file(walked: object, root: Path, path: str, links: list[str]) -> None:
    reached = walked(path)  # type: ignore[operator]
    assert reached.real == "/etc/shadow"
    assert reached.status.st_ino == (root / "etc/shadow").stat().st_ino
    assert [link.path for link in reached.links] == links
    assert not any(link.magic for link in reached.links)


@pytest.mark.parametrize(
    ("path", "error"),
    [("/tmp/loop", "Too many"), ("/etc/none", "No such"), ("/etc/shadow/../shadow", "Not a"), ("/a" * 300, "No")],
)
def test_ways_that_lead_nowhere(walked: object, path: str, error: str) -> None:
    with pytest.raises(OSError, match=error):
        walked(path)  # type: ignore[operator]


def test_a_way_without_end(walked: object, root: Path) -> None:
    with pytest.raises(OSError, match="Too many"):
        walked("/etc/.." * 300 + "/etc/shadow")  # type: ignore[operator]


@pytest.mark.skipif(os.geteuid() != 0, reason="wants files of root and of somebody else")
def test_whose_links_they_are(walked: object, root: Path) -> None:
    root.chmod(0o755)
    os.chown(root / "usr/lib/s", 1000, 1000, follow_symlinks=False)
    assert [link.of_system for link in walked("/lib/s").links] == [True, False]  # type: ignore[operator]
    assert [link.of_system for link in walked("/tmp/x").links] == [False], "anybody may write there"  # type: ignore[operator]


def test_proc_self_stands_for_the_process_and_its_links_are_magic() -> None:
    descriptor = os.open("/", os.O_PATH)
    try:
        reached = follow(descriptor, "/proc/self/cwd/tests/..", os.getpid())
        others = follow(descriptor, "/proc/self/status", 1)
        thread = follow(descriptor, "/proc/thread-self/comm", os.getpid())
    finally:
        os.close(descriptor)
    assert [(link.path, link.magic) for link in reached.links] == [
        ("/proc/self", False),
        (f"/proc/{os.getpid()}/cwd", True),
    ]
    assert others.real == "/proc/1/status" and others.links[0].of_system
    assert thread.real == f"/proc/{os.getpid()}/task/{os.getpid()}/comm"


def test_no_descriptor_is_left_open(root: Path) -> None:
    descriptor = os.open(root, os.O_PATH)
    before = set(os.listdir("/proc/self/fd"))
    for path in ("/tmp/again", "/tmp/loop", "/etc/none", "/lib/s"):
        try:
            follow(descriptor, path, None)
        except OSError:
            assert path in ("/tmp/loop", "/etc/none")
    assert set(os.listdir("/proc/self/fd")) == before
    os.close(descriptor)
