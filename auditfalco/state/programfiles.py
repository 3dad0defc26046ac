"""Where a root keeps the programs that rules name, and whether another file is one of them under another name.

A hard link has the inode of the program, a copy its size and content. Contents are compared by digest, and only of
files that have the size of such a program.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from auditfalco.state.effort import Effort
from auditfalco.state.roots import Content, RootedFiles, Stamp

DIRECTORIES = ("/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/local/sbin", "/usr/libexec")
"""Where programs are looked for; the first place that has one counts."""

MOST_ENTRIES = 20_000
"""Entries of one directory that are looked at."""

MOST_ROOTS = 256
"""Roots whose programs are known; the one unused for longest is forgotten first."""

MOST_DIGESTS = 4096
"""Digests that are remembered; the one unused for longest is forgotten first."""

LARGEST = 64 * 1024 * 1024
"""Bytes of the largest file whose digest is taken."""

FRESH_NS = 1_000_000_000
"""How long a root's directories are taken to be as they were."""


class _Found(NamedTuple):
    """The programs of one root: by device and inode, and by size with the path; and as of when that is."""

    by_number: dict[tuple[int, int], str]
    by_size: dict[int, list[tuple[str, str]]]
    looked_ns: int
    changes: tuple[int | None, ...]


class ProgramFiles:
    """The programs that rules name, in every root.

    Attributes:
        evictions: roots and digests forgotten for want of room.
    """

    def __init__(
        self, files: RootedFiles, effort: Effort | None = None, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._files = files
        self._effort = effort or Effort()
        self._clock = clock
        self._names: frozenset[str] = frozenset()
        self._roots: OrderedDict[str, _Found] = OrderedDict()
        self._digests: OrderedDict[Stamp, bytes] = OrderedDict()
        self.evictions = 0

    def watch(self, names: Iterable[str]) -> None:
        """Know these programs and no others."""
        self._names = frozenset(names)
        self._roots.clear()

    def link_of(self, root: str, device: int, inode: int) -> str | None:
        """The named program of a root that a file is a hard link of, or is itself; None when it is none."""
        return self._programs(root).by_number.get((device, inode))

    def copies_of(self, root: str, path: str, status: os.stat_result) -> list[str]:
        """The named programs of a root whose content a file of that root has.

        None where there is no time to read it now.
        """
        if not self._may_be_copy(root, status):
            return []
        return self._same_content(root, status.st_size, self._digest(root, path))

    def copies_in_memory(self, root: str, pid: int, status: os.stat_result) -> list[str]:
        """As `copies_of`, of what a process runs that has no name."""
        if not self._may_be_copy(root, status) or not self._effort.allows():
            return []
        with self._effort.spending():
            content = self._files.read_exe(pid, LARGEST)
        digest = None if content is None else _digest_of(content)
        return self._same_content(root, status.st_size, digest)

    def _may_be_copy(self, root: str, status: os.stat_result) -> bool:
        alike = status.st_size in self._programs(root).by_size
        return alike and stat.S_ISREG(status.st_mode) and 0 < status.st_size <= LARGEST

    def _same_content(self, root: str, size: int, digest: bytes | None) -> list[str]:
        if digest is None:
            return []
        alike = self._programs(root).by_size.get(size, ())
        return [name for name, place in alike if self._digest(root, place) == digest]

    def _programs(self, root: str) -> _Found:
        known = self._roots.get(root)
        now = self._clock()
        if known is not None and now - known.looked_ns > FRESH_NS:
            changes = self._changes(root)
            known = known._replace(looked_ns=now) if changes == known.changes else None
        if known is None:
            known = self._look(root, now)
        self._roots[root] = known
        self._roots.move_to_end(root)
        if len(self._roots) > MOST_ROOTS:
            self._roots.popitem(last=False)
            self.evictions += 1
        return known

    def _changes(self, root: str) -> tuple[int | None, ...]:
        found = (self._files.stat_in_root(root, directory) for directory in DIRECTORIES)
        return tuple(None if status is None else status.st_mtime_ns for status in found)

    def _look(self, root: str, now: int) -> _Found:
        made = _Found({}, {}, now, self._changes(root))
        if not self._names:
            return made
        with self._effort.spending():
            for directory in DIRECTORIES:
                for name in self._files.listing_in_root(root, directory, MOST_ENTRIES):
                    if name in self._names:
                        self._add(made, root, name, f"{directory}/{name}")
        return made

    def _add(self, found: _Found, root: str, name: str, path: str) -> None:
        own = self._files.stat_in_root(root, path, follow=False)
        if own is None or not stat.S_ISREG(own.st_mode):
            return  # a link is not where the program lies
        found.by_number.setdefault((own.st_dev, own.st_ino), name)
        found.by_size.setdefault(own.st_size, []).append((name, path))

    def _digest(self, root: str, path: str) -> bytes | None:
        status = self._files.stat_in_root(root, path)
        if status is None:
            return None
        stamp = Stamp(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        known = self._digests.get(stamp)
        if known is not None:
            self._digests.move_to_end(stamp)
            return known
        if not self._effort.allows():
            return None
        with self._effort.spending():
            content = self._files.read_in_root(root, path, LARGEST)
        digest = None if content is None else _digest_of(content)
        if content is None or digest is None:
            return None
        self._digests[content.stamp] = digest
        if len(self._digests) > MOST_DIGESTS:
            self._digests.popitem(last=False)
            self.evictions += 1
        return digest


def _digest_of(content: Content) -> bytes | None:
    """The digest of a file that was read whole."""
    if content.data is None or len(content.data) != content.stamp.size:
        return None
    return hashlib.sha256(content.data).digest()
