"""A group that is asked first, with a pipe for the kernel's queue and its answers."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator

import pytest

from kernel_sources.errors import NotPermitted
from kernel_sources.fanotify.permission import OPEN_EXEC_PERM, PermissionGroup, Request

ALLOW = 1
OVERFLOW = 0x4000


class LittleExtension:
    """Stands in for the extension module: a socket pair for the queue, a list of calls for the marks."""

    def __init__(self) -> None:
        self.kernel = -1
        self.flags = 0
        self.calls: list[tuple[int, int]] = []
        self.error = 0

    def create(self) -> int:
        return 1

    def init(self, context: int, flags: int, event_flags: int) -> int:
        if self.error:
            raise OSError(self.error, os.strerror(self.error))
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        theirs.setblocking(False)
        self.kernel, self.flags = ours.detach(), flags
        return theirs.detach()

    def mark(self, context: int, flags: int, mask: int, directory: int, path: str | None) -> None:
        self.calls.append((flags, mask))


@pytest.fixture
def extension(monkeypatch: pytest.MonkeyPatch) -> Iterator[LittleExtension]:
    little = LittleExtension()
    for name in ("create", "init", "mark"):
        monkeypatch.setattr(f"pyfanotify.ext.{name}", getattr(little, name))
    yield little
    if little.kernel >= 0:
        os.close(little.kernel)


def own_link(number: int) -> str:
    return f"/dev/fd/{number}"


def event(mask: int, descriptor: int, tid: int) -> bytes:
    return struct.pack("=IBBHQii", 24, 3, 0, 24, mask, descriptor, tid)


def test_who_waits_is_let_go(extension: LittleExtension) -> None:
    file = os.open("/dev/null", os.O_RDONLY)
    with PermissionGroup(own_link) as group:
        assert group.read() == []
        os.write(extension.kernel, event(OPEN_EXEC_PERM, file, 12))
        (request,) = group.read()
        assert request == Request(OPEN_EXEC_PERM, file, 12)
        assert group.allow(request)
        assert struct.unpack("=iI", os.read(extension.kernel, 64)) == (file, ALLOW)
        group.release(request)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(file)


def test_a_full_queue_is_counted(extension: LittleExtension) -> None:
    with PermissionGroup(own_link) as group:
        os.write(extension.kernel, event(OVERFLOW, -1, 0))
        assert group.read() == []
        assert group.overflows == 1


def test_the_group_is_asked_first_and_told_of_threads(extension: LittleExtension) -> None:
    with PermissionGroup(own_link):
        assert extension.flags & 0x4  # FAN_CLASS_CONTENT
        assert extension.flags & 0x100  # FAN_REPORT_TID


def test_marks(extension: LittleExtension, tmp_path: object) -> None:
    directory = os.open(str(tmp_path), os.O_PATH)
    with PermissionGroup(own_link) as group:
        group.mark(directory, OPEN_EXEC_PERM)
        group.mark(directory, OPEN_EXEC_PERM, "inode")
        assert extension.calls == [(0x101, OPEN_EXEC_PERM), (0x1, OPEN_EXEC_PERM)]
        group.unmark_all()
        assert sorted(flags for flags, _ in extension.calls[2:]) == [0x80, 0x90, 0x180]
    os.close(directory)


def test_without_the_right_to(extension: LittleExtension) -> None:
    extension.error = 1
    with pytest.raises(NotPermitted):
        PermissionGroup(own_link)


def test_closing_twice_is_harmless(extension: LittleExtension) -> None:
    group = PermissionGroup(own_link)
    group.close()
    group.close()
    assert group.fileno() == -1
