"""Files found by what they are, device and inode: among what a process has open, and in directories.

Records of io_uring operations tell the file but neither the descriptor nor, mostly, the whole name. What is given here
was looked up live and is the very file of the record; nothing is guessed. In a replay there is only what the log told
before.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from typing import Callable, NamedTuple

from auditfalco.model.descriptor import DIRECTORY, Descriptor
from auditfalco.model.process import Process
from auditfalco.state.roots import RootedFiles
from auditfalco.state.truenames import same_file
from kernel_sources.audit.facts import PathFacts, join
from kernel_sources.procfs import ProcFS

MOST_DESCRIPTORS = 1024
"""Descriptors of a process that are looked at, the highest numbers first: those opened last, as a rule."""

MOST_ENTRIES = 4096
"""Entries of a directory among which a file is sought."""


class FoundDescriptor(NamedTuple):
    """A descriptor of a process: its number, the kernel's `O_*` flags, and the path that the file has."""

    number: int
    flags: int
    path: str


class RecordedFiles:
    """Looks at the live /proc and file system; without them (a replay) it finds nothing there.

    `known` gives the descriptors that records told a process to have, `root_of` where the root of its place is.
    """

    def __init__(
        self,
        proc: ProcFS | None,
        files: RootedFiles | None,
        known: Callable[[Process], dict[int, Descriptor]],
        root_of: Callable[[Process], str | None],
    ) -> None:
        self._proc = proc
        self._files = files
        self._known = known
        self._root_of = root_of

    def descriptor_on(self, process: Process, path: PathFacts) -> FoundDescriptor | None:
        """The newest descriptor that a process has on the file of a record."""
        if self._proc is None or path.inode is None:
            return None
        for number, status in self._newest(process):
            if not same_file(status, path):
                continue
            name, info = self._proc.fd(process.pid, number), self._proc.fdinfo(process.pid, number)
            if name is not None and info is not None:
                return FoundDescriptor(number, info.flags, name)
        return None

    def start_of(self, process: Process, name: str, path: PathFacts, cwd: str | None) -> str | None:
        """The directory that a relative name counts from: the one from which it leads to the file of a record.

        Tried are the working directory and the directories that the process has open, or was seen to open.
        """
        root = self._root_of(process)
        if self._files is None or root is None or path.inode is None:
            return None
        for start in dict.fromkeys(
            (cwd, *(name for name, _ in self._directories(process)), *self._known_directories(process))
        ):
            absolute = join(start, name)
            status = self._files.stat_in_root(root, absolute) if absolute is not None else None
            if status is not None and same_file(status, path):
                return start
        return None

    def directory(self, process: Process, path: PathFacts, guesses: Sequence[str | None]) -> str | None:
        """The directory that a record is about: by device and inode one of some guesses, or one that is open."""
        if path.inode is None:
            return None
        for known in self._known(process).values():
            if (known.inode, known.device) == (path.inode, path.dev):
                return known.name
        root = self._root_of(process)
        if self._files is None or root is None:
            return None
        for guess in guesses:
            status = self._files.stat_in_root(root, guess) if guess is not None and guess.startswith("/") else None
            if status is not None and same_file(status, path):
                return guess
        return next((name for name, status in self._directories(process) if same_file(status, path)), None)

    def entry(self, process: Process, directory: str, path: PathFacts, but: str | None = None) -> str | None:
        """The name of the file of a record in a directory, sought there by its inode.

        None where it has several there; the one whose absolute name is `but` does not count.
        """
        root = self._root_of(process)
        if self._files is None or root is None or path.inode is None:
            return None
        names = self._files.entries_in_root(root, directory, path.inode, MOST_ENTRIES)
        found = [name for name in names if join(directory, name) != but]
        return found[0] if len(found) == 1 else None

    def exists(self, process: Process, name: str) -> bool | None:
        """Whether there is a file of that name where the process lives; None where that cannot be looked up."""
        root = self._root_of(process)
        if self._files is None or root is None:
            return None
        return self._files.stat_in_root(root, name) is not None

    def _known_directories(self, process: Process) -> list[str]:
        """Directories that a process was seen to open, the newest first."""
        known = reversed(self._known(process).values())
        return [one.name for one in known if one.kind == DIRECTORY and one.name is not None]

    def _newest(self, process: Process) -> Iterator[tuple[int, os.stat_result]]:
        """What a process has open, by number, with its status."""
        if self._proc is None or not process.is_alive:
            return
        for number in (self._proc.fds(process.pid) or [])[::-1][:MOST_DESCRIPTORS]:
            status = self._proc.stat_of_fd(process.pid, number)
            if status is not None:
                yield number, status

    def _directories(self, process: Process) -> Iterator[tuple[str, os.stat_result]]:
        for number, status in self._newest(process):
            if self._proc is not None and stat.S_ISDIR(status.st_mode):
                name = self._proc.fd(process.pid, number)
                if name is not None and name.startswith("/"):
                    yield name, status
