"""Podman's containers in containers/storage: root's and other users'."""

from __future__ import annotations

import json
from typing import Any

import pytest

from auditfalco.model.container import Container, ContainerMount
from auditfalco.state.engines.podman import PodmanState
from kernel_sources.procfs import mounts

ID, OTHER, IMAGE, LAYER = "ab" * 32, "77" * 32, "1f" * 32, "c7" * 32
METADATA = {"image-name": "localhost/tool:1.0", "image-id": IMAGE, "name": "web", "created-at": 1795606033}
ANNOTATIONS = {"io.container.manager": "libpod", "io.podman.annotations.privileged": "FALSE"}
ENTRY = {"id": ID, "names": ["web"], "image": IMAGE, "layer": LAYER, "metadata": json.dumps(METADATA)}


class Podman:
    """Podman's part of containers/storage."""

    def __init__(self, tree: Any) -> None:
        self.tree = tree
        self.state = PodmanState([tree.path("lib"), tree.path("run")])

    def write(self, content: object, entries: object = None, index: str = "containers.json") -> None:
        """Write a container's configuration and the list of all containers."""
        self.tree.write(f"lib/overlay-containers/{ID}/userdata/config.json", content)
        if entries is not None:
            self.tree.write(f"lib/overlay-containers/{index}", entries)

    def describe(self) -> Container:
        """A container that must be described."""
        container = Container(ID, "podman")
        assert self.state.describe(container)
        assert container.described
        return container


@pytest.fixture
def podman(tree: Any) -> Podman:
    return Podman(tree)


def test_a_running_container(podman: Podman) -> None:
    userdata = f"/run/containers/storage/overlay-containers/{ID}/userdata"
    listed = [
        {"destination": "/data", "type": "bind", "source": "/srv/data", "options": ["ro", "rprivate", "rbind"]},
        {"destination": "/own", "type": "bind", "source": "/srv/my-containers/own", "options": ["rbind"]},
        {"destination": "/etc/hosts", "type": "bind", "source": f"{userdata}/hosts", "options": ["bind", "rprivate"]},
    ]
    podman.write(podman.tree.spec(ANNOTATIONS, mounts=listed), [{"id": OTHER, "names": ["other"]}, ENTRY])
    podman.tree.write(f"run/overlay-containers/{ID}/userdata/pidfile", "4242")
    container = podman.describe()
    assert (container.name, container.init_pid, container.privileged) == ("web", 4242, False)
    assert (container.image, container.repository, container.tag) == ("localhost/tool:1.0", "localhost/tool", "1.0")
    assert (container.image_id, container.labels, container.host_network) == (IMAGE, None, False)
    assert container.mounts == (
        ContainerMount("/srv/data", "/data", "", False, "rprivate"),
        ContainerMount("/srv/my-containers/own", "/own", "", True, ""),
    )


def test_a_privileged_container(podman: Podman) -> None:
    podman.write(podman.tree.spec({"io.podman.annotations.privileged": "TRUE"}))
    assert podman.describe().privileged is True


def test_privileges_that_podman_does_not_note(podman: Podman) -> None:
    podman.write(podman.tree.privileged_spec({}))
    assert podman.describe().privileged is True


def test_a_container_that_goes_with_its_end(podman: Podman) -> None:
    podman.write(podman.tree.spec({}), [ENTRY], "volatile-containers.json")
    assert podman.describe().name == "web"


def test_a_name_without_metadata(podman: Podman) -> None:
    podman.write(podman.tree.spec({}), [{**ENTRY, "metadata": "{"}])
    container = podman.describe()
    assert (container.name, container.image, container.image_id) == ("web", None, IMAGE)
    assert podman.state.unreadable == 1


@pytest.mark.parametrize("entries", [[], {}, "", [7, None, {"id": 7}], [{"id": ID, "names": 7, "metadata": []}]])
def test_a_container_that_the_list_does_not_name(podman: Podman, entries: object) -> None:
    podman.write(podman.tree.spec(ANNOTATIONS), entries)
    container = podman.describe()
    assert (container.name, container.image, container.privileged) == (None, None, False)


def test_roots_that_mounts_give_away(tree: Any) -> None:
    graph, run = tree.path("home/ann/storage"), tree.path("run/user/1000")
    tree.write(f"home/ann/storage/overlay-containers/{ID}/userdata/config.json", tree.spec(ANNOTATIONS))
    tree.write("home/ann/storage/overlay-containers/containers.json", [ENTRY])
    tree.write(f"run/user/1000/containers/overlay-containers/{ID}/userdata/pidfile", "4242")
    lines = ["25 1 254:1 / / rw - ext4 /dev/vda1 rw", f"60 25 0:40 / {run} rw - tmpfs tmpfs rw"]
    host = mounts.parse("\n".join(lines).encode())
    upper = f"upperdir={graph}/overlay/{LAYER}/diff"
    inside = mounts.parse(
        f"70 60 0:51 / / rw - overlay overlay rw,lowerdir=/l,{upper},workdir=/w\n"
        f"80 70 0:40 /containers/overlay-containers/{ID}/userdata/hosts /etc/hosts rw - tmpfs tmpfs rw\n".encode()
    )
    state = PodmanState([tree.path("usual")])
    container = Container(ID, "podman")
    assert not state.describe(container)
    state.learn(host, inside)
    assert state.describe(container)
    assert (container.name, container.init_pid) == ("web", 4242)


def test_a_broken_file_is_counted_and_describes_nothing(podman: Podman, hostile: bytes) -> None:
    podman.write(hostile)
    container = Container(ID, "podman")
    assert not podman.state.describe(container)
    assert (podman.state.unreadable, container.described) == (1, False)


def test_a_broken_list_is_counted_and_the_rest_described(podman: Podman) -> None:
    podman.write(podman.tree.spec(ANNOTATIONS), b'[{"id"')
    assert podman.describe().privileged is False
    assert podman.state.unreadable == 1


def test_strange_parts_do_not_spoil_the_rest(podman: Podman, strange: dict[str, Any]) -> None:
    podman.write(strange)
    assert podman.describe().full_id == ID


def test_an_id_that_leads_elsewhere_is_not_followed(podman: Podman) -> None:
    podman.write(podman.tree.spec(ANNOTATIONS))
    assert not podman.state.describe(Container(f"x/../{ID}", "podman"))
