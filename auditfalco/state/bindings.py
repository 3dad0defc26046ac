"""Mounts that show a part of a file system at a second place: bind mounts, and volumes of containers.

A file below such a mount has another name where the file system itself is mounted. Both are told by the mount tables:
the one of the process, and the host's (proc(5), mountinfo).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from kernel_sources.procfs import Mount

FRESH_NS = 1_000_000_000
"""How old a mount table may be, nanoseconds."""

MOST_TABLES = 512
"""Mount tables kept; the one unused for longest is forgotten first."""

_UNNAMED = frozenset({"overlay", "proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup", "cgroup2", "devtmpfs"})
"""File systems of which another mount is of no interest: every container has its own, or all are alike."""


class Bindings:
    """Mount tables by whose they are, read when asked for.

    Args:
        read: gives the mount table of a process ("self" for the host's), None when it is gone.
    """

    def __init__(self, read: Callable[[int | str], list[Mount] | None]) -> None:
        self._read = read
        self._tables: OrderedDict[str, tuple[int, list[Mount]]] = OrderedDict()
        self.evictions = 0

    def elsewhere(self, place: str, pid: int | str, path: str, now_ns: int) -> str | None:
        """The host's own name of a file that a process sees as `path` below a bind mount; None when it has none.

        Args:
            place: whose mounts they are; processes of one container share them.
            pid: a process there, "self" for the host.
            path: without links, inside the process's root.
        """
        mount = covering(self._table(place, pid, now_ns), path)
        if mount is None or mount.fs_type in _UNNAMED:
            return None
        inside = below(mount.root, path[len(mount.mount_point.rstrip("/")) :])
        for other in self._table("host", "self", now_ns):
            if (other.major, other.minor) == (mount.major, mount.minor):
                rest = relative(other.root, inside)
                if rest is not None:
                    return below(other.mount_point, rest)
        return None

    def _table(self, place: str, pid: int | str, now_ns: int) -> list[Mount]:
        read_ns, mounts = self._tables.get(place, (None, []))
        if read_ns is None or not read_ns <= now_ns < read_ns + FRESH_NS:
            fresh = self._read(pid)
            if fresh is None:
                return mounts
            mounts = fresh
            self._tables[place] = (now_ns, mounts)
            if len(self._tables) > MOST_TABLES:
                self._tables.popitem(last=False)
                self.evictions += 1
        self._tables.move_to_end(place)
        return mounts


def covering(mounts: list[Mount], path: str) -> Mount | None:
    """The mount that a path lies on: the one with the longest mount point above it, the latest of equals."""
    found, longest = None, -1
    for mount in mounts:
        if relative(mount.mount_point, path) is not None and len(mount.mount_point) >= longest:
            found, longest = mount, len(mount.mount_point)
    return found


def relative(directory: str, path: str) -> str | None:
    """What follows a directory in a path, with its slash; "" for the directory itself, None when it is elsewhere."""
    if directory == "/":
        return path
    rest = path[len(directory) :]
    return rest if path.startswith(directory) and (not rest or rest[0] == "/") else None


def below(directory: str, rest: str) -> str:
    """A directory and what follows it, joined."""
    return (directory.rstrip("/") + rest) or "/"
