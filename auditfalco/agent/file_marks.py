"""Keeps fanotify's marks on the files that rules name, on the host and in every container.

A mark belongs to an inode. A file that is replaced gets another one, and so does every container's copy; so the names
are looked up again every few seconds, and when a container comes. A thread of its own does that: files may lie where a
look takes long.
"""

from __future__ import annotations

import os
import queue
import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import NamedTuple

from auditfalco.coverage.filesystems import is_slow
from auditfalco.coverage.marks import WatchList
from auditfalco.model.process import Process
from auditfalco.state.roots import RootedFiles
from kernel_sources.errors import KernelSourceError
from kernel_sources.fanotify import CLOSE_NOWRITE, CLOSE_WRITE, EVENT_ON_CHILD, OPEN, OPEN_EXEC, FanotifyGroup, Mark
from kernel_sources.procfs import Mount, ProcFS

LOOK_SECONDS = 3.0
"""Between two looks at all names."""

MOST_ROOTS = 256
"""Containers whose files are marked; beyond, the first is dropped, and comes again if it lives."""

ROOTS_A_LOOK = 32
"""Containers that are looked at again in one look."""

MOST_MARKS = 8192
REFUSALS_KEPT = 20

MASK = OPEN | OPEN_EXEC | CLOSE_WRITE | CLOSE_NOWRITE
"""The closes tell writing from reading where the open has ended before it could be looked at."""


class _Wanted(NamedTuple):
    root: str
    path: str
    mask: int


class FileMarks:
    """Marks the files of a watch list.

    Args:
        group: where marks are set; None for no fanotify.
        wanted: what to mark.
        proc: access to the proc file system.

    Attributes:
        refused: marks that the kernel did not take, with the reason; the newest REFUSALS_KEPT.
        marked: the path that rules name, by device and inode of every marked file and directory.
    """

    def __init__(self, group: FanotifyGroup | None, wanted: WatchList, proc: ProcFS) -> None:
        self.refused: list[str] = []
        self.marked: dict[tuple[int, int], str] = {}
        self._group = group
        self._wanted = wanted
        self._proc = proc
        self._files = RootedFiles(proc)
        self._known: set[str] = set()
        self._requests: queue.SimpleQueue[tuple[str, int] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="file marks", daemon=True)
        self._stopping = threading.Event()
        # Everything below belongs to the thread.
        self._containers: OrderedDict[str, int] = OrderedDict()
        self._marks: dict[_Wanted, Mark] = {}

    def start(self) -> None:
        """Mark the host's files, then follow the containers. The former are marked on return."""
        if self._group is None or not (self._wanted.host or self._wanted.containers):
            return
        self._look(host=True, containers=())
        self._thread.start()

    def stop(self) -> None:
        """End the thread; the marks go with the group. What hangs in a look is left behind."""
        self._stopping.set()
        self._requests.put(None)
        if self._thread.is_alive():
            self._thread.join(LOOK_SECONDS)

    def entered(self, process: Process) -> None:
        """Say that a process runs in a container, whose files are marked unless they are already."""
        container = process.container
        if container is None or container.is_host or container.full_id in self._known or not self._thread.is_alive():
            return
        self._known.add(container.full_id)
        self._requests.put((container.full_id, process.pid))

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                request = self._requests.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                self._look(host=True, containers=list(self._containers)[:ROOTS_A_LOOK])
                continue
            if request is not None:
                self._add(*request)

    def _add(self, full_id: str, pid: int) -> None:
        own, its = self._proc.stat_in_root("self", "/"), self._proc.stat_in_root(pid, "/")
        if own is None or its is None or (own.st_dev, own.st_ino) == (its.st_dev, its.st_ino):
            self._known.discard(full_id)  # gone, or a runtime's helper on its way in: the next process will tell
            return
        self._containers[full_id] = pid
        if len(self._containers) > MOST_ROOTS:
            self._drop(next(iter(self._containers)))
        self._look(host=False, containers=[full_id])

    def _look(self, host: bool, containers: list[str] | tuple[str, ...]) -> None:
        if host:
            self._look_in("/", "self")
        for full_id in containers:
            pid = self._containers[full_id]
            if self._proc.stat_in_root(pid, "/") is None:
                self._drop(full_id)
                continue
            self._containers.move_to_end(full_id)
            self._look_in(self._proc.root_path(pid), pid)
        self.marked = {(mark.device, mark.inode): one.path for one, mark in self._marks.items()}

    def _drop(self, full_id: str) -> None:
        """Forget a container; the kernel drops the marks on a file system that goes."""
        self._known.discard(full_id)
        root = self._proc.root_path(self._containers.pop(full_id))
        for one in [one for one in self._marks if one.root == root]:
            self._unmark(one)

    def _look_in(self, root: str, pid: int | str) -> None:
        mounts: list[Mount] | None = None
        for one in self._wanted_in(root):
            if self._stopping.is_set():
                return
            found = self._files.real_in_root(root, one.path)
            present = self._marks.get(one)
            if found is None:
                if present is not None:
                    self._unmark(one)
                continue
            status, real = found
            if present is not None:
                if (present.device, present.inode) == (status.st_dev, status.st_ino):
                    continue
                self._unmark(one)
            if mounts is None:
                mounts = self._proc.mountinfo(pid) or []
            if len(self._marks) < MOST_MARKS and not is_slow(real, mounts):
                self._mark(one, status, real)

    def _wanted_in(self, root: str) -> Iterator[_Wanted]:
        watched = self._wanted.host if root == "/" else self._wanted.containers
        for path in watched.files:
            yield _Wanted(root, path, MASK)
        for path in watched.directories:
            yield _Wanted(root, path, MASK | EVENT_ON_CHILD)

    def _mark(self, one: _Wanted, status: os.stat_result, real: str) -> None:
        """Mark a file where it was found; if something else is there by now, the next look finds it."""
        if self._group is None:
            return
        try:
            mark = self._group.mark(f"{one.root.rstrip('/')}{real}", one.mask)
        except FileNotFoundError:
            return
        except (KernelSourceError, OSError) as error:
            self.refused.append(str(error))
            del self.refused[:-REFUSALS_KEPT]
            return
        if (mark.device, mark.inode) == (status.st_dev, status.st_ino):
            self._marks[one] = mark
        else:
            self._group.unmark(mark)

    def _unmark(self, one: _Wanted) -> None:
        mark = self._marks.pop(one)
        if self._group is not None:
            self._group.unmark(mark)
