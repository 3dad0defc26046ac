"""One look at the file system: what a single name stands for, and what was noticed on the way."""

from __future__ import annotations

import stat
from collections.abc import Iterator

from auditfalco.coverage.files import Files
from kernel_sources.audit.rule import Field
from kernel_sources.procfs import Mount

_LASTING = frozenset({"kcore", "kmsg", "kallsyms", "sysrq-trigger", "iomem", "ioports", "modules"})
"""Files of a proc file system that keep their inode number."""

_BY_THE_KERNEL = frozenset(
    {"proc", "sysfs", "cgroup", "cgroup2", "debugfs", "tracefs", "securityfs", "bpf", "devpts", "mqueue", "configfs"}
)
"""File systems whose links the kernel makes, none of which leads out of it to a file of another."""


class Look:
    """The file system as it is now.

    Attributes:
        files: what is looked at.
        missing: the first components of names that are not there; when one appears, another look is due.
        wider: why more than what rules name is asked for, or less; a sentence each.
    """

    def __init__(self, files: Files) -> None:
        self.files = files
        self._mounts = files.mounts()
        self._points = {mount.mount_point for mount in self._mounts}
        self.missing: set[str] = set()
        self.wider: dict[str, None] = {}

    def say(self, sentence: str) -> None:
        """Note why something is asked for as it is."""
        self.wider[sentence] = None

    def file(self, path: str) -> Iterator[Field]:
        """The fields for a name without links whose directory is there."""
        if path != "/":
            yield Field("path", "=", path)
        if path == "/" or path in self._points:  # the watch of the name is for what the mount hides
            inode = self.files.inode(path)
            if inode is not None:
                yield Field("inode", "=", inode & 0xFFFFFFFF)

    def led_to(self, link: str, target: str) -> Iterator[Field]:
        """The fields for the file that a link leads to."""
        if self.volatile(target) is not None:
            self.say(f"what processes reach through {link} is seen under its own name only")
        elif self.files.real(target.rpartition("/")[0] or "/") is not None:
            yield from self.file(target)

    def real(self, directory: str) -> str | None:
        """A directory's path without links; None, and noted as missing, where it is not there."""
        found = self.files.real(directory)
        if found is None:
            self.missing.add(self._first_missing(directory))
        return found

    def is_directory(self, path: str) -> bool:
        """Whether a directory, and no link to one, is there."""
        mode = self.files.mode(path)
        return mode is not None and stat.S_ISDIR(mode)

    def is_link(self, path: str) -> bool:
        """Whether a symbolic link is there."""
        mode = self.files.mode(path)
        return mode is not None and stat.S_ISLNK(mode)

    def volatile(self, path: str) -> str | None:
        """The mount point of the proc file system that a path is in, where its files have no lasting inodes."""
        mount = self._mount_of(path)
        if mount is None or mount.fs_type != "proc":
            return None
        first = path[len(mount.mount_point) + 1 :].partition("/")[0]
        return None if first in _LASTING else mount.mount_point

    def has_links_of_people(self, path: str) -> bool:
        """Whether links may be there that somebody has made."""
        mount = self._mount_of(path)
        return mount is None or mount.fs_type not in _BY_THE_KERNEL

    def mounted_below(self, directory: str) -> list[str]:
        """The mount points below a directory."""
        return sorted(point for point in self._points if point.startswith(f"{directory}/"))

    def _mount_of(self, path: str) -> Mount | None:
        above = (mount for mount in self._mounts if f"{path}/".startswith(f"{mount.mount_point.rstrip('/')}/"))
        return max(above, key=lambda mount: len(mount.mount_point), default=None)

    def _first_missing(self, path: str) -> str:
        parts = path.strip("/").split("/")
        heads = ("/" + "/".join(parts[:count]) for count in range(1, len(parts)))
        return next((head for head in heads if self.files.real(head) is None), path)
