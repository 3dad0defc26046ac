"""Podman's containers, root's and other users', as containers/storage keeps them (Podman 4 and 5).

Labels and addresses are in Podman's database alone and stay unknown.
"""

from __future__ import annotations

from auditfalco.model.container import Container
from auditfalco.state.cgroup import PODMAN
from auditfalco.state.engines.oci import describe_by_spec
from auditfalco.state.engines.references import name_image
from auditfalco.state.engines.statefiles import list_at, text_at
from auditfalco.state.engines.storage import OWN_FILES, StorageEngine, annotations_of

_PRIVILEGED = "io.podman.annotations.privileged"


class PodmanState(StorageEngine):
    """Containers below one or more roots of containers/storage."""

    runtimes = frozenset({PODMAN})

    def describe(self, container: Container) -> bool:
        """Fill in what the files tell of a container; False when they do not know it (yet)."""
        stored = self._storage.find(container.full_id)
        if stored is None:
            return False
        names = [name for name in list_at(stored.entry, "names") if isinstance(name, str)]
        container.name = text_at(stored.metadata, "name") or (names[0] if names else None)
        name_image(container, text_at(stored.metadata, "image-name"))
        container.image_id = text_at(stored.metadata, "image-id") or text_at(stored.entry, "image")
        describe_by_spec(container, stored.spec, OWN_FILES)
        told = annotations_of(stored.spec).get(_PRIVILEGED)
        if told is not None:
            container.privileged = told == "TRUE"
        container.init_pid = stored.init_pid or container.init_pid
        container.described = True
        return True
