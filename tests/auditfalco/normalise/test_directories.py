"""Working directory and root: what the calls tell, and where later names count from."""

from __future__ import annotations

from typing import Any

import pytest

I386 = "40000003"
GETCWD, CHDIR, FCHDIR, CHROOT, GETPPID = 79, 80, 81, 161, 110


class TestWorkingDirectory:
    @pytest.mark.parametrize(("number", "arch"), [(CHDIR, "c000003e"), (12, I386)])
    def test_a_change_is_known_at_once(self, told: Any, texts: Any, number: int, arch: str) -> None:
        event = told(number, ("55d0",), ("../var/./log/", "NORMAL"), arch=arch)
        assert texts(event) == {"res": "0", "path": "../var/./log/"}  # Falco takes it for a text, and no path
        assert event.process.cwd == "/var/log"
        assert told(GETPPID, (), cwd=None).process.cwd == "/var/log"

    def test_the_kernel_corrects_it(self, told: Any) -> None:
        told(CHDIR, ("55d0",), ("link", "NORMAL"))
        assert told(21, ("55d0", "0"), ("x", "NORMAL"), cwd="/srv/real").process.cwd == "/srv/real"

    def test_a_change_that_failed(self, told: Any, texts: Any) -> None:
        event = told(CHDIR, ("55d0",), ("nope", "UNKNOWN"), exit=-2)
        assert (texts(event), event.process.cwd) == ({"res": "ENOENT", "path": "nope"}, "/tmp")

    def test_a_change_by_descriptor(self, told: Any, texts: Any, open_as: Any) -> None:
        open_as(4, "/srv")
        event = told(FCHDIR, ("4",), cwd=None)
        assert (texts(event), event.fd_number, event.process.cwd) == ({"res": "0", "fd": "<f>/srv"}, 4, "/srv")

    def test_a_change_by_an_unknown_descriptor(self, told: Any, open_as: Any) -> None:
        open_as(4, "/srv")
        assert told(FCHDIR, ("5",), cwd=None).process.cwd == "/tmp"
        assert told(FCHDIR, ("4",), cwd=None, exit=-20).process.cwd == "/tmp"

    def test_the_answer_of_getcwd_is_a_pointer(self, told: Any, texts: Any) -> None:
        assert texts(told(GETCWD, ("55d0", "64"), exit=25, cwd=None)) == {"res": "25"}


class TestRoot:
    @pytest.mark.parametrize(("number", "arch"), [(CHROOT, "c000003e"), (61, I386)])
    def test_a_directory_further_down(self, told: Any, texts: Any, number: int, arch: str) -> None:
        event = told(number, ("55d0",), ("./jail/root", "NORMAL"), arch=arch)
        assert texts(event) == {"res": "0", "path": "/tmp/jail/root"}

    @pytest.mark.parametrize("name", [".", "..", "../..", "jail/..", "./"])
    def test_the_record_s_working_directory_is_seen_from_the_new_root(self, told: Any, texts: Any, name: str) -> None:
        event = told(CHROOT, ("55d0",), (name, "NORMAL"), cwd="/")
        assert (texts(event)["path"], event.process.cwd) == (name, "/")

    def test_an_absolute_name(self, told: Any, texts: Any) -> None:
        assert texts(told(CHROOT, ("55d0",), ("/srv/../jail", "NORMAL"), cwd="/"))["path"] == "/jail"

    def test_a_failure_leaves_the_working_directory_as_it_was(self, told: Any, texts: Any) -> None:
        event = told(CHROOT, ("55d0",), ("..", "NORMAL"), cwd="/srv/a", exit=-1)
        assert texts(event) == {"res": "EPERM", "path": "/srv"}
