"""Calls that Falco knows by name alone: the file that they are about."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.model.event import Argument

I386 = "40000003"
X86_64 = "c000003e"


@pytest.mark.parametrize(
    ("number", "arch", "name"),
    [
        (76, X86_64, "truncate"),
        (193, I386, "truncate"),
        (188, X86_64, "setxattr"),
        (197, X86_64, "removexattr"),
        (132, X86_64, "utime"),
        (89, X86_64, "readlink"),
        (268, I386, "statfs64"),
    ],
)
def test_by_name(told: Any, number: int, arch: str, name: str) -> None:
    event = told(number, ("55d0", "a"), ("../etc/passwd", "NORMAL"), arch=arch)
    assert (event.type, event.named_file) == (name, Argument("../etc/passwd", "/etc/passwd"))
    assert (event.arguments, event.fd_number) == ({}, None)


@pytest.mark.parametrize(
    ("number", "name"),
    [(452, "fchmodat2"), (463, "setxattrat"), (280, "utimensat"), (428, "open_tree"), (332, "statx")],
)
def test_below_a_directory(told: Any, open_as: Any, number: int, name: str) -> None:
    open_as(3, "/etc")
    event = told(number, ("3", "55d0", "0", "0"), ("passwd", "NORMAL"))
    assert (event.type, event.named_file) == (name, Argument("passwd", "/etc/passwd"))
    assert told(number, ("9", "55d0", "0", "0"), ("passwd", "NORMAL")).named_file == Argument("passwd", "passwd")


def test_the_mode_that_fchmodat2_gives(told: Any, open_as: Any) -> None:
    event = told(452, ("ffffff9c", "55d0", "9ed", "0"), ("passwd", "NORMAL"))
    assert {name: argument.text for name, argument in event.arguments.items()} == {
        "mode": "S_IXOTH|S_IROTH|S_IXGRP|S_IRGRP|S_IXUSR|S_IWUSR|S_IRUSR|S_ISUID"
    }


@pytest.mark.parametrize(
    ("number", "arch", "name"),
    [(77, X86_64, "ftruncate"), (194, I386, "ftruncate"), (190, X86_64, "fsetxattr"), (285, X86_64, "fallocate")],
)
def test_by_descriptor(told: Any, open_as: Any, number: int, arch: str, name: str) -> None:
    open_as(5, "../etc/passwd")
    event = told(number, ("5", "0", "0", "0"), cwd=None, arch=arch)
    assert (event.type, event.named_file) == (name, Argument("../etc/passwd", "/etc/passwd"))
    assert told(number, ("6", "0", "0", "0"), cwd=None, arch=arch).named_file is None
    assert told(number, ("ffffffff", "0", "0", "0"), cwd=None, arch=arch, exit=-9).named_file is None


def test_a_number_that_stood_for_another_file(told: Any, open_as: Any) -> None:
    open_as(5, "/etc/passwd")
    assert told(190, ("5", "0", "0", "0"), (None, "NORMAL", 7)).named_file == Argument("/etc/passwd", "/etc/passwd")
    assert told(190, ("5", "0", "0", "0"), (None, "NORMAL", 99)).named_file is None


def test_times_of_a_descriptor(told: Any, open_as: Any) -> None:
    open_as(5, "/etc/passwd")
    assert told(280, ("5", "0", "0", "0"), cwd=None).named_file == Argument("/etc/passwd", "/etc/passwd")


class TestMovedMounts:
    def test_what_was_moved_by_descriptor(self, told: Any) -> None:
        event = told(429, ("12", "55d0", "ffffff9c", "55d8"), ("mnt", "NORMAL"))
        assert event.named_file == Argument("mnt", "/tmp/mnt")

    def test_before_linux_6_15_the_descriptor_has_an_empty_name(self, told: Any) -> None:
        event = told(429, ("12", "55d0", "ffffff9c", "55d8"), ("", "NORMAL"), ("mnt", "NORMAL"))
        assert event.named_file == Argument("mnt", "/tmp/mnt")

    def test_of_two_names_either_may_be_the_target(self, told: Any) -> None:
        event = told(429, ("ffffff9c", "55d0", "ffffff9c", "55d8"), ("mnt2", "NORMAL"), ("mnt", "NORMAL"))
        assert event.named_file is None


class TestPivotRoot:
    def test_the_record_s_working_directory_is_seen_from_the_new_root(self, told: Any) -> None:
        event = told(155, ("55d0", "55d8"), ("newroot", "NORMAL"), ("newroot/old", "NORMAL"), cwd="/old/tmp")
        assert (event.named_file, event.process.cwd) == (Argument("newroot", "newroot"), "/old/tmp")

    def test_an_absolute_name(self, told: Any) -> None:
        event = told(155, ("55d0", "55d8"), ("/srv//root", "NORMAL"), ("/srv/root/old", "NORMAL"), cwd="/old")
        assert event.named_file == Argument("/srv//root", "/srv/root")
