"""Files inside a root, looked at within a time.

On the host's own file systems a look ends. Where a process or another machine serves one, and in containers, whose
mounts are theirs to make, it may not: there each look has a deadline, and what is not answered by then is unknown.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence

from auditfalco.state.deadline import Deadline
from auditfalco.state.roots import Content, RootedFiles, Stamp
from kernel_sources.procfs import Mount, ProcFS
from kernel_sources.procfs.realpath import Reached

_SERVED_BY_OTHERS = ("fuse", "nfs", "cifs", "smb", "9p", "ceph", "autofs", "afs", "virtiofs", "gluster", "orangefs")
"""Beginnings of the names of file system types that may not answer."""

_FRESH_NS = 1_000_000_000
"""How long the host's mount table is taken to be as it was."""


class BoundedFiles(RootedFiles):
    """As RootedFiles, but every look ends.

    Attributes:
        deadline: does the looks that may not end.
    """

    def __init__(self, proc: ProcFS, clock: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__(proc)
        self.deadline = Deadline()
        self._clock = clock
        self._read_ns: int | None = None
        self._host_may_wait = False

    def read_in_root(self, root: str, path: str, most: int, unless: Stamp | None = None) -> Content | None:
        """As `RootedFiles.read_in_root`."""
        look = super().read_in_root
        if not self._may_wait(root):
            return look(root, path, most, unless)
        return self.deadline.run(lambda: look(root, path, most, unless))

    def stat_in_root(self, root: str, path: str, *, follow: bool = True) -> os.stat_result | None:
        """As `RootedFiles.stat_in_root`."""
        look = super().stat_in_root
        if not self._may_wait(root):
            return look(root, path, follow=follow)
        return self.deadline.run(lambda: look(root, path, follow=follow))

    def entries_in_root(self, root: str, directory: str, inode: int, most: int) -> list[str]:
        """As `RootedFiles.entries_in_root`."""
        look = super().entries_in_root
        if not self._may_wait(root):
            return look(root, directory, inode, most)
        return self.deadline.run(lambda: look(root, directory, inode, most)) or []

    def listing_in_root(self, root: str, directory: str, most: int) -> list[str]:
        """As `RootedFiles.listing_in_root`."""
        look = super().listing_in_root
        if not self._may_wait(root):
            return look(root, directory, most)
        return self.deadline.run(lambda: look(root, directory, most)) or []

    def real_in_root(self, root: str, path: str) -> tuple[os.stat_result, str] | None:
        """As `RootedFiles.real_in_root`."""
        look = super().real_in_root
        return self.deadline.run(lambda: look(root, path)) if self._may_wait(root) else look(root, path)

    def follow_in_root(self, root: str, path: str, self_pid: int | None) -> Reached | None:
        """As `RootedFiles.follow_in_root`."""
        look = super().follow_in_root
        if not self._may_wait(root):
            return look(root, path, self_pid)
        return self.deadline.run(lambda: look(root, path, self_pid))

    def _may_wait(self, root: str) -> bool:
        if root != "/":
            return True
        now = self._clock()
        if self._read_ns is None or now - self._read_ns > _FRESH_NS:
            self._read_ns = now
            self._host_may_wait = may_wait(self._proc.mountinfo("self") or ())
        return self._host_may_wait


def may_wait(mounts: Sequence[Mount]) -> bool:
    """Whether a file system among some mounts is served by a process or another machine."""
    return any(mount.fs_type.startswith(_SERVED_BY_OTHERS) for mount in mounts)
