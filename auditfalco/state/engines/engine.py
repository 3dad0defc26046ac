"""What the table of containers asks of every engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from auditfalco.model.container import Container
from auditfalco.state.cgroup import ContainerReference
from kernel_sources.procfs import Mount


class Engine(Protocol):
    """The state files of one container engine."""

    @property
    def runtimes(self) -> frozenset[str]:
        """The runtimes (as control groups tell them) whose containers may be this engine's."""

    @property
    def unreadable(self) -> int:
        """State files so far that could not be read, or held something else than the engine writes."""

    def knows(self, reference: ContainerReference) -> bool:
        """Whether the files confirm a container that a control group only may name."""

    def describe(self, container: Container) -> bool:
        """Fill in what the files tell of a container; False when they do not know it (yet). Never raises."""

    def learn(self, host: Sequence[Mount], inside: Sequence[Mount]) -> None:
        """Look also where the mounts of the host, and those that a container sees, tell that state is kept."""
