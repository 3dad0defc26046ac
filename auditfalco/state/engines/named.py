"""Containers whose id is the name that they were given: there is nothing to look up but the first process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from auditfalco.model.container import Container
from auditfalco.state.cgroup import BPM, LIBVIRT_LXC, LXC, NSPAWN, ContainerReference
from auditfalco.state.engines.statefiles import StateFiles, pid_in
from kernel_sources.procfs import Mount

DEFAULT_MACHINES = "/run/systemd/machines"


class NamedContainers:
    """LXC's, libvirt's and BPM's containers: their control group says it all."""

    runtimes = frozenset({LXC, LIBVIRT_LXC, BPM})
    unreadable = 0

    def knows(self, reference: ContainerReference) -> bool:
        """Nothing: these control groups are told by their shape."""
        return False

    def describe(self, container: Container) -> bool:
        """Name the container by its id."""
        container.name = container.full_id
        container.described = True
        return True

    def learn(self, host: Sequence[Mount], inside: Sequence[Mount]) -> None:
        """Nothing is to be learnt."""


class NspawnState:
    """systemd-nspawn's containers, which systemd-machined keeps beside virtual machines in /run/systemd/machines.

    A machine's file has lines `KEY=value`: its CLASS is `container` or `vm`, its LEADER the first process.
    """

    runtimes = frozenset({NSPAWN})

    def __init__(self, directory: str = DEFAULT_MACHINES) -> None:
        self._files = StateFiles()
        self._directory = Path(directory)

    @property
    def unreadable(self) -> int:
        """State files that could not be read."""
        return self._files.unreadable

    def learn(self, host: Sequence[Mount], inside: Sequence[Mount]) -> None:
        """Nothing is to be learnt."""

    def knows(self, reference: ContainerReference) -> bool:
        """Whether a machine of this name is a container."""
        return reference.runtime == NSPAWN and self._machine(reference.full_id).get(b"CLASS") == b"container"

    def describe(self, container: Container) -> bool:
        """Name the container, and take its first process from the machine's file where there is one."""
        container.name = container.full_id
        container.init_pid = pid_in(self._machine(container.full_id).get(b"LEADER")) or container.init_pid
        container.described = True
        return True

    def _machine(self, name: str) -> dict[bytes, bytes]:
        if "/" in name or name.startswith("."):
            return {}
        content = self._files.bytes_of(self._directory / name) or b""
        pairs = (line.partition(b"=") for line in content.split(b"\n"))
        return {key: value for key, _, value in pairs}
