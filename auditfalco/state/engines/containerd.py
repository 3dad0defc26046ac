"""containerd's containers: Kubernetes' (the CRI plugin's), nerdctl's and ctr's.

The runtime's bundle `<state>/io.containerd.runtime.v2.task/<namespace>/<id>/` holds the OCI configuration, whose
annotations tell of name, image and pod, and `init.pid`. Images and labels are in containerd's database alone: nerdctl's
containers have no image here, and those of Kubernetes no labels of their own. Shapes as written by containerd 1.4 to 2.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from auditfalco.model.container import Container, ContainerMount, Pod
from auditfalco.state.cgroup import CONTAINERD, ContainerReference
from auditfalco.state.engines.cni import DEFAULT_DIRECTORY, network_answer
from auditfalco.state.engines.oci import describe_by_spec
from auditfalco.state.engines.references import name_image
from auditfalco.state.engines.statefiles import StateFiles, StateRoots, flag_at, pid_in, text_at
from auditfalco.state.engines.storage import annotations_of
from kernel_sources.procfs import Mount

DEFAULT_ROOT = "/run/containerd"
TASKS = "io.containerd.runtime.v2.task"
_CRI = "io.kubernetes.cri."
_SANDBOX_IMAGE = "io.kubernetes.cri.podsandbox.image-name"
_DOCKERS_NAMESPACE = "moby"
_OWN_FILES = re.compile(r"/io\.containerd\.grpc\.v1\.cri/sandboxes/|/nerdctl/[0-9a-f]{8}/")
_MOST_NAMESPACES = 256


class ContainerdState:
    """Bundles below one or more state directories of containerd."""

    runtimes = frozenset({CONTAINERD})

    def __init__(self, roots: Sequence[str] = (DEFAULT_ROOT,), networks: str = DEFAULT_DIRECTORY) -> None:
        self._files = StateFiles()
        self._roots = StateRoots(tuple(roots))
        self._networks = networks

    @property
    def unreadable(self) -> int:
        """State files that were no JSON objects."""
        return self._files.unreadable

    def learn(self, host: Sequence[Mount], inside: Sequence[Mount]) -> None:
        """Look below the state directories that the mounts of containers' roots give away: `ROOT/TASKS/…/rootfs`."""
        for mount in host:
            root, marker, _ = mount.mount_point.partition(f"/{TASKS}/")
            if root and marker:
                self._roots.add(root)

    def knows(self, reference: ContainerReference) -> bool:
        """Whether there is a bundle of this id in this namespace."""
        if reference.namespace in (None, _DOCKERS_NAMESPACE):
            return False
        bundles = (root / TASKS / str(reference.namespace) / reference.full_id for root in self._roots)
        return any((bundle / "config.json").is_file() for bundle in bundles)

    def describe(self, container: Container) -> bool:
        """Fill in what the bundle tells of a container; False when there is none (yet)."""
        for bundle in self._bundles(container.full_id):
            spec = self._files.object_of(bundle / "config.json")
            if spec is None:
                continue
            told = annotations_of(spec)
            describe_by_spec(container, spec, _OWN_FILES)
            if f"{_CRI}container-type" in told:
                self._describe_cri(container, told)
            else:
                self._describe_nerdctl(container, told)
            container.init_pid = pid_in(self._files.bytes_of(bundle / "init.pid")) or container.init_pid
            container.described = True
            return True
        return False

    def _bundles(self, full_id: str) -> list[Path]:
        found = []
        for root in self._roots:
            try:
                namespaces = sorted(os.listdir(root / TASKS))[:_MOST_NAMESPACES]
            except OSError:
                continue
            found += [root / TASKS / name / full_id for name in namespaces if name != _DOCKERS_NAMESPACE]
        return found if "/" not in full_id else []

    def _describe_cri(self, container: Container, told: Mapping[str, str]) -> None:
        is_sandbox = told[f"{_CRI}container-type"] == "sandbox"
        container.name = told.get(f"{_CRI}sandbox-name" if is_sandbox else f"{_CRI}container-name")
        name_image(container, told.get(_SANDBOX_IMAGE if is_sandbox else f"{_CRI}image-name"))
        sandbox_id = container.full_id if is_sandbox else told.get(f"{_CRI}sandbox-id")
        network = network_answer(self._files, sandbox_id, self._networks) if sandbox_id else None
        container.pod = Pod(
            name=told.get(f"{_CRI}sandbox-name"),
            namespace=told.get(f"{_CRI}sandbox-namespace"),
            uid=told.get(f"{_CRI}sandbox-uid"),
            sandbox_id=sandbox_id,
            ip=network.ip if network is not None else None,
            cni_json=network.text if network is not None else None,
        )
        container.ip, container.cni_json = container.pod.ip, container.pod.cni_json

    def _describe_nerdctl(self, container: Container, told: Mapping[str, str]) -> None:
        container.name = told.get("nerdctl/name") or container.full_id
        mounts = self._files.parsed(told.get("nerdctl/mounts"))
        if isinstance(mounts, list):
            container.mounts = tuple(_nerdctl_mount(entry) for entry in mounts if text_at(entry, "Destination"))
        network = network_answer(
            self._files, f"{told.get('nerdctl/namespace', 'default')}-{container.full_id}", self._networks
        )
        if network is not None:
            container.ip, container.cni_json = network


def _nerdctl_mount(entry: dict[str, Any]) -> ContainerMount:
    return ContainerMount(
        text_at(entry, "Source") or "",
        text_at(entry, "Destination") or "",
        text_at(entry, "Mode") or "",
        flag_at(entry, "RW") is True,
        text_at(entry, "Propagation") or "",
    )
