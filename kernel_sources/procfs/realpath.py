"""Where a path leads inside a process's root, and over which links.

The kernel resolves such a path for the process; here it is done again, one component at a time and without ever leaving
the root, so that each link on the way is seen: who owns it decides whether its target may have been chosen to mislead.
`/proc/self` stands for the process, not for the reader.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from typing import NamedTuple

from kernel_sources.procfs.inroot import LINK_LIMIT

_O_PATH = os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW
_SELF = ("self", "thread-self")
KERNEL_DIRECTORIES = ("/proc", "/dev")
"""Directories in which the kernel itself, or on its word a daemon, makes links."""

_LONGEST_WAY = 256
"""Components walked for one path, those of links included."""


class Link(NamedTuple):
    """A symbolic link on the way.

    `path` is where it lies inside the root. `magic` marks the links of a proc file system that lead to what a process
    has (`root`, `cwd`, `exe`, `fd/…`). `of_system` tells that root owns both the link and its directory and that nobody
    else may write there.
    """

    path: str
    magic: bool
    of_system: bool


class Reached(NamedTuple):
    """The end of a way: stat(2) of the file, its path inside the root without links, and the links crossed."""

    status: os.stat_result
    real: str
    links: tuple[Link, ...]


def follow(root: int, path: str, self_pid: int | None) -> Reached:
    """Walk a path from the directory that is open as `root`.

    Args:
        root: descriptor of the process's root directory.
        path: absolute path as it was spelled, `..` and double slashes included.
        self_pid: what `/proc/self` stands for: the process's number as that proc file system counts; None if unknown.

    Raises:
        OSError: as open(2); ELOOP for too many links or too long a way.
    """
    walk = _Walk(root, path, self_pid)
    try:
        return walk.end()
    finally:
        walk.close()


def lies_below(path: str, directories: Iterable[str]) -> bool:
    """Tell whether a path is one of some directories or lies below one, as far as its text says."""
    return any(path == directory or path.startswith(f"{directory}/") for directory in directories)


class _Walk:
    """The state of one walk: a stack of open directories with their names, and what is still to go, last first."""

    def __init__(self, root: int, path: str, self_pid: int | None) -> None:
        self._stack = [os.dup(root)]
        self._names: list[str] = []
        self._pending = _components(path)
        self._links: list[Link] = []
        self._self_pid = self_pid
        self._path = path
        self._steps = 0

    def close(self) -> None:
        for descriptor in self._stack:
            os.close(descriptor)

    def end(self) -> Reached:
        while self._pending:
            self._steps += 1
            if self._steps > _LONGEST_WAY:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), self._path)
            name = self._pending.pop()
            if name == "..":
                self._leave()
            else:
                self._enter(name)
        return Reached(os.fstat(self._stack[-1]), "/" + "/".join(self._names), tuple(self._links))

    def _leave(self) -> None:
        if not stat.S_ISDIR(os.fstat(self._stack[-1]).st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), self._path)
        if self._names:
            self._names.pop()
            os.close(self._stack.pop())

    def _enter(self, name: str) -> None:
        here = os.open(name, _O_PATH, dir_fd=self._stack[-1])
        status = os.fstat(here)
        if not stat.S_ISLNK(status.st_mode):
            self._stack.append(here)
            self._names.append(name)
            return
        try:
            self._cross(name, here, status)
        finally:
            os.close(here)

    def _cross(self, name: str, here: int, status: os.stat_result) -> None:
        directory = os.fstat(self._stack[-1])
        if status.st_size:
            of_system = status.st_uid == 0 and directory.st_uid == 0 and not directory.st_mode & 0o022
            link, target = Link(self._place(name), False, of_system), os.readlink("", dir_fd=here)
        elif name in _SELF and self._self_pid is not None:
            link, target = Link(self._place(name), False, True), self._target_of_self(name)
        else:  # a proc file system's links to what a process has say no length
            link, target = Link(self._place(name), True, False), os.readlink("", dir_fd=here)
        self._links.append(link)
        if len(self._links) > LINK_LIMIT:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), self._path)
        if target.startswith("/"):
            for descriptor in self._stack[1:]:
                os.close(descriptor)
            del self._stack[1:]
            self._names.clear()
        self._pending.extend(_components(target))

    def _place(self, name: str) -> str:
        return "/" + "/".join([*self._names, name])

    def _target_of_self(self, name: str) -> str:
        return str(self._self_pid) if name == "self" else f"{self._self_pid}/task/{self._self_pid}"


def _components(path: str) -> list[str]:
    """Return the components of a path, last one first."""
    return [name for name in reversed(path.split("/")) if name not in ("", ".")]
