"""The engines that are known."""

from __future__ import annotations

from collections.abc import Sequence

from auditfalco.state.engines.containerd import ContainerdState
from auditfalco.state.engines.crio import CrioState
from auditfalco.state.engines.docker import DockerState
from auditfalco.state.engines.engine import Engine
from auditfalco.state.engines.named import NamedContainers, NspawnState
from auditfalco.state.engines.podman import PodmanState


def engines_of_the_host(docker_roots: Sequence[str]) -> tuple[Engine, ...]:
    """Every engine, at the places where its state usually is; Docker's below the given data roots."""
    return (
        ContainerdState(),
        DockerState(docker_roots),
        PodmanState(),
        CrioState(),
        NamedContainers(),
        NspawnState(),
    )
