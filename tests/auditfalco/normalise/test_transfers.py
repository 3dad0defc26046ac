"""Data moved from one descriptor to another."""

from __future__ import annotations

from typing import Any

import pytest

I386 = "40000003"
SENDFILE, SPLICE, COPY_FILE_RANGE = 40, 275, 326


@pytest.mark.parametrize(("number", "arch"), [(COPY_FILE_RANGE, "c000003e"), (377, I386)])
def test_from_file_to_file(told: Any, texts: Any, open_as: Any, number: int, arch: str) -> None:
    open_as(3, "/etc/shadow")
    open_as(4, "/tmp/loot")
    event = told(number, ("3", "0", "4", "0"), exit=1000, cwd=None, arch=arch)
    assert (event.fd_number, event.descriptor.name) == (4, "/tmp/loot")
    assert texts(event) == {"res": "1000", "fdout": "<f>/tmp/loot", "fdin": "<f>/etc/shadow"}


def test_between_unknown_files(told: Any, texts: Any) -> None:
    event = told(COPY_FILE_RANGE, ("3", "0", "4", "0"), exit=-22, cwd=None)
    assert texts(event) == {"res": "EINVAL", "fdout": "4", "fdin": "3"}


@pytest.mark.parametrize(("number", "arch"), [(SENDFILE, "c000003e"), (187, I386), (239, I386)])
def test_a_file_sent(told: Any, texts: Any, open_as: Any, number: int, arch: str) -> None:
    open_as(5, "/etc/shadow")
    open_as(6, "/tmp/loot")
    event = told(number, ("6", "5", "0", "1000"), exit=5, cwd=None, arch=arch)
    assert (event.type, event.fd_number, event.descriptor.name) == ("sendfile", 6, "/tmp/loot")
    assert texts(event) == {"res": "5", "out_fd": "<f>/tmp/loot", "in_fd": "<f>/etc/shadow", "size": "4096"}


def test_a_splice(told: Any, texts: Any, open_as: Any) -> None:
    open_as(5, "/etc/shadow")
    event = told(SPLICE, ("5", "0", "10", "0"), exit=5, cwd=None)
    assert (event.fd_number, event.descriptor.name) == (5, "/etc/shadow")
    assert texts(event) == {"res": "5", "fd_in": "<f>/etc/shadow", "fd_out": "16"}
