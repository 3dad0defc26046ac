"""All names of a file that a call named: the spelled one, the one it has without links, and those that rules know.

The kernel records a name as it was spelled, and the device and inode of the file that it led to. So a name found by
looking is believed only when it leads to that inode. Links that the system itself has set up are told apart from those
that may have been made to mislead (model.names).
"""

from __future__ import annotations

import os
import stat
from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple

from auditfalco.model.container import Container
from auditfalco.model.names import named
from auditfalco.model.process import Process
from auditfalco.state.bindings import HOST as HOST_MOUNTS
from auditfalco.state.bindings import Bindings
from auditfalco.state.effort import Effort
from auditfalco.state.landmarks import FileNumber, Landmarks
from auditfalco.state.roots import RootedFiles
from kernel_sources.audit.facts import PathFacts
from kernel_sources.procfs import ProcFS
from kernel_sources.procfs.realpath import KERNEL_DIRECTORIES, Link, lies_below

MOST_REMEMBERED = 8192
"""Names whose other names are remembered; the oldest are forgotten first."""

_SYSTEM_DIRECTORIES = (
    "/bin",
    "/etc",
    "/lib",
    "/run",
    "/sbin",
    "/sys",
    "/usr",
    "/var/lib",
    "/var/run",
    *KERNEL_DIRECTORIES,
)
"""Where the kernel, a distribution and its packages keep links."""


class _Others(NamedTuple):
    also: tuple[str, ...] = ()
    trusted: tuple[str, ...] = ()


class TrueNames:
    """Finds the other names of files on the live system."""

    def __init__(self, proc: ProcFS, files: RootedFiles, effort: Effort | None = None) -> None:
        self._files = files
        self._host_root = "/"
        self._proc = proc
        self._effort = effort or Effort()
        self._landmarks = Landmarks(files, self._effort)
        self._bindings = Bindings(proc.mountinfo, self._effort)
        self._remembered: OrderedDict[tuple[str, str, tuple[int, int] | None, int], _Others] = OrderedDict()
        self._forgotten = 0

    @property
    def evictions(self) -> int:
        """What was forgotten for want of room: names, and what is known of roots and mounts."""
        return self._forgotten + self._landmarks.evictions + self._bindings.evictions

    @property
    def refusals(self) -> int:
        """Looks that there was no time for, and files that rules name beyond those that are looked after."""
        return self._effort.refused + self._landmarks.left_out

    def watch(self, names: Iterable[str]) -> None:
        """Recognise these files, which rules name, under whatever other name."""
        self._landmarks.watch(names)
        self._landmarks.look_ahead(self._host_root)
        self._remembered.clear()

    def look_ahead(self, root: str) -> None:
        """Look at the files that rules name in a root that is new, so that they are known when they have gone."""
        self._landmarks.look_ahead(root)

    def look_again(self, roots: Iterable[str]) -> None:
        """Look anew at the files that rules name, in the host's root and these; to be called every few seconds."""
        self._landmarks.look_again((self._host_root, *roots))

    def of(self, process: Process, spelled: str, name: str, path: PathFacts, now_ns: int) -> str:
        """A file's names.

        Args:
            process: who named it.
            spelled: absolute path as the kernel went it, `..` and double slashes included.
            name: the same, put straight without looking; what Falco prints.
            path: the call's record of it.
            now_ns: time of the event.
        """
        if path.inode is None:
            return name
        key = (_place_of(process), spelled, path.dev, path.inode)
        others = self._remembered.get(key)
        if others is None:
            others, settled = self._look(process, spelled, name, path, now_ns)
            if settled:
                self._remember(key, others)
        return named(name, others.also, others.trusted)

    def _look(self, process: Process, spelled: str, name: str, path: PathFacts, now_ns: int) -> tuple[_Others, bool]:
        """The other names, and whether they will be the same the next time."""
        for root in self._roots(process):
            direct = self._files.real_in_root(root, spelled)
            if direct is not None and direct[1] == name and same_file(direct[0], path):
                status, real, trusted = direct[0], name, True
            else:
                reached = self._files.follow_in_root(root, spelled, self._number_in_proc(process, root))
                if reached is None or not same_file(reached.status, path):
                    continue
                status, real, trusted = reached.status, reached.real, self._trusts(process, reached.links)
            elsewhere = self._bindings.elsewhere(*self._mounts_of(process), real, now_ns)
            linked = status.st_nlink > 1 and not stat.S_ISDIR(status.st_mode)
            changed_root = _place_of(process) == "host" and root != self._host_root
            landmark = self.known_name(process, path) if linked or changed_root else None
            also = [landmark] if trusted else [real, landmark]
            return _Others(_known(also), _known([real if trusted else None, *elsewhere])), not linked
        return _Others(_known([self.known_name(process, path)])), False

    def known_name(self, process: Process, path: PathFacts) -> str | None:
        """The name by which rules know the file of a record, told by its number; None when they name none such."""
        if path.dev is None or path.inode is None or path.mode is None or path.ouid is None or path.ogid is None:
            return None
        number = FileNumber(os.makedev(*path.dev), path.inode, path.mode, path.ouid, path.ogid)
        return self._landmarks.name_of(dict.fromkeys([*self._roots(process), self._host_root]), number)

    def roots(self, process: Process) -> list[tuple[str, bool]]:
        """Where to look for what a process names, and whether that is known to be its place (not for the host's)."""
        place_known = process.container is not None
        return [(root, place_known or root != self._host_root) for root in self._roots(process)]

    def _roots(self, process: Process) -> list[str]:
        """Where to look for what a process names: its own root while it lives, else its container's, or the host's."""
        container = process.container
        roots = []
        if container is None or container.is_host:
            roots.append(self._host_root)
        if process.is_alive:
            roots.append(self._proc.root_path(process.pid))
        if container is not None and container.root is not None and container.root not in roots:
            roots.append(container.root)
        return roots

    def _mounts_of(self, process: Process) -> tuple[str, int | str]:
        """The mount namespace that a process is in, or was as far as is known, and a process that shows its mounts."""
        namespace = self._proc.namespace(process.pid, "mnt") if process.is_alive else None
        if namespace is not None and namespace != self._proc.namespace("self", "mnt"):
            return str(namespace), process.pid
        container = process.container
        if namespace is None and container is not None and container.init_pid is not None:
            return container.full_id, container.init_pid
        return HOST_MOUNTS, "self"

    def _number_in_proc(self, process: Process, root: str) -> int:
        """The process's number in the proc file system that it sees, which is a container's own."""
        return process.pid if root == self._host_root or process.vpid is None else process.vpid

    def _trusts(self, process: Process, links: Iterable[Link]) -> bool:
        return all(
            link.of_system and _in_system_directory(link.path) and self._of_image(process, link) for link in links
        )

    def _of_image(self, process: Process, link: Link) -> bool:
        """Whether a link came with the container's image, as far as its layers are known; on the host always."""
        container = process.container
        if container is None or container.is_host or container.upper is None:
            return True
        return self._files.stat_in_root(container.upper, link.path, follow=False) is None

    def _remember(self, key: tuple[str, str, tuple[int, int] | None, int], others: _Others) -> None:
        self._remembered[key] = others
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)
            self._forgotten += 1


def same_file(status: os.stat_result, path: PathFacts) -> bool:
    """Whether a file looked at is the one in a record.

    By inode and device; stat(2) gives files of an overlay over several file systems, and of btrfs, a device of their
    own, so that two anonymous devices (major 0) do not contradict each other.
    """
    if path.inode is None or status.st_ino != path.inode:
        return False
    found = (os.major(status.st_dev), os.minor(status.st_dev))
    return path.dev is None or path.dev == found or (path.dev[0] == 0 and found[0] == 0)


def _place_of(process: Process) -> str:
    container: Container | None = process.container
    return "host" if container is None or container.is_host else container.full_id


def _in_system_directory(path: str) -> bool:
    return path.count("/") == 1 or lies_below(path, _SYSTEM_DIRECTORIES)


def _known(names: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(name for name in names if name is not None)
