"""``/proc/<pid>/cgroup``: the control groups of a process (cgroups(7))."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cgroup:
    """One line: the group of the process in one hierarchy.

    Attributes:
        hierarchy: number of the hierarchy; 0 is the unified one (cgroup v2).
        controllers: names, such as ``("cpu", "cpuacct")`` or ``("name=systemd",)``; empty for the unified hierarchy.
        path: path of the group below the reader's cgroup namespace root; ends in `` (deleted)`` when it was removed.
    """

    hierarchy: int
    controllers: tuple[str, ...]
    path: str


def parse(data: bytes) -> list[Cgroup]:
    """Return the groups in the file's order; lines that are no groups are passed over."""
    groups = []
    for line in data.decode("utf-8", "surrogateescape").split("\n"):
        parts = line.split(":", 2)  # the path itself may hold colons
        if len(parts) == 3 and parts[0].isdecimal():
            controllers = tuple(name for name in parts[1].split(",") if name)
            groups.append(Cgroup(int(parts[0]), controllers, parts[2]))
    return groups
