"""User names, read from the passwd file of the place a process lives in.

A containerised process's names come from its container's own /etc/passwd, as with Falco. Files are read again when
their inode, size or time changed. Format: passwd(5).
"""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from typing import NamedTuple, Protocol

UNKNOWN_NAME = "<NA>"
"""What Falco prints for a user without a name: a text, not an absent value."""

PASSWD = "/etc/passwd"
_LARGEST_FILE = 8 << 20
_UID = re.compile(r"[0-9]{1,10}")


class UserEntry(NamedTuple):
    """One line of a passwd file."""

    name: str
    uid: int
    home: str
    shell: str


class RootedFiles(Protocol):
    """The door through which files inside another root are read without leaving that root."""

    def open_in_root(self, root: str, path: str) -> int | None:
        """A read-only descriptor of the regular file `path` inside `root`; None when there is none."""


class _Cached(NamedTuple):
    stamp: tuple[int, int, int, int]
    by_uid: dict[int, UserEntry]


class UserDirectory:
    """Users by root directory and uid; at most `capacity` roots are remembered."""

    def __init__(self, files: RootedFiles | None, capacity: int = 512) -> None:
        self._files = files
        self._capacity = capacity
        self._cache: OrderedDict[str, _Cached] = OrderedDict()
        self.evictions = 0

    def lookup(self, root: str | None, uid: int) -> UserEntry | None:
        """The user with `uid` among those of the file system at `root`; None when unknown."""
        if self._files is None or root is None:
            return None
        return self._users(root).get(uid)

    def name(self, root: str | None, uid: int) -> str:
        """A user's name as Falco gives it: "root" for 0 whatever the file says, UNKNOWN_NAME when there is none."""
        if uid == 0:
            return "root"
        entry = self.lookup(root, uid)
        return entry.name if entry is not None else UNKNOWN_NAME

    def _users(self, root: str) -> dict[int, UserEntry]:
        assert self._files is not None
        descriptor = self._files.open_in_root(root, PASSWD)
        if descriptor is None:
            return {}
        try:
            status = os.fstat(descriptor)
            stamp = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
            cached = self._cache.get(root)
            if cached is None or cached.stamp != stamp:
                cached = _Cached(stamp, parse_passwd(os.read(descriptor, min(status.st_size, _LARGEST_FILE))))
                self._remember(root, cached)
        except OSError:
            return {}
        finally:
            os.close(descriptor)
        return cached.by_uid

    def _remember(self, root: str, cached: _Cached) -> None:
        self._cache[root] = cached
        self._cache.move_to_end(root)
        if len(self._cache) > self._capacity:
            self._cache.popitem(last=False)
            self.evictions += 1


def parse_passwd(content: bytes) -> dict[int, UserEntry]:
    """The users in a passwd file by uid; the first line of a uid counts, lines that are not entries are passed over."""
    users: dict[int, UserEntry] = {}
    for line in content.decode("utf-8", "surrogateescape").split("\n"):
        columns = line.split(":")
        if len(columns) >= 7 and _UID.fullmatch(columns[2]):
            uid = int(columns[2])
            users.setdefault(uid, UserEntry(columns[0], uid, columns[5], columns[6]))
    return users
