"""Containers told by who starts their processes, for processes that are gone before their control group was read.

What enters a container from outside (its first process, `docker exec`) is started by an OCI runtime below a shim or
monitor, and these have the container's id among their arguments: `runc … exec … ID`, `containerd-shim-runc-v2 -id ID`,
`conmon -c ID`. Arguments can be forged, so that they count only of programs that lie where a system's programs do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from auditfalco.model.process import Image, Process
from auditfalco.state.cgroup import CONTAINERD, CRIO, DOCKER, PODMAN, ContainerReference
from auditfalco.state.containers import ContainerTable
from auditfalco.state.processes import ProcessTable
from kernel_sources.audit.facts import PathFacts
from kernel_sources.procfs import Mount

_PROGRAM = re.compile(r"/usr/(?:local/)?(?:s?bin|lib(?:exec)?(?:/[\w.-]+)?)/(?P<name>[\w.-]+)|/s?bin/(?P<bare>[\w.-]+)")
_LAUNCHERS = frozenset({"runc", "docker-runc", "crun", "youki", "conmon", "conmonrs"})
_SHIM = "containerd-shim"
_ID = re.compile(r"[0-9a-f]{64}")
_SIGNS = (("moby", DOCKER), ("libpod", PODMAN), ("containers/storage", PODMAN), ("crio", CRIO))
"""What an engine leaves in its runtimes' arguments: Docker its namespace's name, the others their directories."""


_NEAREST = 3
"""How far above a process its launcher is looked for: the runtime may have left by then, and its shim be the parent."""


class Launchers:
    """Places processes by what started them.

    Args:
        host_mounts: gives the host's mount table; empty where there is none to look at.
    """

    def __init__(
        self, processes: ProcessTable, containers: ContainerTable, host_mounts: Callable[[], Sequence[Mount]]
    ) -> None:
        self._processes = processes
        self._containers = containers
        self._host_mounts = host_mounts

    def place(self, process: Process, image: Image, program: PathFacts | None, time_ns: int) -> None:
        """Note where a process is that has just executed something, when only its launcher can tell.

        Args:
            process: thought to be on the host, or anywhere.
            image: what it executed.
            program: the record of the file; a program of the host's own root file system is a hook of the runtime, and
                no process of the container.
            time_ns: when, nanoseconds since the epoch.
        """
        if (process.container is not None and not process.container.is_host) or is_launcher(image):
            return
        ancestor = self._processes.parent_at(process, time_ns)
        for _ in range(_NEAREST):
            ran = None if ancestor is None else self._processes.image_at(ancestor, time_ns)
            if ancestor is None or ran is None or not is_launcher(ran):
                return
            reference = container_started_by(ran)
            if reference is not None:
                self._settle(process, reference, program)
                return
            ancestor = self._processes.parent_at(ancestor, time_ns)

    def _settle(self, process: Process, reference: ContainerReference, program: PathFacts | None) -> None:
        now = self._containers.of_process(process.pid) if process.is_alive else None
        if now is not None:
            process.container = now
        elif program is not None and program.dev is not None and self._is_foreign(program.dev):
            process.container = self._containers.obtain(reference)

    def _is_foreign(self, device: tuple[int, int]) -> bool:
        """Whether a file system is not the host's root; without a mount table to look at, whether it is on no disk."""
        root = next((mount for mount in self._host_mounts() if mount.mount_point == "/"), None)
        return device[0] == 0 if root is None else device != (root.major, root.minor)


def is_launcher(image: Image) -> bool:
    """Whether an image is a container runtime, shim or monitor of the system."""
    found = _PROGRAM.fullmatch(image.exe_path or "")
    name = (found.group("name") or found.group("bare")) if found is not None else ""
    return name in _LAUNCHERS or name.startswith(_SHIM)


def container_started_by(image: Image) -> ContainerReference | None:
    """The container that a launcher was told to start something in; None for other programs and other arguments."""
    if image.argv is None or not is_launcher(image):
        return None
    found = [word for word in image.argv[1:] if _ID.fullmatch(word)]
    if not found or len(set(found)) > 1:
        return None
    line = " ".join(image.argv)
    runtime = next((runtime for sign, runtime in _SIGNS if sign in line), CONTAINERD)
    return ContainerReference(found[0], runtime)
