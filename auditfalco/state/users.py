"""User and group names, read from the files of the place a process lives in.

A containerised process's names come from its container's own /etc/passwd and /etc/group, as with Falco. Whether the
files have changed is looked at no more than once in CHECK_INTERVAL_NS; they are read again when their inode, size or
time changed. Formats: passwd(5), group(5).
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from auditfalco.state.roots import RootedFiles, Stamp

UNKNOWN_NAME = "<NA>"
"""What Falco prints for a user or group without a name: a text, not an absent value."""

PASSWD = "/etc/passwd"
GROUP = "/etc/group"
CHECK_INTERVAL_NS = 200_000_000
_LARGEST_FILE = 8 << 20
_ID = re.compile(r"[0-9]{1,10}")


class UserEntry(NamedTuple):
    """One line of a passwd file."""

    name: str
    uid: int
    home: str
    shell: str


Entry = TypeVar("Entry")


class _Cached(Generic[Entry]):
    __slots__ = ("checked_ns", "entries", "stamp")

    def __init__(self) -> None:
        self.checked_ns: int | None = None
        self.stamp: Stamp | None = None
        self.entries: dict[int, Entry] = {}


class _Table(Generic[Entry]):
    """The entries of one file by root directory and id."""

    def __init__(
        self, files: RootedFiles, path: str, parse: Callable[[bytes], dict[int, Entry]], capacity: int
    ) -> None:
        self._files = files
        self._path = path
        self._parse = parse
        self._capacity = capacity
        self._by_root: OrderedDict[str, _Cached[Entry]] = OrderedDict()
        self.evictions = 0

    def entries(self, root: str, now_ns: int) -> dict[int, Entry]:
        cached = self._by_root.get(root)
        if cached is None:
            cached = self._by_root[root] = _Cached()
            if len(self._by_root) > self._capacity:
                self._by_root.popitem(last=False)
                self.evictions += 1
        elif cached.checked_ns is not None and now_ns - cached.checked_ns < CHECK_INTERVAL_NS:
            return cached.entries
        self._by_root.move_to_end(root)
        cached.checked_ns = now_ns
        self._read(root, cached)
        return cached.entries

    def _read(self, root: str, cached: _Cached[Entry]) -> None:
        found = self._files.read_in_root(root, self._path, _LARGEST_FILE, cached.stamp)
        if found is None:
            cached.stamp, cached.entries = None, {}
        elif found.data is not None:
            cached.stamp, cached.entries = found.stamp, self._parse(found.data)


class UserDirectory:
    """Users and groups by root directory and id; at most `capacity` roots of each are remembered.

    `clock` gives nanoseconds that only grow.
    """

    def __init__(
        self, files: RootedFiles | None, capacity: int = 512, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._clock = clock
        self._users = _Table(files, PASSWD, parse_passwd, capacity) if files is not None else None
        self._groups = _Table(files, GROUP, parse_group, capacity) if files is not None else None

    @property
    def evictions(self) -> int:
        """How often a root was forgotten."""
        return sum(table.evictions for table in (self._users, self._groups) if table is not None)

    def lookup(self, root: str | None, uid: int) -> UserEntry | None:
        """The user with `uid` among those of the file system at `root`; None when unknown."""
        if self._users is None or root is None:
            return None
        return self._users.entries(root, self._clock()).get(uid)

    def name(self, root: str | None, uid: int) -> str:
        """A user's name as Falco gives it: "root" for 0 whatever the file says, UNKNOWN_NAME when there is none."""
        if uid == 0:
            return "root"
        entry = self.lookup(root, uid)
        return entry.name if entry is not None else UNKNOWN_NAME

    def group_name(self, root: str | None, gid: int) -> str:
        """A group's name as Falco gives it: "root" for 0 whatever the file says, UNKNOWN_NAME when there is none."""
        if gid == 0:
            return "root"
        if self._groups is None or root is None:
            return UNKNOWN_NAME
        return self._groups.entries(root, self._clock()).get(gid, UNKNOWN_NAME)


def parse_passwd(content: bytes) -> dict[int, UserEntry]:
    """The users in a passwd file by uid; the first line of a uid counts, lines that are not entries are passed over."""
    users: dict[int, UserEntry] = {}
    for line in content.decode("utf-8", "surrogateescape").split("\n"):
        columns = line.split(":")
        if len(columns) >= 7 and _ID.fullmatch(columns[2]):
            uid = int(columns[2])
            users.setdefault(uid, UserEntry(columns[0], uid, columns[5], columns[6]))
    return users


def parse_group(content: bytes) -> dict[int, str]:
    """The names in a group file by gid; the first line of a gid counts, lines that are not entries are passed over."""
    groups: dict[int, str] = {}
    for line in content.decode("utf-8", "surrogateescape").split("\n"):
        columns = line.split(":")
        if len(columns) >= 4 and _ID.fullmatch(columns[2]):
            groups.setdefault(int(columns[2]), columns[0])
    return groups
