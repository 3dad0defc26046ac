"""Paths below a foreign root, by the kernel's own resolution and by walking: both must agree and neither may leave."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kernel_sources.procfs import inroot

Opener = Callable[[int, str, int], int]


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    root = tmp_path / "rootfs"
    (root / "etc" / "sub").mkdir(parents=True)
    (root / "etc" / "passwd").write_text("inside")
    (tmp_path / "passwd").write_text("outside")
    for name, target in {
        "absolute": "/etc/passwd",
        "directory": "/etc/sub/",
        "loop": "loop",
        "escape": "../../../../passwd",
        "etc/sub/relative": "../../../../etc/passwd",
        "dangling": "/nothing",
        "magic": "/proc/self/exe",
        "chain0": "absolute",
        **{f"chain{n}": f"chain{n - 1}" for n in range(1, 45)},
    }.items():
        os.symlink(target, root / name)
    return root


@pytest.fixture
def root(foreign: Path) -> Iterator[int]:
    descriptor = os.open(foreign, os.O_PATH | os.O_DIRECTORY)
    yield descriptor
    os.close(descriptor)


@pytest.fixture(params=[inroot.open_below, inroot.walk_below], ids=["kernel", "walk"])
def opener(request: pytest.FixtureRequest) -> Opener:
    chosen: Opener = request.param
    return chosen


def target_of(descriptor: int) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/etc/passwd", "etc/passwd"),
        ("etc//./passwd", "etc/passwd"),
        ("/absolute", "etc/passwd"),
        ("/etc/sub/relative", "etc/passwd"),
        ("/directory/relative", "etc/passwd"),
        ("/../../etc/passwd", "etc/passwd"),
        ("/etc/sub/../passwd", "etc/passwd"),
        ("/chain30", "etc/passwd"),
        ("/directory", "etc/sub"),
        ("/etc/..", ""),
        ("/", ""),
        ("", ""),
        ("..", ""),
    ],
)
@pytest.mark.parametrize("flags", [os.O_PATH, os.O_RDONLY], ids=["path", "read"])
def test_paths_stay_below_the_root(
    opener: Opener, root: int, foreign: Path, path: str, expected: str, flags: int
) -> None:
    assert target_of(opener(root, path, flags)) == str(foreign / expected)


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("/nothing", errno.ENOENT),
        ("/dangling", errno.ENOENT),
        ("/escape", errno.ENOENT),
        ("/magic", errno.ENOENT),
        ("/loop", errno.ELOOP),
        ("/chain44", errno.ELOOP),
        ("/etc/passwd/x", errno.ENOTDIR),
        ("/" + "a" * 300, errno.ENAMETOOLONG),
    ],
)
def test_paths_that_lead_nowhere(opener: Opener, root: int, path: str, number: int) -> None:
    before = len(os.listdir("/dev/fd"))
    with pytest.raises(OSError) as caught:
        opener(root, path, os.O_PATH)
    assert caught.value.errno == number
    assert len(os.listdir("/dev/fd")) == before


def test_a_link_at_the_end_can_be_had_itself(opener: Opener, root: int, foreign: Path) -> None:
    assert target_of(opener(root, "/absolute", os.O_PATH | os.O_NOFOLLOW)) == str(foreign / "absolute")
    assert target_of(opener(root, "/directory/relative", os.O_PATH | os.O_NOFOLLOW)) == str(
        foreign / "etc" / "sub" / "relative"
    )


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EPERM, errno.EAGAIN])
def test_where_the_kernel_does_not_help_the_path_is_walked(
    root: int, foreign: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(root: int, path: str, flags: int) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(inroot, "_openat2", refuse)
    assert target_of(inroot.open_below(root, "/absolute", os.O_RDONLY)) == str(foreign / "etc" / "passwd")


def test_no_name_can_hold_a_nul(root: int) -> None:
    with pytest.raises(OSError) as caught:
        inroot.open_below(root, "/etc/pass\0wd", os.O_PATH)
    assert caught.value.errno == errno.EINVAL
