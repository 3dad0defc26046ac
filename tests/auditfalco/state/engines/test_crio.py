"""CRI-O's containers: configurations in containers/storage with annotations of its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from auditfalco.model.container import Container, ContainerMount, Pod
from auditfalco.state.engines.crio import CrioState

ID, SANDBOX, IMAGE = "ab" * 32, "5a" * 32, "1f" * 32
UID = "5f0c1a8e-4a0e-4a9e-9d55-0d6f7c3a1b2c"
OWN = "io.kubernetes.cri-o."
POD_LABELS = {
    "io.kubernetes.pod.name": "web-7d9c",
    "io.kubernetes.pod.namespace": "shop",
    "io.kubernetes.pod.uid": UID,
}
CONTAINER = {
    f"{OWN}ContainerType": "container",
    f"{OWN}Name": f"k8s_nginx_web-7d9c_shop_{UID}_0",
    f"{OWN}Metadata": json.dumps({"name": "nginx", "attempt": 0}),
    f"{OWN}Labels": json.dumps({**POD_LABELS, "io.kubernetes.container.name": "nginx"}),
    f"{OWN}SandboxID": SANDBOX,
    f"{OWN}ImageName": "quay.io/shop/nginx:1.25",
    f"{OWN}ImageRef": IMAGE,
    f"{OWN}Volumes": json.dumps(
        [
            {"container_path": "/etc/hosts", "host_path": f"/var/lib/kubelet/pods/{UID}/etc-hosts", "readonly": False},
            {"container_path": "/data", "host_path": "/srv/data", "readonly": True, "propagation": 1},
        ]
    ),
}
POD_SANDBOX = {
    f"{OWN}ContainerType": "sandbox",
    f"{OWN}KubeName": "web-7d9c",
    f"{OWN}Namespace": "shop",
    f"{OWN}Metadata": json.dumps({"name": "web-7d9c", "namespace": "shop", "uid": UID, "attempt": 0}),
    f"{OWN}Labels": json.dumps({**POD_LABELS, "tier": "front", "app": "web"}),
    f"{OWN}IP.0": "10.88.0.7",
    f"{OWN}CNIResult": '{"cniVersion":"1.0.0"}',
    f"{OWN}PrivilegedRuntime": "false",
    f"{OWN}Image": "registry.k8s.io/pause:3.9",
}


class Crio:
    """CRI-O's part of containers/storage."""

    def __init__(self, tree: Any) -> None:
        self.tree = tree
        self.state = CrioState([tree.path("lib"), tree.path("run")])

    def write(self, content: object, full_id: str = ID) -> None:
        """Write a container's configuration."""
        self.tree.write(f"run/overlay-containers/{full_id}/userdata/config.json", content)

    def describe(self, full_id: str = ID) -> Container:
        """A container that must be described."""
        container = Container(full_id, "cri-o")
        assert self.state.describe(container)
        assert container.described
        return container


@pytest.fixture
def crio(tree: Any) -> Crio:
    return Crio(tree)


def test_a_container_of_a_pod(crio: Crio) -> None:
    crio.write(crio.tree.spec(CONTAINER))
    crio.write(crio.tree.spec(POD_SANDBOX), SANDBOX)
    crio.tree.write(f"run/overlay-containers/{ID}/userdata/pidfile", "4242\n")
    container = crio.describe()
    assert (container.name, container.init_pid, container.privileged) == ("nginx", 4242, False)
    assert (container.image, container.repository) == ("quay.io/shop/nginx:1.25", "quay.io/shop/nginx")
    assert (container.tag, container.image_id) == ("1.25", IMAGE)
    assert container.labels == {**POD_LABELS, "io.kubernetes.container.name": "nginx"}
    assert container.mounts == (
        ContainerMount(f"/var/lib/kubelet/pods/{UID}/etc-hosts", "/etc/hosts", "", True, "private"),
        ContainerMount("/srv/data", "/data", "", False, "rslave"),
    )
    labels = {**POD_LABELS, "app": "web", "tier": "front"}
    result = '{"cniVersion":"1.0.0"}'
    assert container.pod == Pod("web-7d9c", "shop", UID, SANDBOX, labels, "10.88.0.7", result)
    assert (container.ip, container.cni_json) == ("10.88.0.7", result)


def test_a_container_whose_sandbox_is_not_known_yet(crio: Crio) -> None:
    crio.write(crio.tree.spec(CONTAINER))
    assert crio.describe().pod == Pod("web-7d9c", "shop", UID, SANDBOX)


def test_the_sandbox_of_a_pod(crio: Crio) -> None:
    crio.write(crio.tree.spec(POD_SANDBOX), SANDBOX)
    container = crio.describe(SANDBOX)
    assert (container.name, container.repository, container.tag) == ("web-7d9c", "registry.k8s.io/pause", "3.9")
    assert container.pod is not None
    assert (container.pod.name, container.pod.sandbox_id, container.pod.ip) == ("web-7d9c", SANDBOX, "10.88.0.7")


def test_a_privileged_sandbox_and_a_privileged_container(crio: Crio) -> None:
    crio.write(crio.tree.spec({**POD_SANDBOX, f"{OWN}PrivilegedRuntime": "true"}), SANDBOX)
    assert crio.describe(SANDBOX).privileged is True
    crio.write(crio.tree.privileged_spec(CONTAINER))
    assert crio.describe().privileged is True


@pytest.mark.parametrize(
    ("told", "image", "repository", "tag", "digest", "image_id"),
    [
        ({"ImageName": IMAGE, "ImageRef": IMAGE}, IMAGE, None, None, None, IMAGE),
        ({"Image": IMAGE, "SomeNameOfTheImage": "q.io/a:2"}, "q.io/a:2", "q.io/a", "2", None, None),
        ({"Image": "q.io/a", "ImageRef": "q.io/a@sha256:d1"}, "q.io/a", "q.io/a", "latest", "sha256:d1", None),
        ({}, None, None, None, None, None),
    ],
)
def test_images(
    crio: Crio,
    told: dict[str, str],
    image: str | None,
    repository: str | None,
    tag: str | None,
    digest: str | None,
    image_id: str | None,
) -> None:
    crio.write(crio.tree.spec({f"{OWN}{key}": value for key, value in told.items()}))
    container = crio.describe()
    assert (container.image, container.repository, container.tag) == (image, repository, tag)
    assert (container.digest, container.image_id) == (digest, image_id)


def test_a_broken_file_is_counted_and_describes_nothing(crio: Crio, hostile: bytes) -> None:
    crio.write(hostile)
    container = Container(ID, "cri-o")
    assert not crio.state.describe(container)
    assert (crio.state.unreadable, container.described) == (1, False)


def test_strange_parts_do_not_spoil_the_rest(crio: Crio, strange: dict[str, Any]) -> None:
    crio.write(strange)
    assert crio.describe().full_id == ID
