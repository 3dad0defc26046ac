"""The files that rules name, known by device and inode, so that they are recognised under any other name.

A hard link or another mount gives a file a second name; the number stays. A file that is replaced (a new /etc/shadow is
renamed into place) gets a new number, so numbers are looked up again when one is asked for that is not known, as long
as that takes no more than a small part of the time.
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

REST = 10
"""How many times as long as a look at all named files of a root takes, it is not repeated."""

MOST_ROOTS = 512
"""Roots whose files are known; the one unused for longest is forgotten first."""

MOST_NAMES = 4096
"""Names that are looked after; further ones are left out and counted."""


class FileNumber(NamedTuple):
    """What a file is told by.

    Device and inode alone are used again for the next file as soon as one is deleted; type, permissions and owners tell
    most of those apart.
    """

    device: int
    inode: int
    mode: int
    owner: int
    group: int


class RootedFiles(Protocol):
    """The door through which files inside a root are looked at."""

    def stat_in_root(self, root: str, path: str) -> os.stat_result | None:
        """What stat(2) of `path` gives inside `root`; None when there is no such file."""


class _Known(NamedTuple):
    files: dict[FileNumber, str]
    next_look_ns: int


class Landmarks:
    """The named files of every root.

    Attributes:
        left_out: names beyond MOST_NAMES.
        evictions: roots forgotten.
    """

    def __init__(self, files: RootedFiles, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._files = files
        self._clock = clock
        self._names: tuple[str, ...] = ()
        self._roots: OrderedDict[str, _Known] = OrderedDict()
        self.left_out = 0
        self.evictions = 0

    def watch(self, names: Iterable[str]) -> None:
        """Look after these absolute paths and no others."""
        distinct = list(dict.fromkeys(names))
        self._names = tuple(distinct[:MOST_NAMES])
        self.left_out = len(distinct) - len(self._names)
        self._roots.clear()

    def name_of(self, roots: Iterable[str], number: FileNumber) -> str | None:
        """The named file that has this number in one of the roots; None when none has."""
        if not self._names:
            return None
        for root in roots:
            known = self._roots.get(root)
            if known is None or (number not in known.files and self._clock() >= known.next_look_ns):
                known = self._look(root)
            self._roots.move_to_end(root)
            name = known.files.get(number)
            if name is not None:
                return name
        return None

    def _look(self, root: str) -> _Known:
        began = self._clock()
        files = self._read(root)
        ended = self._clock()
        known = self._roots[root] = _Known(files, ended + REST * (ended - began))
        if len(self._roots) > MOST_ROOTS:
            self._roots.popitem(last=False)
            self.evictions += 1
        return known

    def _read(self, root: str) -> dict[FileNumber, str]:
        known: dict[FileNumber, str] = {}
        for name in self._names:
            status = self._files.stat_in_root(root, name)
            if status is not None:
                number = FileNumber(status.st_dev, status.st_ino, status.st_mode, status.st_uid, status.st_gid)
                known.setdefault(number, name)
        return known
