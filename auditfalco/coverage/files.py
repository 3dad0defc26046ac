"""The file system that names are looked up in, and this host's."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from kernel_sources.procfs import Mount, ProcFS


class Link(NamedTuple):
    """A symbolic link: where it lies, where it leads (without links, there or not), and whether root made it."""

    path: str
    target: str
    of_root: bool


class Links(NamedTuple):
    """The links found below a directory, and how many entries were looked at."""

    links: tuple[Link, ...]
    entries: int


class Files(Protocol):
    """What is asked of a file system."""

    def real(self, path: str) -> str | None:
        """The path without links; None when nothing is there."""

    def target(self, path: str) -> str:
        """Where a link leads, without links, be there something or not."""

    def mode(self, path: str) -> int | None:
        """Type and permissions of what is there, a link not followed; None when nothing is."""

    def inode(self, path: str) -> int | None:
        """The inode number of what is there, mounts and links followed; None when nothing is."""

    def links(self, directory: str, most: int) -> Links | None:
        """The links below a directory, what is mounted there left out; None with more entries than `most`."""

    def mounts(self) -> Sequence[Mount]:
        """The mount table."""


class HostFiles:
    """This host's file system, as the agent sees it."""

    def __init__(self, proc: ProcFS) -> None:
        self._proc = proc

    def real(self, path: str) -> str | None:
        """The path without links; None when nothing is there."""
        found = os.path.realpath(path)
        return found if os.path.lexists(found) and not os.path.islink(found) else None

    def target(self, path: str) -> str:
        """Where a link leads, without links, be there something or not."""
        return os.path.realpath(path)

    def mode(self, path: str) -> int | None:
        """Type and permissions of what is there, a link not followed; None when nothing is."""
        try:
            return os.lstat(path).st_mode
        except OSError:
            return None

    def inode(self, path: str) -> int | None:
        """The inode number of what is there, mounts and links followed; None when nothing is."""
        try:
            return os.stat(path).st_ino
        except OSError:
            return None

    def links(self, directory: str, most: int) -> Links | None:
        """The links below a directory, what is mounted there left out; None with more entries than `most`."""
        todo, found, entries = [directory], [], 0
        device = self._device(directory)
        while todo:
            here = todo.pop()
            for entry in _entries(here, most - entries + 1):
                entries += 1
                if entries > most:
                    return None
                if entry.is_symlink():
                    found.append(Link(entry.path, os.path.realpath(entry.path), _made_by_root(entry)))
                elif entry.is_dir(follow_symlinks=False) and self._device(entry.path) == device:
                    todo.append(entry.path)
        return Links(tuple(found), entries)

    def mounts(self) -> Sequence[Mount]:
        """The mount table."""
        return self._proc.mountinfo("self") or ()

    def _device(self, path: str) -> int | None:
        try:
            return os.lstat(path).st_dev
        except OSError:
            return None


def _entries(directory: str, most: int) -> list[os.DirEntry[str]]:
    found: list[os.DirEntry[str]] = []
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                found.append(entry)
                if len(found) >= most:
                    break
    except OSError:
        pass  # gone meanwhile, or not readable: nothing is found below it
    return found


def _made_by_root(entry: os.DirEntry[str]) -> bool:
    """Whether a link and its directory are root's, so that nobody else can choose where it leads."""
    try:
        link, directory = entry.stat(follow_symlinks=False), os.stat(os.path.dirname(entry.path))
    except OSError:
        return False
    return link.st_uid == 0 and directory.st_uid == 0 and not stat.S_IMODE(directory.st_mode) & 0o022
