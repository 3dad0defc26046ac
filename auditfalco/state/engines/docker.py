"""Docker's own state files: what a container is called, what it runs, how it is confined.

Docker writes `containers/<id>/config.v2.json` and `hostconfig.json` below its data root before the container's first
process runs, so no socket has to be asked. The overlay2 driver's directories follow from
`image/overlay2/layerdb/mounts/<id>/mount-id`. Shapes as written by Docker 20 to 28.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from auditfalco.model.container import Container, ContainerMount
from auditfalco.state.cgroup import CONTAINERD, DOCKER, ContainerReference
from auditfalco.state.engines.pods import pod_by_labels
from auditfalco.state.engines.references import LATEST, split_reference
from auditfalco.state.engines.statefiles import (
    StateFiles,
    StateRoots,
    flag_at,
    object_at,
    parse_time,
    pid_at,
    text_at,
    texts_at,
)
from kernel_sources.procfs import Mount
from kernel_sources.procfs.mounts import seen_in

DEFAULT_ROOT = "/var/lib/docker"
_ID_LENGTH = 64
_MOUNTED_FILES = frozenset({"/etc/hostname", "/etc/hosts", "/etc/resolv.conf"})
_ALGORITHM = "sha256"
"""What stands before the colon of a whole image id, where a reference has its repository."""
_NETWORK_OF = "container:"
_HOST_MODES = (("host_pid", "PidMode"), ("host_network", "NetworkMode"), ("host_ipc", "IpcMode"))


class DockerState:
    """The state below one or more data roots; further roots may be added while running.

    With Kubernetes and the cgroupfs driver, a container's control group does not tell Docker from containerd.
    """

    runtimes = frozenset({DOCKER, CONTAINERD})

    def __init__(self, roots: Iterable[str] = (DEFAULT_ROOT,)) -> None:
        self._files = StateFiles()
        self._roots = StateRoots(tuple(roots))

    @property
    def unreadable(self) -> int:
        """State files that were no JSON objects."""
        return self._files.unreadable

    def learn(self, host: Sequence[Mount], inside: Sequence[Mount]) -> None:
        """Look below the data roots that mounts give away."""
        for root in sorted(roots_in_mounts(host, inside)):
            self._roots.add(root)

    def knows(self, reference: ContainerReference) -> bool:
        """Nothing: Docker's control groups are told by their shape."""
        return False

    def describe(self, container: Container) -> bool:
        """Fill in what the files tell of a container; False when they do not know it (yet)."""
        for root in self._roots:
            config = self._config(root, container.full_id)
            if config is None:
                continue
            container.runtime = DOCKER
            _identity(container, config)
            _image(container, config, self._files.object_of(root / "image" / "overlay2" / "repositories.json"))
            _start(container, config)
            host = self._files.object_of(root / "containers" / container.full_id / "hostconfig.json")
            if host is not None:
                _privileges(container, host)
            container.mounts = _mounts(config, root)
            self._network(container, root, config, host)
            self._pod(container, root)
            _root_directories(container, root)
            container.described = True
            return True
        return False

    def _config(self, root: Path, full_id: str) -> dict[str, Any] | None:
        return self._files.object_of(root / "containers" / full_id / "config.v2.json")

    def _network(self, container: Container, root: Path, config: dict[str, Any], host: dict[str, Any] | None) -> None:
        """The address, which a container that joins the network of another one has from there."""
        mode = text_at(host, "NetworkMode") or ""
        if mode.startswith(_NETWORK_OF) and "/" not in mode:
            config = self._config(root, mode[len(_NETWORK_OF) :]) or {}
        container.ip = _address(config)

    def _pod(self, container: Container, root: Path) -> None:
        pod = pod_by_labels(container.labels)
        if pod is None:
            return
        labels = container.labels
        if pod.sandbox_id is not None and "/" not in pod.sandbox_id:
            labels = texts_at(object_at(self._config(root, pod.sandbox_id), "Config"), "Labels")
        elif pod.sandbox_id is None:
            pod = replace(pod, sandbox_id=container.full_id)  # it is the sandbox itself
        container.pod = replace(pod, labels=labels, ip=container.ip)


def _identity(container: Container, config: dict[str, Any]) -> None:
    name = text_at(config, "Name")
    if name is not None:
        container.name = name.lstrip("/")
    image_id = text_at(config, "Image")
    if image_id is not None:
        container.image_id = image_id.partition(":")[2] or image_id
    container.labels = texts_at(config.get("Config"), "Labels")


def _privileges(container: Container, host: dict[str, Any]) -> None:
    privileged = flag_at(host, "Privileged")
    if privileged is not None:
        container.privileged = privileged
    for attribute, key in _HOST_MODES:
        mode = host.get(key)
        if isinstance(mode, str):
            setattr(container, attribute, mode == "host")


def _mounts(config: dict[str, Any], root: Path) -> tuple[ContainerMount, ...] | None:
    """What an operator mounted, by the place in the container; a volume's source is its directory."""
    points = config.get("MountPoints")
    if not isinstance(points, dict):
        return None
    found = []
    for destination in sorted(points):
        point = points[destination]
        if not isinstance(point, dict):
            continue
        source, volume = text_at(point, "Source") or "", text_at(point, "Name")
        if not source and volume is not None and "/" not in volume:
            source = str(root / "volumes" / volume / "_data")
        found.append(
            ContainerMount(
                source,
                text_at(point, "Destination") or destination,
                text_at(point, "Relabel") or "",
                flag_at(point, "RW") is True,
                text_at(point, "Propagation") or "",
            )
        )
    return tuple(found)


def _address(config: dict[str, Any]) -> str | None:
    settings = object_at(config, "NetworkSettings")
    networks = object_at(settings, "Networks")
    for name in sorted(networks):
        address = text_at(networks[name], "IPAddress")
        if address is not None:
            return address
    return text_at(settings, "IPAddress")


def _image(container: Container, config: dict[str, Any], repositories: dict[str, Any] | None) -> None:
    reference = text_at(object_at(config, "Config"), "Image")
    if reference is None:
        return
    container.image = reference
    repository, tag, digest = split_reference(reference)
    if (tag is None and digest is None) or repository == _ALGORITHM:
        repository, tag = _named_by_id(reference, config.get("Image"), repositories)
    container.repository, container.tag = repository, tag
    container.digest = digest if digest is not None else _digest_by_id(config.get("Image"), repositories)


def roots_in_mounts(host: Iterable[Mount], inside: Iterable[Mount]) -> set[str]:
    """The data roots that mounts give away.

    On the host by the overlays that the overlay2 driver mounts (`ROOT/overlay2/<layer>/merged`), inside a container by
    the files that Docker mounts from `ROOT/containers/<id>/`, at the places where it mounts them: a container that may
    mount could show other files.
    """
    host = list(host)
    found = set()
    for mount in host:
        root, marker, rest = mount.mount_point.rpartition("/overlay2/")
        if marker and mount.fs_type == "overlay" and rest.endswith("/merged"):
            found.add(root)
    for mount in inside:
        if mount.mount_point in _MOUNTED_FILES:
            root, marker, rest = (seen_in(mount, host) or "").rpartition("/containers/")
            if marker and len(rest.partition("/")[0]) == _ID_LENGTH:
                found.add(root)
    return found


def _references(image_id: object, repositories: dict[str, Any] | None) -> list[str]:
    if not isinstance(image_id, str):
        return []
    return [
        reference
        for entries in object_at(repositories, "Repositories").values()
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
        return given, LATEST
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
    state = object_at(config, "State")
    pid = pid_at(state, "Pid")
    if pid is not None:
        container.init_pid = pid
    started = text_at(state, "StartedAt")
    if container.start_ns is None and started is not None and container.init_pid is not None:
        container.start_ns = parse_time(started)


def _root_directories(container: Container, root: Path) -> None:
    mount_id = root / "image" / "overlay2" / "layerdb" / "mounts" / container.full_id / "mount-id"
    try:
        layer = mount_id.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return
    if not layer or "/" in layer:
        return
    container.root = str(root / "overlay2" / layer / "merged")
    container.upper = str(root / "overlay2" / layer / "diff")
