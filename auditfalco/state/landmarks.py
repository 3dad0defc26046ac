"""The files that rules name, known by device and inode, so that they are recognised under any other name.

A hard link or another mount gives a file a second name; the number stays. A file that is replaced (a new /etc/shadow is
renamed into place) gets a new number, so numbers are looked up again when one is asked for that is not known, as long
as there is time for it (state.effort).
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from auditfalco.state.effort import Effort

MOST_ROOTS = 512
"""Roots whose files are known; the one unused for longest is forgotten first."""

GONE_SECONDS = 10.0
"""How long a file that has gone is known by its number, which may be another's soon."""

MOST_GONE = 1024

MOST_AHEAD = 8192
"""Roots that are remembered as having been looked at once."""

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


class Landmarks:
    """The named files of every root.

    Attributes:
        left_out: names beyond MOST_NAMES.
        evictions: roots forgotten.
    """

    def __init__(self, files: RootedFiles, effort: Effort, clock: Callable[[], float] = time.monotonic) -> None:
        self._files = files
        self._effort = effort
        self._names: tuple[str, ...] = ()
        self._roots: OrderedDict[str, dict[FileNumber, str]] = OrderedDict()
        self._ahead: set[str] = set()
        self._before: dict[str, dict[FileNumber, str]] = {}
        self._clock = clock
        self._gone: OrderedDict[tuple[str, FileNumber], tuple[str, float]] = OrderedDict()
        self.left_out = 0
        self.evictions = 0

    def watch(self, names: Iterable[str]) -> None:
        """Look after these absolute paths and no others."""
        distinct = list(dict.fromkeys(names))
        self._names = tuple(distinct[:MOST_NAMES])
        self.left_out = len(distinct) - len(self._names)
        self._roots.clear()
        self._ahead.clear()
        self._before.clear()
        self._gone.clear()

    def look_ahead(self, root: str) -> None:
        """Look at the files of a root before one is asked for: afterwards it may be gone, and is known all the same."""
        if self._names and root not in self._ahead:
            if len(self._ahead) >= MOST_AHEAD:
                self._ahead.clear()
            self._ahead.add(root)
            self._look(root)

    def look_again(self, roots: Iterable[str]) -> None:
        """Look at the files of some roots anew: what is removed tells its number alone, and is then gone.

        What was seen the time before still counts, so that a file that has just been replaced is known too.
        """
        if not self._names:
            return
        for root in list(roots)[-MOST_ROOTS:]:
            if not self._effort.allows():
                return
            self._before[root] = self._roots.get(root, {})
            self._look(root)
        for root in [root for root in self._before if root not in self._roots]:
            del self._before[root]

    def name_of(self, roots: Iterable[str], number: FileNumber) -> str | None:
        """The named file that has this number in one of the roots; None when none has."""
        if not self._names:
            return None
        for root in roots:
            known = self._roots.get(root)
            if known is None or (number not in known and self._effort.allows()):
                before, known = known or {}, self._look(root)
                self._remember_gone(root, before, known)
            self._roots.move_to_end(root)
            name = known.get(number) or self._before.get(root, {}).get(number) or self._name_of_gone(root, number)
            if name is not None:
                return name
        return None

    def _look(self, root: str) -> dict[FileNumber, str]:
        with self._effort.spending():
            known = self._roots[root] = self._read(root)
        if len(self._roots) > MOST_ROOTS:
            self._before.pop(self._roots.popitem(last=False)[0], None)
            self.evictions += 1
        return known

    def _remember_gone(self, root: str, before: dict[FileNumber, str], known: dict[FileNumber, str]) -> None:
        """Keep in mind for a while the numbers of files that have gone: what removed them may not be told yet."""
        there = set(known.values())
        until = self._clock() + GONE_SECONDS
        for number, name in before.items():
            if name not in there:
                self._gone[root, number] = (name, until)
        while len(self._gone) > MOST_GONE:
            self._gone.popitem(last=False)

    def _name_of_gone(self, root: str, number: FileNumber) -> str | None:
        name, until = self._gone.get((root, number), (None, 0.0))
        return name if until > self._clock() else None

    def _read(self, root: str) -> dict[FileNumber, str]:
        known: dict[FileNumber, str] = {}
        for name in self._names:
            status = self._files.stat_in_root(root, name)
            if status is not None:
                number = FileNumber(status.st_dev, status.st_ino, status.st_mode, status.st_uid, status.st_gid)
                known.setdefault(number, name)
        return known
