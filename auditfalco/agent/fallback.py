"""What takes audit's place where audit is blind: marks on whole file systems, and executions from the connector.

Audit is blind where it is locked without our rules, where `task,never` keeps new processes from it, where the right to
ask is missing, or where somebody has silenced it. What is left then are opens and executions; other calls are not seen.
Marks on whole file systems cost every open there; so they are set only then.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from auditfalco.coverage.filesystems import is_watched
from auditfalco.coverage.filters import OPENS as OPEN_CALLS
from auditfalco.coverage.needs import Needs
from auditfalco.model.process import Process
from kernel_sources.errors import KernelSourceError
from kernel_sources.fanotify import CLOSE_NOWRITE, CLOSE_WRITE, OPEN, OPEN_EXEC, FanotifyGroup, Mark
from kernel_sources.procfs import Mount, ProcFS

MOST_FILE_SYSTEMS = 512
MOST_CONTAINERS = 4096

OPENS = OPEN | OPEN_EXEC | CLOSE_WRITE | CLOSE_NOWRITE


class FallbackSensors:
    """Sees opens and executions without audit, from `engage` to `release`. For one thread.

    Args:
        group: where marks are set; None for no fanotify.
        needs: what the rules ask for.
        proc: access to the proc file system.
        say: tells the operator.

    Attributes:
        reason: why they are engaged; "" when they are not.
        refused: file systems that could not be marked, with the reason.
    """

    def __init__(
        self,
        group: FanotifyGroup | None,
        needs: Needs,
        proc: ProcFS,
        say: Callable[[str], None],
    ) -> None:
        self.reason = ""
        self.refused: dict[int, str] = {}
        self._group = group
        self._proc = proc
        self._say = say
        self._opens_on_host = bool((needs.calls - needs.container_calls) & OPEN_CALLS)
        self._opens_in_containers = self._opens_on_host or bool(needs.container_calls & OPEN_CALLS)
        self._marks: dict[int, Mark] = {}
        self._containers: set[str] = set()

    @property
    def engaged(self) -> bool:
        """Whether they stand in for audit now."""
        return bool(self.reason)

    def engage(self, reason: str, processes: Iterable[Process] = ()) -> None:
        """Take audit's place; harmless when that is so already.

        Args:
            reason: why, for the operator.
            processes: those that run, whose containers' file systems are marked too.
        """
        if self.reason:
            return
        self.reason = reason
        self.mounts_changed()
        for process in processes:
            self.entered(process)
        self._say(
            f"audit is blind ({reason}): opens and executions are seen by fanotify ({len(self._marks)} file systems)"
            " and the process connector, other calls are not"
        )

    def release(self) -> None:
        """Leave it to audit again; executions that are announced already are still told."""
        if not self.reason:
            return
        self.reason = ""
        for mark in self._marks.values():
            if self._group is not None:
                self._group.unmark(mark)
        self._marks.clear()
        self._containers.clear()
        self._say("audit sees again: fanotify and the process connector no longer stand in for it")

    def mounts_changed(self) -> None:
        """Mark the host's file systems that are not marked yet, and forget those that have gone."""
        if not self.reason or self._group is None:
            return
        mounts = self._proc.mountinfo("self") or []
        for mount in mounts:
            self._mark(mount, "", self._opens_on_host or _is_container_s(mount))

    def entered(self, process: Process) -> None:
        """Mark the file systems that a process in a container sees, unless they are."""
        container = process.container
        if not self.reason or container is None or container.is_host or container.full_id in self._containers:
            return
        if len(self._containers) >= MOST_CONTAINERS:
            self._containers.clear()
        self._containers.add(container.full_id)
        for mount in self._proc.mountinfo(process.pid) or []:
            self._mark(mount, self._proc.root_path(process.pid), self._opens_in_containers)

    def _mark(self, mount: Mount, root: str, opens: bool) -> None:
        device = os.makedev(mount.major, mount.minor)
        if self._group is None or not is_watched(mount) or device in self._marks or device in self.refused:
            return
        if opens and not self._opens_in_containers:
            opens = False
        if len(self._marks) >= MOST_FILE_SYSTEMS:
            self._forget_one()
        try:
            self._marks[device] = self._group.mark(
                f"{root}{mount.mount_point}", OPENS if opens else OPEN_EXEC, "filesystem"
            )
        except (FileNotFoundError, NotADirectoryError):
            return  # gone, or a single file; the file system may be mounted elsewhere too
        except (KernelSourceError, OSError) as error:
            self.refused[device] = str(error)

    def _forget_one(self) -> None:
        """Make room: the mark that is there for longest goes."""
        mark = self._marks.pop(next(iter(self._marks)))
        if self._group is not None:
            self._group.unmark(mark)


def _is_container_s(mount: Mount) -> bool:
    """Whether a mount on the host is a container's root; the host's own may be an overlay too."""
    return mount.fs_type == "overlay" and mount.mount_point != "/"
