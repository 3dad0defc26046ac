"""The storage that Podman and CRI-O share (containers/storage): where it lies, and what it keeps of a container.

Below a root, `<driver>-containers/<id>/userdata/` holds the container's `config.json` and, while it runs, `pidfile`;
`<driver>-containers/containers.json` (and `volatile-containers.json`, of containers that go with their end) names all
of them. There are two roots, one that lasts and one for the time of the boot.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from auditfalco.state.cgroup import ContainerReference
from auditfalco.state.engines.statefiles import StateFiles, StateRoots, object_at, pid_in, text_at
from kernel_sources.procfs import Mount
from kernel_sources.procfs.mounts import seen_in

DEFAULT_ROOTS = ("/var/lib/containers/storage", "/run/containers/storage")
OWN_FILES = re.compile(r"-containers/[0-9a-f]{64}/userdata/")
"""What is in the path of every file that the engines mount into containers of their own accord."""

_DRIVERS = ("overlay", "vfs", "btrfs", "zfs")
_INDEXES = ("containers.json", "volatile-containers.json")
_ID_LENGTH = 64


class StoredContainer(NamedTuple):
    """What the storage keeps of one container: its OCI configuration, its entry among all, and its first process."""

    spec: dict[str, Any]
    entry: dict[str, Any]
    metadata: dict[str, Any]
    init_pid: int | None


class ContainersStorage:
    """Roots of the storage; more are learnt from mounts."""

    def __init__(self, roots: Sequence[str] = DEFAULT_ROOTS) -> None:
        self.files = StateFiles()
        self._roots = StateRoots(tuple(roots))

    def find(self, full_id: str) -> StoredContainer | None:
        """What is kept of a container; None when it is nowhere."""
        if "/" in full_id:
            return None
        for directory in self._directories():
            spec = self.files.object_of(directory / full_id / "userdata" / "config.json")
            if spec is not None:
                entry = self._entry(full_id)
                metadata = self.files.parsed(entry.get("metadata"))
                return StoredContainer(spec, entry, metadata if isinstance(metadata, dict) else {}, self._pid(full_id))
        return None

    def learn(self, host: Sequence[Mount], inside: Sequence[Mount]) -> None:
        """Take in the roots that mounts give away.

        They are told by overlays (`ROOT/overlay/<layer>/merged`, its upper directory `ROOT/overlay/<layer>/diff`), and
        by the files that are mounted into containers from `ROOT/overlay-containers/<id>/userdata/`.
        """
        for mount in (*host, *inside):
            if mount.fs_type == "overlay":
                self._learn_overlay(mount)
        for mount in inside:
            root, marker, rest = (seen_in(mount, host) or "").rpartition("/overlay-containers/")
            if root and marker and len(rest.partition("/")[0]) == _ID_LENGTH:
                self._roots.add(root)

    def _learn_overlay(self, mount: Mount) -> None:
        upper = next((option[9:] for option in mount.super_options if option.startswith("upperdir=")), "")
        for path, end in ((mount.mount_point, "/merged"), (upper, "/diff")):
            root, marker, rest = path.rpartition("/overlay/")
            if root.startswith("/") and marker and rest.endswith(end):
                self._roots.add(root)

    def _directories(self) -> Iterator[Path]:
        for root in self._roots:
            for driver in _DRIVERS:
                yield root / f"{driver}-containers"

    def _entry(self, full_id: str) -> dict[str, Any]:
        for directory in self._directories():
            for index in _INDEXES:
                entries = self.files.json_of(directory / index)
                for entry in entries if isinstance(entries, list) else ():
                    if text_at(entry, "id") == full_id:
                        found: dict[str, Any] = entry
                        return found
        return {}

    def _pid(self, full_id: str) -> int | None:
        for directory in self._directories():
            pid = pid_in(self.files.bytes_of(directory / full_id / "userdata" / "pidfile"))
            if pid is not None:
                return pid
        return None


def annotations_of(spec: dict[str, Any]) -> dict[str, str]:
    """The annotations of an OCI configuration, those that are texts."""
    return {key: value for key, value in object_at(spec, "annotations").items() if isinstance(value, str)}


class StorageEngine:
    """What the engines with this storage have in common: all of Engine but how their annotations are read."""

    def __init__(self, roots: Sequence[str] = DEFAULT_ROOTS) -> None:
        self._storage = ContainersStorage(roots)

    @property
    def unreadable(self) -> int:
        """State files that were no JSON objects."""
        return self._storage.files.unreadable

    def learn(self, host: Sequence[Mount], inside: Sequence[Mount]) -> None:
        """Look below the roots that mounts give away."""
        self._storage.learn(host, inside)

    def knows(self, reference: ContainerReference) -> bool:
        """Nothing: the control groups of these engines are told by their shape."""
        return False
