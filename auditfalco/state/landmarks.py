"""The files that rules name, known by device and inode, so that they are recognised under any other name.

A hard link or another mount gives a file a second name; the number stays. A file that is replaced (a new /etc/shadow is
renamed into place) gets a new number, so numbers are looked up again when they are asked for, at most once in
REFRESH_NS.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterable
from typing import Protocol

REFRESH_NS = 200_000_000
"""How old what is known of a root's files may be, nanoseconds."""

MOST_ROOTS = 512
"""Roots whose files are known; the one unused for longest is forgotten first."""

MOST_NAMES = 4096
"""Names that are looked after; further ones are left out and counted."""

FileNumber = tuple[int, int]
"""(st_dev, st_ino)."""


class RootedFiles(Protocol):
    """The door through which files inside a root are looked at."""

    def stat_in_root(self, root: str, path: str) -> os.stat_result | None:
        """What stat(2) of `path` gives inside `root`; None when there is no such file."""


class Landmarks:
    """The named files of every root.

    Attributes:
        left_out: names beyond MOST_NAMES.
        evictions: roots forgotten.
    """

    def __init__(self, files: RootedFiles) -> None:
        self._files = files
        self._names: tuple[str, ...] = ()
        self._roots: OrderedDict[str, tuple[int, dict[FileNumber, str]]] = OrderedDict()
        self.left_out = 0
        self.evictions = 0

    def watch(self, names: Iterable[str]) -> None:
        """Look after these absolute paths and no others."""
        distinct = list(dict.fromkeys(names))
        self._names = tuple(distinct[:MOST_NAMES])
        self.left_out = len(distinct) - len(self._names)
        self._roots.clear()

    def name_of(self, roots: Iterable[str], number: FileNumber, now_ns: int) -> str | None:
        """The named file that has this number in one of the roots; None when none has."""
        for root in roots:
            name = self._known(root, now_ns).get(number)
            if name is not None:
                return name
        return None

    def _known(self, root: str, now_ns: int) -> dict[FileNumber, str]:
        read_ns, known = self._roots.get(root, (None, {}))
        if read_ns is None or not read_ns <= now_ns < read_ns + REFRESH_NS:
            known = self._read(root)
            self._roots[root] = (now_ns, known)
            if len(self._roots) > MOST_ROOTS:
                self._roots.popitem(last=False)
                self.evictions += 1
        self._roots.move_to_end(root)
        return known

    def _read(self, root: str) -> dict[FileNumber, str]:
        known: dict[FileNumber, str] = {}
        for name in self._names:
            status = self._files.stat_in_root(root, name)
            if status is not None:
                known.setdefault((status.st_dev, status.st_ino), name)
        return known
