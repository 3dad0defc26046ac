"""A container, as far as the host's state tells of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

SHORT_ID_LENGTH = 12

IdMap = tuple[tuple[int, int, int], ...]
"""Ranges of user or group ids: the first inside a container, the first on the host, and how many."""

_DIGEST_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class ContainerMount:
    """What an operator mounted into a container.

    `mode` is the engine's own word for options such as relabelling, mostly empty; `propagation` as mount(8) spells it,
    such as `rprivate`, empty where the engine does not say.
    """

    source: str
    destination: str
    mode: str
    writable: bool
    propagation: str

    def __str__(self) -> str:
        """Falco's form: the five parts joined by colons, `true` or `false` for writable."""
        writable = "true" if self.writable else "false"
        return f"{self.source}:{self.destination}:{self.mode}:{writable}:{self.propagation}"


@dataclass(frozen=True)
class Pod:
    """The Kubernetes pod that a container belongs to; every fact may be None, which means unknown.

    `sandbox_id` is the whole id of the container that holds the pod's namespaces; `cni_json` what the network plugins
    answered when they gave the pod its address.
    """

    name: str | None = None
    namespace: str | None = None
    uid: str | None = None
    sandbox_id: str | None = None
    labels: dict[str, str] | None = None
    ip: str | None = None
    cni_json: str | None = None


class Container:
    """What is known of one container; every fact but the id may be None, which means unknown, never "none".

    One object stands for one container and is shared by its processes: its metadata may be learnt after its first
    process was seen (`described` turns True then). `full_id` is the runtime's id (64 hex digits for Docker, a name for
    LXC), `id` what engines print of it: the first twelve digits, or the name. `runtime` is Falco's container.type,
    `start_ns` nanoseconds since the epoch, `image` the reference as the operator gave it, `image_id` the digest of the
    image's configuration. `root` is the directory on the host under which its root file system lies, `upper` the
    directory of the layer it writes (both None where unknown). `uid_map` and `gid_map` are those of its user namespace,
    empty where it has none of its own or nothing is known. `stopped_ns` is when its first process ended; records
    of its processes may still come.
    """

    __slots__ = (
        "cni_json",
        "described",
        "digest",
        "full_id",
        "gid_map",
        "host_ipc",
        "host_network",
        "host_pid",
        "id",
        "image",
        "image_id",
        "init_pid",
        "ip",
        "labels",
        "mounts",
        "name",
        "pod",
        "privileged",
        "repository",
        "root",
        "runtime",
        "start_ns",
        "stopped_ns",
        "tag",
        "uid_map",
        "upper",
    )

    def __init__(self, full_id: str, runtime: str) -> None:
        self.full_id = full_id
        self.id = full_id[:SHORT_ID_LENGTH] if _DIGEST_ID.fullmatch(full_id) else full_id
        self.runtime = runtime
        self.described = False
        self.stopped_ns: int | None = None
        self.name: str | None = None
        self.image: str | None = None
        self.image_id: str | None = None
        self.repository: str | None = None
        self.tag: str | None = None
        self.digest: str | None = None
        self.privileged: bool | None = None
        self.host_pid: bool | None = None
        self.host_network: bool | None = None
        self.host_ipc: bool | None = None
        self.mounts: tuple[ContainerMount, ...] | None = None
        self.labels: dict[str, str] | None = None
        self.ip: str | None = None
        self.cni_json: str | None = None
        self.pod: Pod | None = None
        self.uid_map: IdMap = ()
        self.gid_map: IdMap = ()
        self.start_ns: int | None = None
        self.init_pid: int | None = None
        self.root: str | None = None
        self.upper: str | None = None

    def started(self, init_pid: int, start_ns: int) -> None:
        """Note the first process; after a stop, forget what another start may change."""
        if self.stopped_ns is not None:
            self.stopped_ns, self.described = None, False
            self.root = self.upper = None
        self.init_pid, self.start_ns = init_pid, start_ns

    @property
    def is_host(self) -> bool:
        """Whether this stands for the host itself rather than for a container."""
        return self is HOST

    def __repr__(self) -> str:
        return f"Container({self.id}, {self.runtime})"


def id_inside(id_map: IdMap, number: int) -> int | None:
    """What a user or group id of the host is in a container; None when it is nobody there."""
    for inside, outside, count in id_map:
        if outside <= number < outside + count:
            return number - outside + inside
    return number if not id_map else None


HOST = Container("host", "host")
"""The host: the place of a process known to run outside every container.

A process of which nothing is known has None.
"""
HOST.name = "host"
HOST.described = True
HOST.root = "/"
