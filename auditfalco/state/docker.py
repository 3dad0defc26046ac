"""Docker's own state files: what a container is called, what it runs, how it is confined.

Docker writes `containers/<id>/config.v2.json` and `hostconfig.json` below its data root before the container's first
process runs, so no socket has to be asked. The overlay2 driver's directories follow from
`image/overlay2/layerdb/mounts/<id>/mount-id`. Shapes as written by Docker 20 to 28.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from auditfalco.model.container import Container
from kernel_sources.procfs import Mount

DEFAULT_ROOT = "/var/lib/docker"
_LARGEST_STATE_FILE = 4 << 20
_ID_LENGTH = 64
_MOUNTED_FILES = frozenset({"/etc/hostname", "/etc/hosts", "/etc/resolv.conf"})
_DECIMALS = re.compile(r"[0-9]{0,9}")
_ALGORITHM = "sha256"
"""What stands before the colon of a whole image id, where a reference has its repository."""


class DockerState:
    """The state below one or more data roots; further roots may be added while running."""

    def __init__(self, roots: Iterable[str] = (DEFAULT_ROOT,)) -> None:
        self._roots: list[Path] = []
        self.unreadable = 0
        for root in roots:
            self.add_root(root)

    def add_root(self, root: str) -> None:
        """Look below `root` as well."""
        path = Path(root)
        if path not in self._roots:
            self._roots.append(path)

    def describe(self, container: Container) -> bool:
        """Fill in what the files tell of a container; False when they do not know it (yet)."""
        for root in self._roots:
            config = self._load(root / "containers" / container.full_id / "config.v2.json")
            if config is None:
                continue
            _identity(container, config)
            _image(container, config, self._load(root / "image" / "overlay2" / "repositories.json"))
            _start(container, config)
            host = self._load(root / "containers" / container.full_id / "hostconfig.json")
            if host is not None and isinstance(host.get("Privileged"), bool):
                container.privileged = host["Privileged"]
            _root_directories(container, root)
            container.described = True
            return True
        return False

    def _load(self, path: Path) -> dict[str, Any] | None:
        """The object in a state file; None when it is absent. A file that is no JSON object is counted and left."""
        try:
            with path.open("rb") as file:
                loaded = json.loads(file.read(_LARGEST_STATE_FILE))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError):
            self.unreadable += 1
            return None
        if not isinstance(loaded, dict):
            self.unreadable += 1
            return None
        return loaded


def _identity(container: Container, config: dict[str, Any]) -> None:
    name = config.get("Name")
    if isinstance(name, str):
        container.name = name.lstrip("/")
    image_id = config.get("Image")
    if isinstance(image_id, str) and image_id:
        container.image_id = image_id.partition(":")[2] or image_id


def _image(container: Container, config: dict[str, Any], repositories: dict[str, Any] | None) -> None:
    reference = config.get("Config", {}).get("Image") if isinstance(config.get("Config"), dict) else None
    if not isinstance(reference, str) or not reference:
        return
    container.image = reference
    repository, tag, digest = split_reference(reference)
    if (tag is None and digest is None) or repository == _ALGORITHM:
        repository, tag = _named_by_id(reference, config.get("Image"), repositories)
    container.repository, container.tag = repository, tag
    container.digest = digest if digest is not None else _digest_by_id(config.get("Image"), repositories)


def roots_in_mounts(mounts: Iterable[Mount]) -> set[str]:
    """The data roots that a mount table gives away.

    On the host by the overlays that the overlay2 driver mounts (`ROOT/overlay2/<layer>/merged`), inside a container by
    the files that Docker mounts from `ROOT/containers/<id>/`, at the places where it mounts them: a container that may
    mount could show other files. The latter are paths on their device; they are the host's where that is mounted as the
    host's root.
    """
    found = set()
    for mount in mounts:
        root, marker, rest = mount.mount_point.rpartition("/overlay2/")
        if marker and mount.fs_type == "overlay" and rest.endswith("/merged"):
            found.add(root)
        root, marker, rest = mount.root.rpartition("/containers/")
        if marker and mount.mount_point in _MOUNTED_FILES and len(rest.partition("/")[0]) == _ID_LENGTH:
            found.add(root)
    return found


def split_reference(reference: str) -> tuple[str, str | None, str | None]:
    """Split an image reference `[host[:port]/]name[:tag][@digest]` into its three parts (None where absent)."""
    name, _, digest = reference.partition("@")
    directory, slash, last = name.rpartition("/")
    base, colon, tag = last.partition(":")
    return directory + slash + base, (tag if colon else None), (digest or None)


def _references(image_id: object, repositories: dict[str, Any] | None) -> list[str]:
    named = repositories.get("Repositories") if repositories else None
    if not isinstance(named, dict) or not isinstance(image_id, str):
        return []
    return [
        reference
        for entries in named.values()
        if isinstance(entries, dict)
        for reference, of in entries.items()
        if of == image_id
    ]


def _named_by_id(given: str, image_id: object, repositories: dict[str, Any] | None) -> tuple[str, str | None]:
    """Repository and tag of a reference given without a tag.

    A bare name means `latest`; an id, or the beginning of one, is looked up among the names that the image has.
    """
    identifies = isinstance(image_id, str) and image_id.partition(":")[2].startswith(given.partition(":")[2] or given)
    if not identifies:
        return given, "latest"
    for reference in _references(image_id, repositories):
        repository, tag, _ = split_reference(reference)
        if tag is not None:
            return repository, tag
    return given, None


def _digest_by_id(image_id: object, repositories: dict[str, Any] | None) -> str | None:
    for reference in _references(image_id, repositories):
        digest = split_reference(reference)[2]
        if digest is not None:
            return digest
    return None


def _start(container: Container, config: dict[str, Any]) -> None:
    state = config.get("State")
    if not isinstance(state, dict):
        return
    pid = state.get("Pid")
    if isinstance(pid, int) and pid > 0:
        container.init_pid = pid
    if container.start_ns is None and isinstance(state.get("StartedAt"), str) and container.init_pid is not None:
        container.start_ns = parse_time(state["StartedAt"])


def parse_time(text: str) -> int | None:
    """Nanoseconds since the epoch of an RFC 3339 time in UTC; None for Docker's zero time or other text."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    try:
        moment = datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    except ValueError:
        return None
    if moment.year < 1970 or not _DECIMALS.fullmatch(fraction):
        return None
    return int(moment.timestamp()) * 1_000_000_000 + int(fraction.ljust(9, "0"))


def _root_directories(container: Container, root: Path) -> None:
    try:
        layer = (
            (root / "image" / "overlay2" / "layerdb" / "mounts" / container.full_id / "mount-id").read_text().strip()
        )
    except (OSError, UnicodeDecodeError):
        return
    if not layer or "/" in layer:
        return
    container.root = str(root / "overlay2" / layer / "merged")
    container.upper = str(root / "overlay2" / layer / "diff")
