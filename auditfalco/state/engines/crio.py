"""CRI-O's containers: OCI configurations whose annotations tell of image and pod (CRI-O 1.20 and later)."""

from __future__ import annotations

from collections.abc import Mapping

from auditfalco.model.container import Container, ContainerMount, Pod
from auditfalco.state.cgroup import CRIO
from auditfalco.state.engines.oci import describe_by_spec
from auditfalco.state.engines.pods import CONTAINER_NAME, POD_NAME, POD_NAMESPACE, POD_UID
from auditfalco.state.engines.references import is_image_id, name_image
from auditfalco.state.engines.statefiles import StateFiles, flag_at, text_at, texts
from auditfalco.state.engines.storage import OWN_FILES, StorageEngine, annotations_of

_OWN = "io.kubernetes.cri-o."
_IMAGES = ("Image", "ImageName", "SomeNameOfTheImage")
_MOST_VOLUMES = 1024
_PROPAGATIONS = {0: "private", 1: "rslave", 2: "rshared"}
"""The kubelet's numbers (MountPropagation of the CRI)."""


class CrioState(StorageEngine):
    """Containers below one or more roots of containers/storage."""

    runtimes = frozenset({CRIO})

    def describe(self, container: Container) -> bool:
        """Fill in what the files tell of a container; False when they do not know it (yet)."""
        stored = self._storage.find(container.full_id)
        if stored is None:
            return False
        files = self._storage.files
        told = annotations_of(stored.spec)
        own = {key[len(_OWN) :]: value for key, value in told.items() if key.startswith(_OWN)}
        is_sandbox = own.get("ContainerType") == "sandbox"
        container.labels = texts(files.parsed(own.get("Labels")))
        metadata = files.parsed(own.get("Metadata"))
        container.name = text_at(metadata, "name") or told.get(CONTAINER_NAME) or own.get("Name")
        _image(container, own)
        if container.image_id is None:
            container.image_id = text_at(stored.metadata, "image-id") or text_at(stored.entry, "image")
        describe_by_spec(container, stored.spec, OWN_FILES)
        if own.get("PrivilegedRuntime") is not None and is_sandbox:
            container.privileged = own["PrivilegedRuntime"] == "true"
        volumes = _volumes(files, own)
        if volumes is not None:
            container.mounts = volumes
        container.pod = self._pod(container, told, own, is_sandbox)
        container.ip, container.cni_json = container.pod.ip, container.pod.cni_json
        container.init_pid = stored.init_pid or container.init_pid
        container.described = True
        return True

    def _pod(self, container: Container, told: Mapping[str, str], own: Mapping[str, str], is_sandbox: bool) -> Pod:
        """The pod; its labels and address are the sandbox's, which has files of its own."""
        labels, sandbox = container.labels or {}, own
        sandbox_id = container.full_id if is_sandbox else own.get("SandboxID")
        if not is_sandbox:
            stored = self._storage.find(sandbox_id) if sandbox_id is not None else None
            told_of_sandbox = annotations_of(stored.spec) if stored is not None else {}
            sandbox = {key[len(_OWN) :]: value for key, value in told_of_sandbox.items() if key.startswith(_OWN)}
        return Pod(
            name=own.get("KubeName") or told.get(POD_NAME) or labels.get(POD_NAME),
            namespace=own.get("Namespace") or told.get(POD_NAMESPACE) or labels.get(POD_NAMESPACE),
            uid=told.get(POD_UID) or labels.get(POD_UID),
            sandbox_id=sandbox_id,
            labels=texts(self._storage.files.parsed(sandbox.get("Labels"))),
            ip=own.get("IP.0") or own.get("IP") or sandbox.get("IP.0") or sandbox.get("IP"),
            cni_json=sandbox.get("CNIResult"),
        )


def _image(container: Container, own: Mapping[str, str]) -> None:
    """The image by its name where one of the annotations has it, else by what is there."""
    told = [own[key] for key in _IMAGES if own.get(key)]
    named = next((reference for reference in told if not is_image_id(reference)), None)
    name_image(container, named or (told[0] if told else None))
    reference = own.get("ImageRef", "")
    if is_image_id(reference):
        container.image_id = reference.rpartition(":")[2]
    elif container.digest is None and "@" in reference:
        container.digest = reference.partition("@")[2]


def _volumes(files: StateFiles, own: Mapping[str, str]) -> tuple[ContainerMount, ...] | None:
    """What the kubelet had mounted; None where it is not told."""
    listed = files.parsed(own.get("Volumes"))
    if not isinstance(listed, list):
        return None
    found = []
    for volume in listed[:_MOST_VOLUMES]:
        source, destination = text_at(volume, "host_path"), text_at(volume, "container_path")
        if source is not None and destination is not None:
            number = volume.get("propagation", 0)
            propagation = _PROPAGATIONS.get(number, "") if isinstance(number, int) else ""
            found.append(ContainerMount(source, destination, "", flag_at(volume, "readonly") is not True, propagation))
    return tuple(found)
