"""containerd's bundles: Kubernetes' containers and sandboxes, nerdctl's and ctr's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from auditfalco.model.container import Container, ContainerMount, Pod
from auditfalco.state.cgroup import ContainerReference
from auditfalco.state.engines.containerd import ContainerdState
from kernel_sources.procfs import mounts

ID, SANDBOX = "ab" * 32, "5a" * 32
UID = "5f0c1a8e-4a0e-4a9e-9d55-0d6f7c3a1b2c"
CNI = "io.containerd.grpc.v1.cri/sandboxes"
POD = {
    "io.kubernetes.cri.sandbox-id": SANDBOX,
    "io.kubernetes.cri.sandbox-name": "web-7d9c",
    "io.kubernetes.cri.sandbox-namespace": "shop",
    "io.kubernetes.cri.sandbox-uid": UID,
}
CONTAINER = {
    **POD,
    "io.kubernetes.cri.container-type": "container",
    "io.kubernetes.cri.container-name": "nginx",
    "io.kubernetes.cri.image-name": "docker.io/library/nginx:1.25",
}
RESULT = {
    "cniVersion": "1.0.0",
    "interfaces": [{"name": "eth0", "sandbox": "/var/run/netns/x"}],
    "ips": [{"address": "fd00::7/64"}, {"address": "10.244.0.7/24", "gateway": "10.244.0.1"}],
}


class Containerd:
    """containerd's state and the network plugins' results."""

    def __init__(self, tree: Any) -> None:
        self.tree = tree
        self.state = ContainerdState([tree.path("run")], tree.path("cni"))

    def bundle(self, content: object, full_id: str = ID, namespace: str = "k8s.io") -> None:
        """Write a bundle's configuration."""
        self.tree.write(f"run/io.containerd.runtime.v2.task/{namespace}/{full_id}/config.json", content)

    def describe(self, full_id: str = ID) -> Container:
        """A container that must be described."""
        container = Container(full_id, "containerd")
        assert self.state.describe(container)
        assert container.described
        return container


@pytest.fixture
def containerd(tree: Any) -> Containerd:
    return Containerd(tree)


def test_a_container_of_a_pod(containerd: Containerd) -> None:
    containerd.bundle(containerd.tree.spec(CONTAINER))
    containerd.tree.write(f"run/io.containerd.runtime.v2.task/k8s.io/{ID}/init.pid", "4242")
    containerd.tree.write(f"cni/cni-loopback-{SANDBOX}-lo", {"result": {"ips": [{"address": "127.0.0.1/8"}]}})
    containerd.tree.write(f"cni/cbr0-{SANDBOX}-eth0", {"kind": "cniCacheV1", "result": RESULT})
    container = containerd.describe()
    assert (container.name, container.init_pid, container.privileged) == ("nginx", 4242, False)
    assert (container.image, container.repository) == ("docker.io/library/nginx:1.25", "docker.io/library/nginx")
    assert (container.tag, container.digest, container.image_id) == ("1.25", None, None)
    text = json.dumps(RESULT, separators=(",", ":"))
    assert container.pod == Pod("web-7d9c", "shop", UID, SANDBOX, None, "10.244.0.7", text)
    assert (container.ip, container.cni_json) == ("10.244.0.7", text)
    assert (container.labels, container.host_network) == (None, False)


def test_the_sandbox_of_a_pod(containerd: Containerd) -> None:
    told = {
        **POD,
        "io.kubernetes.cri.container-type": "sandbox",
        "io.kubernetes.cri.podsandbox.image-name": "registry.k8s.io/pause:3.9",
    }
    containerd.bundle(containerd.tree.spec(told), SANDBOX)
    container = containerd.describe(SANDBOX)
    assert (container.name, container.repository, container.tag) == ("web-7d9c", "registry.k8s.io/pause", "3.9")
    assert container.pod == Pod("web-7d9c", "shop", UID, SANDBOX)


def test_a_pod_in_the_hosts_network(containerd: Containerd) -> None:
    kinds = [{"type": "pid"}, {"type": "ipc", "path": "/proc/77/ns/ipc"}, {"type": "mount"}]
    containerd.bundle(containerd.tree.spec(CONTAINER, linux={"namespaces": kinds}))
    container = containerd.describe()
    assert (container.host_pid, container.host_network, container.host_ipc) == (False, True, None)
    assert (container.ip, container.pod and container.pod.ip) == (None, None)


def test_a_privileged_container(containerd: Containerd) -> None:
    containerd.bundle(containerd.tree.privileged_spec(CONTAINER))
    assert containerd.describe().privileged is True


def test_what_the_kubelet_mounts_and_not_what_containerd_does(containerd: Containerd) -> None:
    options = ["rbind", "rprivate", "rw"]
    listed = [
        {"destination": "/etc/hosts", "type": "bind", "source": f"/var/lib/kubelet/pods/{UID}/etc-hosts"},
        {"destination": "/etc/hostname", "type": "bind", "source": f"/var/lib/containerd/{CNI}/{SANDBOX}/hostname"},
        {"destination": "/dev/shm", "type": "bind", "source": f"/run/containerd/{CNI}/{SANDBOX}/shm"},
        {"destination": "/data", "type": "bind", "source": "/srv/data", "options": options},
    ]
    for entry in listed:
        entry.setdefault("options", options)
    containerd.bundle(containerd.tree.spec(CONTAINER, mounts=listed))
    assert containerd.describe().mounts == (
        ContainerMount(f"/var/lib/kubelet/pods/{UID}/etc-hosts", "/etc/hosts", "", True, "rprivate"),
        ContainerMount("/srv/data", "/data", "", True, "rprivate"),
    )


def test_a_container_of_nerdctls(containerd: Containerd) -> None:
    listed = [{"Type": "bind", "Source": "/srv", "Destination": "/srv", "Mode": "z", "RW": False, "Propagation": ""}]
    told = {"nerdctl/name": "web", "nerdctl/namespace": "default", "nerdctl/mounts": json.dumps(listed)}
    containerd.bundle(containerd.tree.spec(told), namespace="default")
    containerd.tree.write(f"cni/bridge-default-{ID}-eth0", {"result": RESULT})
    container = containerd.describe()
    assert (container.name, container.image, container.pod, container.ip) == ("web", None, None, "10.244.0.7")
    assert container.mounts == (ContainerMount("/srv", "/srv", "z", False, ""),)


def test_a_container_of_ctrs(containerd: Containerd) -> None:
    assert not containerd.state.knows(ContainerReference("web", "containerd", "default"))
    containerd.bundle(containerd.tree.spec({}), "web", "default")
    assert containerd.state.knows(ContainerReference("web", "containerd", "default"))
    assert not containerd.state.knows(ContainerReference("web", "containerd", "other"))
    assert not containerd.state.knows(ContainerReference("web", "containerd"))
    container = containerd.describe("web")
    assert (container.id, container.name, container.image) == ("web", "web", None)


def test_dockers_bundles_are_dockers(containerd: Containerd) -> None:
    containerd.bundle(containerd.tree.spec({}), namespace="moby")
    assert not containerd.state.describe(Container(ID, "containerd"))
    assert not containerd.state.knows(ContainerReference(ID, "containerd", "moby"))


def test_an_id_that_leads_elsewhere_is_not_followed(containerd: Containerd) -> None:
    containerd.bundle(containerd.tree.spec({}), "web")
    assert not containerd.state.describe(Container("../k8s.io/web", "containerd"))


def test_a_state_directory_that_mounts_give_away(tree: Any) -> None:
    state = ContainerdState([tree.path("usual")], tree.path("cni"))
    place = f"moved/io.containerd.runtime.v2.task/k8s.io/{ID}"
    tree.write(f"{place}/config.json", tree.spec(CONTAINER))
    container = Container(ID, "containerd")
    assert not state.describe(container)
    state.learn(mounts.parse(f"90 25 0:51 / {tree.path(place)}/rootfs rw - overlay overlay rw".encode()), [])
    assert state.describe(container)


def test_a_broken_file_is_counted_and_describes_nothing(containerd: Containerd, hostile: bytes) -> None:
    containerd.bundle(hostile)
    container = Container(ID, "containerd")
    assert not containerd.state.describe(container)
    assert (containerd.state.unreadable, container.described) == (1, False)


def test_strange_parts_do_not_spoil_the_rest(containerd: Containerd, strange: dict[str, Any]) -> None:
    containerd.bundle(strange)
    assert containerd.describe().full_id == ID


@pytest.mark.parametrize("content", [b"", b"x", b"-1", b"9" * 40, b"0"])
def test_a_strange_pid_is_unknown(containerd: Containerd, content: bytes) -> None:
    containerd.bundle(containerd.tree.spec(CONTAINER))
    containerd.tree.write(f"run/io.containerd.runtime.v2.task/k8s.io/{ID}/init.pid", content)
    assert containerd.describe().init_pid is None


def test_broken_network_results_give_no_address(containerd: Containerd, hostile: bytes) -> None:
    containerd.bundle(containerd.tree.spec(CONTAINER))
    containerd.tree.write(f"cni/cbr0-{SANDBOX}-eth0", hostile)
    assert containerd.describe().ip is None


@pytest.mark.parametrize("content", [{"result": []}, {"result": {"ips": [7, {"address": 7}, {"address": "10.0.0"}]}}])
def test_strange_network_results_give_no_address(containerd: Containerd, content: object) -> None:
    containerd.bundle(containerd.tree.spec(CONTAINER))
    containerd.tree.write(f"cni/cbr0-{SANDBOX}-eth0", content)
    assert containerd.describe().ip is None
