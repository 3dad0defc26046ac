"""What a container's processes can open, in the terms of an audit rule.

The kernel's filter cannot be asked for "inside a container", but it can be asked for files of one device, below one
directory, or for one file. A container's own file systems (its overlay, its tmpfs and proc mounts) each have a device
that the host has not; what it shares with the host through a bind mount lies below a directory that the host can name.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Union

from kernel_sources.audit.rule import Field
from kernel_sources.procfs import Mount


class DeviceScope(NamedTuple):
    """Every file of one device."""

    major: int
    minor: int

    def fields(self) -> tuple[Field, ...]:
        """The conditions of an audit rule."""
        return (Field("devmajor", "=", self.major), Field("devminor", "=", self.minor))


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


Scope = Union[DeviceScope, TreeScope, FileScope]


class HostMounts:
    """The host's mount table, asked where a container's mounts come from."""

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

    def scope_of(self, mount: Mount) -> Scope | None:
        """What stands for one of a container's mounts; None where only the whole of a host file system would."""
        device = DeviceScope(mount.major, mount.minor)
        if device in self.overlays:
            return device
        shared = self._by_device.get((mount.major, mount.minor))
        if shared is None:
            return device
        path = _host_path(mount, shared)
        if path is None or path == "/":
            return None
        try:
            is_directory = stat.S_ISDIR(os.stat(path).st_mode)
        except OSError:
            return None
        return TreeScope(path) if is_directory else FileScope(path)


def _host_path(mount: Mount, candidates: Iterable[Mount]) -> str | None:
    """Where the host sees the directory that is mounted: below the closest mount of the same device."""
    best: str | None = None
    best_root = -1
    for candidate in candidates:
        root = candidate.root.rstrip("/")
        if mount.root != candidate.root and not mount.root.startswith(root + "/"):
            continue
        if len(root) > best_root:
            best_root = len(root)
            best = candidate.mount_point.rstrip("/") + mount.root[len(root) :].rstrip("/") or "/"
    return best


class ContainerScopes(NamedTuple):
    """The scopes of one container, and the mount points that none stands for."""

    scopes: frozenset[Scope]
    unseen: tuple[str, ...]


def container_scopes(mounts: Sequence[Mount], host: HostMounts) -> ContainerScopes | None:
    """The scopes that cover a container's mounts.

    None while the process whose mount table this is still has the host's root: a runtime's helper that has not changed
    its root yet.
    """
    root = next((mount for mount in mounts if mount.mount_point == "/"), None)
    if root is None or (host.root is not None and (root.major, root.minor, root.root) == _place(host.root)):
        return None
    found: set[Scope] = set()
    unseen: list[str] = []
    for mount in mounts:
        scope = host.scope_of(mount)
        if scope is None:
            unseen.append(mount.mount_point)
        else:
            found.add(scope)
    return ContainerScopes(frozenset(found), tuple(unseen))


def _place(mount: Mount) -> tuple[int, int, str]:
    return mount.major, mount.minor, mount.root
