"""Mounts that show a part of a file system at a second place: bind mounts, and volumes of containers.

A file below such a mount has another name where the file system itself is mounted. Both are told by the mount tables:
the one of the process, and the host's (proc(5), mountinfo).
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from auditfalco.state.effort import Effort
from kernel_sources.procfs import Mount

TICK_NS = 11_000_000
"""How much earlier than the event itself the time in its record may be: a tick of the kernel's coarse clock."""

MOST_TABLES = 512
"""Mount tables kept; the one unused for longest is forgotten first."""

HOST = "host"
"""The place of the host's own mounts."""

_OF_ITS_OWN = frozenset({"overlay", "proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup", "cgroup2", "devtmpfs"})
"""File systems whose names on the host are of no interest: every container has its own, or all are alike."""


class _Table(NamedTuple):
    mounts: list[Mount]
    read_ns: int


class Bindings:
    """Mount tables by whose they are, read when asked for.

    Args:
        read: gives the mount table of a process ("self" for the host's), None when it is gone.
        effort: the time for reading tables again.
        clock: the time, nanoseconds since the epoch.
    """

    def __init__(
        self,
        read: Callable[[int | str], list[Mount] | None],
        effort: Effort,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._read = read
        self._effort = effort
        self._clock = clock
        self._tables: OrderedDict[str, _Table] = OrderedDict()
        self.evictions = 0

    def elsewhere(self, place: str, pid: int | str, path: str, event_ns: int) -> tuple[str, ...]:
        """The other names of a file that a process sees as `path` below a mount.

        Args:
            place: whose mounts they are: one text for one mount namespace.
            pid: a process there, "self" for the host.
            path: without links, inside the process's root.
            event_ns: when the process saw it so, nanoseconds since the epoch.

        Returns:
            The name where the process itself sees the file system as a whole, and the host's own name, as far as there
            are such.
        """
        own = self._table(place, pid, event_ns)
        mount = covering(own, path)
        if mount is None:
            return ()
        inside = below(mount.root, path[len(mount.mount_point.rstrip("/")) :])
        names = [shown_at(own, mount, inside)] if mount.root != "/" else []
        if place != HOST and mount.fs_type not in _OF_ITS_OWN:
            names.append(shown_at(self._table(HOST, "self", event_ns), mount, inside))
        return tuple(name for name in names if name is not None)

    def _table(self, place: str, pid: int | str, event_ns: int) -> list[Mount]:
        """The mounts of a place as of an event: read after it, as far as there is time for that."""
        table = self._tables.get(place)
        if table is None or (table.read_ns < event_ns + TICK_NS and self._effort.allows()):
            now = self._clock()
            with self._effort.spending():
                mounts = self._read(pid)
            if mounts is None:
                return table.mounts if table is not None else []
            table = self._tables[place] = _Table(mounts, now)
            if len(self._tables) > MOST_TABLES:
                self._tables.popitem(last=False)
                self.evictions += 1
        self._tables.move_to_end(place)
        return table.mounts


def shown_at(mounts: list[Mount], of: Mount, inside: str) -> str | None:
    """The name that a file has in a mount table; `inside` is its path in the file system that `of` is a mount of."""
    for mount in mounts:
        rest = relative(mount.root, inside) if (mount.major, mount.minor) == (of.major, of.minor) else None
        if rest is not None:
            return below(mount.mount_point, rest)
    return None


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
