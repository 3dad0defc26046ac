"""The containers that were seen, each known by one shared object.

A container is recognised by the control group of one of its processes and described from its engine's state files. An
unknown container stays a container: it is never taken for the host.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol

from auditfalco.model.container import HOST, Container
from auditfalco.state.cgroup import ContainerReference, container_of
from auditfalco.state.docker import DockerState

DESCRIBE_INTERVAL_NS = 20_000_000
"""How long to wait before looking again for a container that no state file described."""


class PlaceReader(Protocol):
    """The part of the door to /proc that the table needs."""

    def cgroup_paths(self, pid: int) -> list[str] | None:
        """The control group paths of a process; None when it is gone."""

    def docker_roots(self, pid: int) -> set[str]:
        """Data roots of Docker that the mounts of the host, and those of a process, give away."""


class ContainerTable:
    """Containers by full id, at most `capacity` of them; the one unused for longest is forgotten first."""

    def __init__(self, reader: PlaceReader | None, docker: DockerState | None, capacity: int = 4096) -> None:
        self._reader = reader
        self._docker = docker
        self._capacity = capacity
        self._by_id: OrderedDict[str, Container] = OrderedDict()
        self._next_look_ns: dict[str, int] = {}
        self.evictions = 0

    def __len__(self) -> int:
        return len(self._by_id)

    def of_process(self, pid: int) -> Container | None:
        """Where a process is now: a container, HOST, or None when it is gone or nothing can be read."""
        paths = self._reader.cgroup_paths(pid) if self._reader is not None else None
        if paths is None:
            return None
        reference = container_of(paths)
        return HOST if reference is None else self.obtain(reference)

    def obtain(self, reference: ContainerReference) -> Container:
        """The object for a container, made when it is new."""
        container = self._by_id.get(reference.full_id)
        if container is None:
            container = Container(reference.full_id, reference.runtime)
            self._by_id[reference.full_id] = container
            if len(self._by_id) > self._capacity:
                forgotten, _ = self._by_id.popitem(last=False)
                self._next_look_ns.pop(forgotten, None)
                self.evictions += 1
        else:
            self._by_id.move_to_end(reference.full_id)
        return container

    def describe(self, container: Container, pid: int, now_ns: int) -> None:
        """Fill in a container's metadata if it is not there yet; looks at most once in DESCRIBE_INTERVAL_NS.

        `pid` is one of its processes: the container's mounts tell where its engine keeps its state.
        """
        if container.described or self._docker is None or now_ns < self._next_look_ns.get(container.full_id, 0):
            return
        self._next_look_ns[container.full_id] = now_ns + DESCRIBE_INTERVAL_NS
        found = self._docker.describe(container)
        if not found and self._reader is not None:
            for root in self._reader.docker_roots(pid):
                self._docker.add_root(root)
            found = self._docker.describe(container)
        if found:
            self._next_look_ns.pop(container.full_id, None)
