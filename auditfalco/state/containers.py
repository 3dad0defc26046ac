"""The containers that were seen, each known by one shared object.

A container is recognised by the control group of one of its processes and described from its engine's state files. An
unknown container stays a container: it is never taken for the host.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from auditfalco.model.container import HOST, Container, IdMap
from auditfalco.state.cgroup import ContainerReference, container_of, possible_containers
from auditfalco.state.engines.engine import Engine
from auditfalco.state.patience import Patience
from kernel_sources.procfs import Mount

DESCRIBE_INTERVAL_NS = 20_000_000
"""How long to wait before looking again for a container that no state file described; doubled each time."""

LONGEST_INTERVAL_NS = 2_560_000_000
_TICK_NS = 20_000_000
"""What /proc's clock ticks may be off from the exact start of a process."""


Device = tuple[int, int]
"""Major and minor number of a file system, as PATH records and mount tables have them."""

_MOUNTS_INTERVAL_NS = 100_000_000
"""How long the host's mount table is taken to be what it was, while devices are looked up that it does not have."""


class Place(NamedTuple):
    """Where a process's root file system is on the host, and the directory of the layer that is written.

    `root` is None where the host's mounts do not show it, `upper` where it is no overlay. `device` is that of a file
    system that is the root of this container and nothing else, None where the root is part of another one.
    """

    root: str | None
    upper: str | None
    device: Device | None = None


class PlaceReader(Protocol):
    """The part of the door to /proc that the table needs."""

    def cgroup_paths(self, pid: int) -> list[str] | None:
        """The control group paths of a process; None when it is gone."""

    def mounts(self, pid: int | None) -> Sequence[Mount]:
        """The mounts that a process sees; those of the host for None. Empty when it is gone."""

    def place(self, pid: int) -> Place | None:
        """Where the root of a process is, None when it is the host's own or the process is gone."""

    def own_root(self, pid: int) -> str | None:
        """A path to the root of a process while that lives; None when it is the host's own or the process is gone."""

    def start_ns(self, pid: int) -> int | None:
        """When a process started, nanoseconds since the epoch; None when it is gone."""

    def shares_namespace(self, pid: int, kind: str) -> bool | None:
        """Whether a process is in the host's namespace of a kind ("pid", "net", "ipc"); None when it is gone."""

    def id_map(self, pid: int, kind: str) -> IdMap:
        """How a process's user namespace maps "uid" or "gid"; empty where that is the host's or the process is gone."""


class ContainerTable:
    """Containers by full id, at most `capacity` of them; the one unused for longest is forgotten first.

    With `patience`, the first event of a container waits for the container's state files.
    """

    def __init__(
        self,
        reader: PlaceReader | None,
        engines: Sequence[Engine] = (),
        capacity: int = 4096,
        patience: Patience | None = None,
    ) -> None:
        self._reader = reader
        self._engines = tuple(engines)
        self._capacity = capacity
        self.patience = patience
        self._by_id: OrderedDict[str, Container] = OrderedDict()
        self._next_look_ns: dict[str, tuple[int, int]] = {}
        self._by_device: dict[Device, Container] = {}
        self._host_devices: frozenset[Device] = frozenset()
        self._mounts_due_ns = 0
        self.evictions = 0

    def __len__(self) -> int:
        return len(self._by_id)

    @property
    def unreadable(self) -> int:
        """State files of engines that were not what they should be."""
        return sum(engine.unreadable for engine in self._engines)

    def roots(self) -> list[str]:
        """Where the roots of the known containers are, or were, the newest last."""
        return [container.root for container in self._by_id.values() if container.root is not None]

    def of_process(self, pid: int) -> Container | None:
        """Where a process is now: a container, HOST, or None when it is gone or nothing can be read."""
        paths = self._reader.cgroup_paths(pid) if self._reader is not None else None
        return self.of_paths(pid, paths) if paths else None

    def of_paths(self, pid: int, paths: Sequence[str]) -> Container | None:
        """Where a process with these control group paths is; None without any."""
        if not paths:
            return None
        reference = container_of(paths) or self._confirmed(paths)
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
                self._by_device = {key: of for key, of in self._by_device.items() if of.full_id != forgotten}
                self.evictions += 1
        else:
            self._by_id.move_to_end(reference.full_id)
        return container

    def of_device(self, device: Device, now_ns: int) -> Container | None:
        """Where a program file on a file system runs: in the container whose root that is, on the host if it has it.

        None when neither is known: it is the root of a container that was never seen, or what it had mounted.
        """
        container = self._by_device.get(device)
        # The kernel gives a number to the next file system when one is unmounted.
        if container is not None and container.init_pid is not None:
            if container.stopped_ns is None or now_ns <= container.stopped_ns:
                return container
        if device not in self._host_devices and self._reader is not None and now_ns >= self._mounts_due_ns:
            self._mounts_due_ns = now_ns + _MOUNTS_INTERVAL_NS
            self._host_devices = frozenset(
                (mount.major, mount.minor)
                for mount in self._reader.mounts(None)
                if mount.fs_type != "overlay" or mount.mount_point == "/"
            )
        return HOST if device in self._host_devices else None

    def describe(self, container: Container, pid: int, now_ns: int) -> None:
        """Fill in a container's metadata if it is not there yet; looks at most once in DESCRIBE_INTERVAL_NS.

        `pid` is one of its processes: the container's mounts tell where its engine keeps its state.
        """
        if container.described and (container.root is not None or self._reader is None):
            return
        full_id = container.full_id
        due_ns, interval_ns = self._next_look_ns.get(full_id, (0, 0))
        if now_ns < due_ns:
            return
        found = container.described or self._ask_engines(container, pid)
        if not found and not interval_ns and self.patience is not None and self._may_be_described(container):
            found = self.patience.until(lambda: self._ask_engines(container, pid))
        if self._reader is not None:
            self._look_inside(container, pid, self._reader)
        if found and (container.root is not None or self._reader is None):
            self._next_look_ns.pop(full_id, None)
        else:
            interval_ns = min(2 * interval_ns, LONGEST_INTERVAL_NS) or DESCRIBE_INTERVAL_NS
            self._next_look_ns[full_id] = now_ns + interval_ns, interval_ns

    def _may_be_described(self, container: Container) -> bool:
        return any(container.runtime in engine.runtimes for engine in self._engines)

    def _confirmed(self, paths: Sequence[str]) -> ContainerReference | None:
        """The container of a control group that proves none by itself, when an engine says that it is one."""
        if not self._engines:
            return None
        for reference in possible_containers(paths):
            if reference.full_id in self._by_id or any(engine.knows(reference) for engine in self._engines):
                return reference
        return None

    def _ask_engines(self, container: Container, pid: int) -> bool:
        engines = [engine for engine in self._engines if container.runtime in engine.runtimes]
        found = any(engine.describe(container) for engine in engines)
        if not found and engines and self._reader is not None:
            host, inside = self._reader.mounts(None), self._reader.mounts(pid)
            for engine in engines:
                engine.learn(host, inside)
            found = any(engine.describe(container) for engine in engines)
        return found

    def _look_inside(self, container: Container, pid: int, reader: PlaceReader) -> None:
        """Fill in what no file told: where the root is, when the first process started, what is shared with the host.

        Before a runtime has moved a process into the container's root, the process tells nothing of the container.
        """
        if container.init_pid is not None:
            started = reader.start_ns(container.init_pid)
            if started is not None and abs(started - (container.start_ns or 0)) > _TICK_NS:
                container.start_ns = started
        inner = container.init_pid or pid
        place = reader.place(inner)
        if place is None:
            return
        if container.root is None:
            container.root = place.root or (reader.own_root(inner) if container.init_pid is not None else None)
        if container.upper is None:
            container.upper = place.upper
        if place.device is not None:
            self._by_device[place.device] = container
        container.uid_map, container.gid_map = reader.id_map(inner, "uid"), reader.id_map(inner, "gid")
        if container.host_pid is None:
            container.host_pid = reader.shares_namespace(inner, "pid")
        if container.host_network is None:
            container.host_network = reader.shares_namespace(inner, "net")
        if container.host_ipc is None:
            container.host_ipc = reader.shares_namespace(inner, "ipc")
