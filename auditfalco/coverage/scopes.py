"""What a container's processes can open, in the terms of an audit rule.

The kernel's filter cannot be asked for "inside a container", but it can be asked for files of one device, below one
directory, or for one file. A container's own file systems (its overlay, its tmpfs and proc mounts) are on devices
without hardware, major number 0, that the host itself does not use; what it shares with the host through a bind mount
lies below a directory that the host can name.

Every audit rule costs every open on the host some 60 ns, whether it matches or not, so their number must not grow with
the containers. The kernel hands out minor numbers from the lowest free one: the host's own file systems, mounted at
boot, have the low ones, and containers the holes between them and everything above. A handful of rules stands for all
of these, before any container exists.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from typing import NamedTuple, Union

from kernel_sources.audit.rule import Field
from kernel_sources.procfs import Mount
from kernel_sources.procfs.mounts import seen_in


class DeviceScope(NamedTuple):
    """Every file of one device."""

    major: int
    minor: int

    def fields(self) -> tuple[Field, ...]:
        """The conditions of an audit rule."""
        return (Field("devmajor", "=", self.major), Field("devminor", "=", self.minor))


class MinorsFrom(NamedTuple):
    """Every file of a device whose minor number is at least this.

    There is no upper bound, and the major number is not asked for: the filter compares the device *or* the device
    number that a device file stands for, which is 0:0 for all other files (audit_filter_rules in kernel/auditsc.c).
    """

    minor: int

    def fields(self) -> tuple[Field, ...]:
        """The conditions of an audit rule."""
        return (Field("devminor", ">=", self.minor),)


class TreeScope(NamedTuple):
    """Every file below a directory of the host."""

    directory: str

    def fields(self) -> tuple[Field, ...]:
        """The conditions of an audit rule."""
        return (Field("dir", "=", self.directory),)


class FileScope(NamedTuple):
    """One file of the host."""

    path: str

    def fields(self) -> tuple[Field, ...]:
        """The conditions of an audit rule."""
        return (Field("path", "=", self.path),)


Scope = Union[DeviceScope, MinorsFrom, TreeScope, FileScope]

MOST_HOLES = 32
"""Minor numbers between the host's own that are asked for one by one; with more, some of the host's are asked for."""

_CONTAINER_ID = re.compile(r"(.*)/[0-9a-f]{64}(?:/|$)")
_HOST_ONLY = frozenset({"squashfs", "iso9660"})


class HostMounts:
    """The host's mount table, asked where a container's mounts come from.

    Attributes:
        overlays: devices of overlays that are not the host's root: containers' roots.
        standing: the scopes that cover the own file systems of whatever container there will be; empty where the host's
            disks have minor numbers as high as containers', so that each container's have to be asked for singly.
        root: the host's root mount.
    """

    def __init__(self, mounts: Sequence[Mount]) -> None:
        self.overlays = frozenset(
            DeviceScope(mount.major, mount.minor)
            for mount in mounts
            if mount.fs_type == "overlay" and mount.mount_point != "/"
        )
        self._by_device: dict[tuple[int, int], list[Mount]] = {}
        for mount in mounts:
            self._by_device.setdefault((mount.major, mount.minor), []).append(mount)
        self.root = next((mount for mount in mounts if mount.mount_point == "/"), None)
        self.standing: frozenset[Scope] = _standing_scopes(mounts)

    def covers(self, mount: Mount) -> bool:
        """Whether the standing scopes cover a mount."""
        if mount.major != 0:
            return False
        return any(
            mount.minor >= scope.minor if isinstance(scope, MinorsFrom) else scope == (0, mount.minor)
            for scope in self.standing
        )

    def scope_of(self, mount: Mount) -> Scope | None:
        """What stands for one of a container's mounts; None where only the whole of a host file system would."""
        device = DeviceScope(mount.major, mount.minor)
        if device in self.overlays:
            return device
        shared = self._by_device.get((mount.major, mount.minor))
        if shared is None:
            return device
        path = seen_in(mount, shared)
        if path is None or path == "/":
            return None
        of_containers = _CONTAINER_ID.match(path)
        if of_containers is not None:
            return TreeScope(of_containers.group(1))  # one rule for all containers of the engine
        try:
            is_directory = stat.S_ISDIR(os.stat(path).st_mode)
        except OSError:
            return None
        return TreeScope(path) if is_directory else FileScope(path)


def _standing_scopes(mounts: Sequence[Mount]) -> frozenset[Scope]:
    """The scopes for every minor number that the host itself does not use, as far as MOST_HOLES allows.

    Below the first mounts of boot there are only the kernel's internal file systems.
    """
    first = min((mount.minor for mount in mounts if mount.fs_type in ("proc", "sysfs")), default=0)
    own = {mount.minor for mount in mounts if mount.major == 0 and not _is_a_containers(mount)}
    holes: list[int] = []
    end = first
    for minor in sorted(minor for minor in own if minor >= first):
        gap = range(end, minor)
        if len(holes) + len(gap) > MOST_HOLES:
            break
        holes += gap
        end = minor + 1
    disks = (mount for mount in mounts if mount.major != 0 and mount.fs_type not in _HOST_ONLY)
    if not first or any(mount.minor >= end for mount in disks):
        return frozenset()
    return frozenset([MinorsFrom(end), *(DeviceScope(0, minor) for minor in holes)])


def _is_a_containers(mount: Mount) -> bool:
    """Whether a mount that the host sees belongs to a container: a root, or below a directory named by an id."""
    return (mount.fs_type == "overlay" and mount.mount_point != "/") or bool(_CONTAINER_ID.match(mount.mount_point))


class ContainerScopes(NamedTuple):
    """The scopes of one container beside the standing ones, its root's device, and the mount points left out."""

    scopes: frozenset[Scope]
    root: DeviceScope
    unseen: tuple[str, ...]


def container_scopes(mounts: Sequence[Mount], host: HostMounts) -> ContainerScopes | None:
    """The scopes that cover a container's mounts as far as the standing scopes do not.

    None while the process whose mount table this is still has the host's root: a runtime's helper that has not changed
    its root yet.
    """
    root = next((mount for mount in mounts if mount.mount_point == "/"), None)
    if root is None or (host.root is not None and (root.major, root.minor, root.root) == _place(host.root)):
        return None
    found: set[Scope] = set()
    unseen: list[str] = []
    for mount in mounts:
        if host.covers(mount):
            continue
        scope = host.scope_of(mount)
        if scope is None:
            unseen.append(mount.mount_point)
        else:
            found.add(scope)
    return ContainerScopes(frozenset(found), DeviceScope(root.major, root.minor), tuple(unseen))


def _place(mount: Mount) -> tuple[int, int, str]:
    return mount.major, mount.minor, mount.root
