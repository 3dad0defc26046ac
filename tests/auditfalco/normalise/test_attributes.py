"""Modes, owners, access, status, locks and listings of files."""

from __future__ import annotations

from typing import Any

import pytest

HERE = "ffffff9c"
I386 = "40000003"
X86_64 = "c000003e"
CHMOD, FCHMOD, CHOWN, FCHOWN, LCHOWN, FCHOWNAT, FCHMODAT = 90, 91, 92, 93, 94, 260, 268
ACCESS, NEWFSTATAT, FLOCK, GETDENTS, GETDENTS64 = 21, 262, 73, 78, 217
FILE = ("file", "NORMAL")


class TestModes:
    @pytest.mark.parametrize(("number", "arch"), [(CHMOD, X86_64), (15, I386)])
    def test_a_mode_is_told_by_names_and_in_octal(self, told: Any, texts: Any, number: int, arch: str) -> None:
        event = told(number, ("55d0", "9ed"), FILE, arch=arch)
        assert texts(event) == {
            "res": "0",
            "filename": "/tmp/file",
            "mode": "S_IXOTH|S_IROTH|S_IXGRP|S_IRGRP|S_IXUSR|S_IWUSR|S_IRUSR|S_ISUID",
        }
        assert (event.arguments["mode"].value, event.arguments["mode"].plain) == (0o4755, "04755")

    def test_what_the_kernel_ignores_is_left_out(self, told: Any) -> None:
        assert told(CHMOD, ("55d0", "ffff81ed"), FILE).arguments["mode"].value == 0o755

    def test_by_descriptor(self, told: Any, texts: Any, open_as: Any) -> None:
        open_as(5, "/etc/passwd")
        event = told(FCHMOD, ("5", "1b6"), (None, "NORMAL"))
        assert (texts(event)["fd"], event.fd_number, event.descriptor.name) == ("<f>/etc/passwd", 5, "/etc/passwd")
        assert set(texts(event)) == {"res", "fd", "mode"}

    def test_a_number_that_stood_for_another_file(self, told: Any, texts: Any, open_as: Any) -> None:
        open_as(5, "/tmp/harmless")
        event = told(FCHMOD, ("5", "1b6"), (None, "NORMAL", 99))
        assert (texts(event)["fd"], event.fd_number) == ("5", 5)
        assert (event.descriptor.name, event.descriptor.inode) == (None, 99)

    def test_a_descriptor_of_which_only_the_record_tells(self, told: Any, texts: Any) -> None:
        event = told(FCHMOD, ("5", "1b6"), (None, "NORMAL", 99))
        assert (texts(event)["fd"], event.descriptor.kind, event.descriptor.inode) == ("5", "file", 99)

    def test_by_a_bad_descriptor(self, told: Any, texts: Any) -> None:
        event = told(FCHMOD, ("ffffffff", "1b6"), exit=-9, cwd=None)
        assert (texts(event)["res"], event.fd_number, event.descriptor) == ("EBADF", -1, None)

    def test_below_a_directory(self, told: Any, texts: Any, open_as: Any) -> None:
        open_as(3, "/srv")
        event = told(FCHMODAT, ("3", "55d0", "1a4", "bad"), ("f", "NORMAL"))
        assert (texts(event)["dirfd"], texts(event)["filename"]) == ("<f>/srv", "/srv/f")

    def test_a_file_that_is_not_there(self, told: Any, texts: Any) -> None:
        event = told(CHMOD, ("55d0", "1ed"), ("nope", "UNKNOWN"), exit=-2)
        assert (texts(event)["res"], texts(event)["filename"]) == ("ENOENT", "/tmp/nope")


class TestOwners:
    @pytest.mark.parametrize(
        ("number", "arch", "name"),
        [
            (CHOWN, X86_64, "chown"),
            (LCHOWN, X86_64, "lchown"),
            (182, I386, "chown"),
            (16, I386, "lchown"),
            (212, I386, "chown"),
            (198, I386, "lchown"),
        ],
    )
    def test_by_name(self, told: Any, texts: Any, number: int, arch: str, name: str) -> None:
        event = told(number, ("55d0", "3e8", "0"), FILE, arch=arch)
        assert (event.type, texts(event)) == (name, {"res": "0", "path": "/tmp/file", "uid": "1000", "gid": "0"})

    @pytest.mark.parametrize(
        ("number", "arch", "register", "uid"),
        [
            (CHOWN, X86_64, "ffffffff", 0xFFFFFFFF),
            (CHOWN, X86_64, "11170", 70000),
            (182, I386, "ffff", 0xFFFFFFFF),
            (182, I386, "ffffffff", 0xFFFFFFFF),
            (182, I386, "11170", 70000 & 0xFFFF),
            (212, I386, "11170", 70000),
            (212, I386, "ffff", 0xFFFF),
        ],
    )
    def test_ids_of_16_bits_and_of_32(self, told: Any, number: int, arch: str, register: str, uid: int) -> None:
        assert told(number, ("55d0", register, "0"), FILE, arch=arch).arguments["uid"].value == uid

    @pytest.mark.parametrize(("number", "arch"), [(FCHOWN, X86_64), (95, I386), (207, I386)])
    def test_by_descriptor(self, told: Any, texts: Any, open_as: Any, number: int, arch: str) -> None:
        open_as(5, "/etc/passwd")
        event = told(number, ("5", "1", "2"), (None, "NORMAL"), arch=arch)
        assert (event.type, event.fd_number) == ("fchown", 5)
        assert texts(event) == {"res": "0", "fd": "<f>/etc/passwd", "uid": "1", "gid": "2"}

    @pytest.mark.parametrize(("number", "arch"), [(FCHOWNAT, X86_64), (298, I386)])
    def test_below_a_directory(self, told: Any, texts: Any, open_as: Any, number: int, arch: str) -> None:
        open_as(3, "/srv")
        event = told(number, ("3", "55d0", "5", "11170"), ("s2", "NORMAL"), arch=arch)
        assert texts(event) == {"res": "0", "dirfd": "<f>/srv", "pathname": "/srv/s2", "uid": "5", "gid": "70000"}

    def test_of_a_descriptor_in_the_directory_s_place(self, told: Any, open_as: Any) -> None:
        open_as(5, "/etc/shadow")
        argument = told(FCHOWNAT, ("5", "55d0", "0", "0"), ("", "NORMAL")).arguments["pathname"]
        assert (argument.value, argument.text) == ("", "/etc/shadow")


class TestStatus:
    @pytest.mark.parametrize(
        ("register", "mode"), [("0", "F_OK"), ("4", "R_OK"), ("6", "R_OK|W_OK"), ("7", "R_OK|W_OK|X_OK")]
    )
    def test_access(self, told: Any, texts: Any, register: str, mode: str) -> None:
        assert texts(told(ACCESS, ("55d0", register), FILE)) == {"res": "0", "name": "/tmp/file", "mode": mode}

    @pytest.mark.parametrize(
        ("number", "arch", "name"),
        [(4, X86_64, "stat"), (6, X86_64, "lstat"), (195, I386, "stat64"), (196, I386, "lstat64")],
    )
    def test_by_name(self, told: Any, texts: Any, number: int, arch: str, name: str) -> None:
        event = told(number, ("55d0", "55d8"), FILE, arch=arch)
        assert (event.type, texts(event)) == (name, {"res": "0", "path": "/tmp/file"})

    def test_by_descriptor(self, told: Any, texts: Any, open_as: Any) -> None:
        open_as(5, "/etc/passwd")
        event = told(5, ("5", "55d8"), cwd=None)
        assert (event.type, event.fd_number, texts(event)) == ("fstat", 5, {"res": "0", "fd": "<f>/etc/passwd"})
        event = told(197, ("5", "55d8"), cwd=None, arch=I386)
        assert (event.type, event.fd_number, texts(event)) == ("fstat64", None, {"res": "0"})

    def test_below_a_directory(self, told: Any, texts: Any) -> None:
        event = told(NEWFSTATAT, (HERE, "55d0", "55d8", "900"), FILE)
        assert texts(event) == {
            "res": "0",
            "dirfd": "AT_FDCWD",
            "path": "/tmp/file",
            "flags": "AT_NO_AUTOMOUNT|AT_SYMLINK_NOFOLLOW",
        }

    def test_of_a_descriptor_alone_no_name_is_recorded(self, told: Any, texts: Any) -> None:
        event = told(NEWFSTATAT, ("5", "55d0", "55d8", "1000"), cwd=None)
        assert texts(event) == {"res": "0", "dirfd": "5", "flags": "AT_EMPTY_PATH"}


class TestDescriptors:
    @pytest.mark.parametrize(
        ("register", "operation"), [("6", "LOCK_EX|LOCK_NB"), ("8", "LOCK_UN"), ("0", "LOCK_NONE")]
    )
    def test_a_lock(self, told: Any, texts: Any, open_as: Any, register: str, operation: str) -> None:
        open_as(5, "/run/lock/x")
        event = told(FLOCK, ("5", register), cwd=None)
        assert (event.fd_number, texts(event)) == (5, {"res": "0", "fd": "<f>/run/lock/x", "operation": operation})

    @pytest.mark.parametrize(
        ("number", "arch", "name"),
        [
            (GETDENTS, X86_64, "getdents"),
            (GETDENTS64, X86_64, "getdents64"),
            (141, I386, "getdents"),
            (220, I386, "getdents64"),
        ],
    )
    def test_a_listing(self, told: Any, texts: Any, open_as: Any, number: int, arch: str, name: str) -> None:
        open_as(3, "/root")
        event = told(number, ("3", "55d0", "1000"), cwd=None, exit=144, arch=arch)
        assert (event.type, event.descriptor.name, texts(event)) == (name, "/root", {"res": "144", "fd": "<f>/root"})
