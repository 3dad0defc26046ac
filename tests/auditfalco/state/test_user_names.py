"""Users: the passwd file of the place, read anew when it changed, and never one outside the root it is asked for."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from auditfalco.state.roots import RootedFiles
from auditfalco.state.users import (
    CHECK_INTERVAL_NS,
    UNKNOWN_NAME,
    UserDirectory,
    UserEntry,
    parse_group,
    parse_passwd,
)


def passwd(root: Path, content: str | bytes) -> None:
    """Write the passwd file of the system at `root`."""
    (root / "etc").mkdir(parents=True, exist_ok=True)
    path = root / "etc" / "passwd"
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def group(root: Path, content: str) -> None:
    """Write the group file of the system at `root`."""
    (root / "etc").mkdir(parents=True, exist_ok=True)
    (root / "etc" / "group").write_text(content)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now_ns = 0

    def __call__(self) -> int:
        return self.now_ns

    def check_is_due(self) -> None:
        """Let so much time pass that files are looked at again."""
        self.now_ns += CHECK_INTERVAL_NS


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def users(clock: Clock) -> UserDirectory:
    return UserDirectory(RootedFiles(), clock=clock)


def test_the_format_of_the_file() -> None:
    content = (
        b"root:x:0:0:root:/root:/bin/bash\n"
        b"# a comment\n"
        b"short:x:5\n"
        b"again:x:0:0::/:/bin/sh\n"
        b"odd:x:-1:0::/:/bin/sh\n"
        b"space:x: 7:0::/:/bin/sh\n"
        b"arabic:x:\xd9\xa3:0::/:/bin/sh\n"
        b"caf\xe9:x:1000:1000:Caf\xe9,,,:/home/caf\xe9:/bin/zsh\n"
        b"+nis::::::\n"
        b"last:x:1001:1001::/home/last:"
    )
    assert parse_passwd(content) == {
        0: UserEntry("root", 0, "/root", "/bin/bash"),
        1000: UserEntry("caf\udce9", 1000, "/home/caf\udce9", "/bin/zsh"),
        1001: UserEntry("last", 1001, "/home/last", ""),
    }


HOSTILE = [b"", b"\n\n", b":" * 100, b"\0\xff\xfe", b"x:x:" + b"9" * 5000 + b":0::/:/bin/sh\n"]


@pytest.mark.parametrize("content", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_file_has_no_users(content: bytes) -> None:
    assert parse_passwd(content) == {}


@given(some.binary(max_size=300))
def test_no_file_can_stop_the_reading(content: bytes) -> None:
    for uid, entry in parse_passwd(content).items():
        assert uid == entry.uid


def test_names_by_root(users: UserDirectory, tmp_path: Path) -> None:
    passwd(tmp_path / "a", "alice:x:1000:1000::/home/alice:/bin/bash\n")
    passwd(tmp_path / "b", "bob:x:1000:1000::/home/bob:/bin/ash\n")
    assert users.name(str(tmp_path / "a"), 1000) == "alice"
    assert users.name(str(tmp_path / "b"), 1000) == "bob"
    assert users.lookup(str(tmp_path / "b"), 1000) == UserEntry("bob", 1000, "/home/bob", "/bin/ash")


def test_an_unknown_user_is_a_text_and_uid_0_is_root(users: UserDirectory, tmp_path: Path) -> None:
    passwd(tmp_path, "toor:x:0:0::/:/bin/sh\n")
    assert users.name(str(tmp_path), 4242) == UNKNOWN_NAME == "<NA>"
    assert users.name(str(tmp_path), 0) == "root"
    assert users.name(None, 0) == "root"
    assert users.name(None, 1000) == "<NA>"
    assert users.name(str(tmp_path / "nowhere"), 1000) == "<NA>"
    assert users.lookup(str(tmp_path), 4242) is None


def test_a_changed_file_is_read_again(users: UserDirectory, clock: Clock, tmp_path: Path) -> None:
    passwd(tmp_path, "old:x:1000:1000::/home/old:/bin/sh\n")
    assert users.name(str(tmp_path), 1000) == "old"
    passwd(tmp_path, "newer:x:1000:1000::/home/newer:/bin/sh\n")
    assert users.name(str(tmp_path), 1000) == "old"
    clock.check_is_due()
    assert users.name(str(tmp_path), 1000) == "newer"
    (tmp_path / "etc" / "passwd").unlink()
    clock.check_is_due()
    assert users.name(str(tmp_path), 1000) == "<NA>"


def test_a_user_added_while_running_is_named_within_a_second(tmp_path: Path) -> None:
    passwd(tmp_path, "old:x:1000:1000::/home/old:/bin/sh\n")
    group(tmp_path, "old:x:1000:\n")
    users = UserDirectory(RootedFiles())
    root = str(tmp_path)
    assert (users.name(root, 1001), users.group_name(root, 1001)) == ("<NA>", "<NA>")
    with (tmp_path / "etc" / "passwd").open("a") as file:
        file.write("fresh:x:1001:1001::/home/fresh:/bin/sh\n")
    with (tmp_path / "etc" / "group").open("a") as file:
        file.write("crew:x:1001:\n")
    deadline = time.monotonic() + 1
    while users.name(root, 1001) == "<NA>" or users.group_name(root, 1001) == "<NA>":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert (users.name(root, 1001), users.group_name(root, 1001)) == ("fresh", "crew")


def test_a_file_that_was_absent_is_found_once_it_is_there(users: UserDirectory, clock: Clock, tmp_path: Path) -> None:
    assert users.name(str(tmp_path), 1000) == "<NA>"
    passwd(tmp_path, "late:x:1000:1000::/:/bin/sh\n")
    clock.check_is_due()
    assert users.name(str(tmp_path), 1000) == "late"


def test_groups(users: UserDirectory, tmp_path: Path) -> None:
    group(tmp_path, "wheel:x:0:\n# no group\nshort:x:7\nstaff:x:50:alice,bob\nagain:x:50:\nodd:x:-1:\nlast:x:51:")
    names = [users.group_name(str(tmp_path), gid) for gid in (0, 7, 50, 51, 4242)]
    assert names == ["root", "<NA>", "staff", "last", "<NA>"]
    assert users.group_name(None, 50) == "<NA>"
    assert users.group_name(str(tmp_path / "nowhere"), 50) == "<NA>"


@given(some.binary(max_size=300))
def test_no_group_file_can_stop_the_reading(content: bytes) -> None:
    assert all(isinstance(name, str) for name in parse_group(content).values())


def test_an_empty_home_is_no_unknown_one(users: UserDirectory, tmp_path: Path) -> None:
    passwd(tmp_path, "bare:x:1000:1000:::\n")
    assert users.lookup(str(tmp_path), 1000) == UserEntry("bare", 1000, "", "")


def test_a_file_put_in_its_place_is_noticed_at_the_same_size_and_time(
    users: UserDirectory, clock: Clock, tmp_path: Path
) -> None:
    passwd(tmp_path, "one:x:1000:1000::/home:/bin/sh\n")
    assert users.name(str(tmp_path), 1000) == "one"
    status = (tmp_path / "etc" / "passwd").stat()
    (tmp_path / "etc" / "fresh").write_text("two:x:1000:1000::/home:/bin/sh\n")
    os.utime(tmp_path / "etc" / "fresh", ns=(status.st_atime_ns, status.st_mtime_ns))
    os.replace(tmp_path / "etc" / "fresh", tmp_path / "etc" / "passwd")
    clock.check_is_due()
    assert users.name(str(tmp_path), 1000) == "two"


@pytest.mark.parametrize("link", ["{outside}/passwd", "../../outside/passwd", "../../../../../../../../etc/passwd"])
def test_a_link_out_of_the_root_does_not_escape(users: UserDirectory, tmp_path: Path, link: str) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "passwd").write_text("outsider:x:1000:1000::/:/bin/sh\n")
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    os.symlink(link.format(outside=tmp_path / "outside"), root / "etc" / "passwd")
    assert users.name(str(root), 1000) == "<NA>"


def test_a_link_within_the_root_is_followed_there(users: UserDirectory, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "data").mkdir(parents=True)
    (root / "data" / "passwd").write_text("inside:x:1000:1000::/:/bin/sh\n")
    os.symlink("/data", root / "etc")
    assert users.name(str(root), 1000) == "inside"


def test_what_is_no_regular_file_is_not_read(users: UserDirectory, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    os.mkfifo(tmp_path / "etc" / "passwd")
    assert users.name(str(tmp_path), 1000) == "<NA>"


def test_the_cache_is_bounded(tmp_path: Path) -> None:
    users = UserDirectory(RootedFiles(), capacity=2)
    for name in ("a", "b", "c"):
        passwd(tmp_path / name, f"{name}:x:1000:1000::/:/bin/sh\n")
        assert users.name(str(tmp_path / name), 1000) == name
    assert users.evictions == 1
    assert users.name(str(tmp_path / "a"), 1000) == "a"


def test_a_replay_has_no_files() -> None:
    users = UserDirectory(None)
    assert (users.name("/", 1000), users.lookup("/", 0), users.group_name("/", 1)) == ("<NA>", None, "<NA>")
