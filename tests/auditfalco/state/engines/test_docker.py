"""Docker's state files, in trees made by hand after those that Docker 20 to 28 writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auditfalco.model.container import Container
from auditfalco.state.engines.docker import DockerState, roots_in_mounts
from auditfalco.state.engines.references import split_reference
from auditfalco.state.engines.statefiles import parse_time
from kernel_sources.procfs import mounts

ID = "ab" * 32
IMAGE = "sha256:6f7e2741b66b" + "9c" * 26
DIGEST = "sha256:" + "d1" * 32


def config(image: object = "busybox:1.36", **changes: Any) -> dict[str, Any]:
    """The parts of a config.v2.json that matter, of a running container."""
    return {
        "ID": ID,
        "Name": "/web",
        "Image": IMAGE,
        "Config": {"Image": image, "Labels": {"a": "b"}},
        "State": {"Running": True, "Pid": 4242, "StartedAt": "2023-11-14T22:13:20.5Z"},
        **changes,
    }


class Docker:
    """A data root below a temporary directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.state = DockerState([str(root)])
        self.container = Container(ID, "docker")

    def write(self, name: str, content: object) -> None:
        """Write a state file: a text as it is, anything else as JSON."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))

    def describe(self, content: object) -> Container:
        """The container as it is described by this config.v2.json."""
        self.write(f"containers/{ID}/config.v2.json", content)
        assert self.state.describe(self.container)
        return self.container


@pytest.fixture
def docker(tmp_path: Path) -> Docker:
    return Docker(tmp_path)


def named(docker: Docker, *references: str) -> None:
    """Let the image store know the image by these references."""
    docker.write("image/overlay2/repositories.json", {"Repositories": {"any": dict.fromkeys(references, IMAGE)}})


def test_a_running_container(docker: Docker) -> None:
    docker.write(f"containers/{ID}/hostconfig.json", {"Privileged": True})
    docker.write(f"image/overlay2/layerdb/mounts/{ID}/mount-id", "0f" * 32 + "\n")
    container = docker.describe(config())
    assert (container.name, container.described) == ("web", True)
    assert (container.image, container.repository, container.tag) == ("busybox:1.36", "busybox", "1.36")
    assert container.image_id == IMAGE.partition(":")[2]
    assert (container.privileged, container.init_pid) == (True, 4242)
    assert container.start_ns == 1_700_000_000_500_000_000
    layer = docker.root / "overlay2" / ("0f" * 32)
    assert (container.root, container.upper) == (str(layer / "merged"), str(layer / "diff"))


def test_what_the_files_do_not_say_is_unknown(docker: Docker) -> None:
    container = docker.describe({"Name": "/web"})
    assert (container.name, container.described) == ("web", True)
    unknown = ("image", "image_id", "repository", "tag", "digest", "privileged", "start_ns", "root", "upper")
    assert [getattr(container, name) for name in unknown] == [None] * len(unknown)


def test_a_container_that_was_made_but_not_started(docker: Docker) -> None:
    state = {"Running": False, "Pid": 0, "StartedAt": "0001-01-01T00:00:00Z"}
    container = docker.describe(config(State=state))
    assert (container.start_ns, container.init_pid) == (None, None)


def test_a_stopped_container_has_no_start_yet(docker: Docker) -> None:
    container = docker.describe(config(State={"Pid": 0, "StartedAt": "2020-01-01T00:00:00Z"}))
    assert container.start_ns is None


def test_a_start_learnt_from_the_first_process_is_kept(docker: Docker) -> None:
    docker.container.start_ns = 1_699_999_999_000_000_000
    assert docker.describe(config()).start_ns == 1_699_999_999_000_000_000


@pytest.mark.parametrize(
    ("reference", "repository", "tag", "digest"),
    [
        ("busybox", "busybox", "latest", None),
        ("busybox:1.36", "busybox", "1.36", None),
        ("docker.io/library/nginx", "docker.io/library/nginx", "latest", None),
        ("localhost:5000/team/app", "localhost:5000/team/app", "latest", None),
        ("localhost:5000/team/app:v2", "localhost:5000/team/app", "v2", None),
        (f"nginx@{DIGEST}", "nginx", None, DIGEST),
        (f"registry.example.org:5000/nginx:1.25@{DIGEST}", "registry.example.org:5000/nginx", "1.25", DIGEST),
    ],
)
def test_references(docker: Docker, reference: str, repository: str, tag: str | None, digest: str | None) -> None:
    container = docker.describe(config(reference))
    assert (container.image, container.repository) == (reference, repository)
    assert (container.tag, container.digest) == (tag, digest)


@pytest.mark.parametrize("given", [IMAGE, IMAGE.partition(":")[2], "6f7e2741b66b", "sha256:6f7e2741b66b"])
def test_an_image_given_by_its_id_is_called_by_its_name(docker: Docker, given: str) -> None:
    named(docker, f"local/tool@{DIGEST}", "local/tool:v1")
    container = docker.describe(config(given))
    assert container.image == given
    assert (container.repository, container.tag, container.digest) == ("local/tool", "v1", DIGEST)


def test_an_image_without_any_name_goes_by_its_id(docker: Docker) -> None:
    container = docker.describe(config("6f7e2741b66b"))
    assert (container.repository, container.tag) == ("6f7e2741b66b", None)


def test_the_digest_comes_from_the_image_store(docker: Docker) -> None:
    named(docker, "busybox:1.36", f"busybox@{DIGEST}")
    assert docker.describe(config()).digest == DIGEST


@pytest.mark.parametrize("image", [None, 7, "", [], {}])
def test_a_strange_image_is_unknown(docker: Docker, image: object) -> None:
    container = docker.describe(config(image))
    assert (container.image, container.repository, container.tag, container.name) == (None, None, None, "web")


@pytest.mark.parametrize("changes", [{"Config": None}, {"State": "up"}, {"Name": 3}, {"Image": None}, {"Config": []}])
def test_strange_parts_do_not_spoil_the_rest(docker: Docker, changes: dict[str, Any]) -> None:
    assert docker.describe(config(**changes)).described


BROKEN = [b"", b"{", b"null", b"[]", b'"text"', b'{"Name": "\xff"}', b"[" * 200_000, b'{"a": ' + b"9" * 5000]


@pytest.mark.parametrize("broken", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_file_is_counted_and_describes_nothing(docker: Docker, broken: bytes) -> None:
    path = docker.root / "containers" / ID / "config.v2.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(broken)
    assert not docker.state.describe(docker.container)
    assert (docker.state.unreadable, docker.container.described) == (1, False)


def test_a_missing_file_is_no_fault(docker: Docker) -> None:
    assert not docker.state.describe(docker.container)
    assert docker.state.unreadable == 0


def test_a_broken_image_store_leaves_the_name_as_given(docker: Docker) -> None:
    docker.write("image/overlay2/repositories.json", '{"Repositories": {"x": 3, "y": {"z": 4}}}')
    container = docker.describe(config("busybox"))
    assert (container.repository, container.tag, container.digest) == ("busybox", "latest", None)


def test_a_mount_id_that_leads_elsewhere_is_not_followed(docker: Docker) -> None:
    docker.write(f"image/overlay2/layerdb/mounts/{ID}/mount-id", "../../../etc")
    assert docker.describe(config()).root is None


def test_every_data_root_is_looked_at(tmp_path: Path) -> None:
    first, second = Docker(tmp_path / "one"), Docker(tmp_path / "two")
    second.write(f"containers/{ID}/config.v2.json", config())
    assert not first.state.describe(first.container)
    both = DockerState([str(first.root), str(second.root), str(second.root)])
    assert both.describe(first.container)
    assert first.container.name == "web"


def test_mounts_give_a_data_root_away() -> None:
    layer = "0f" * 32
    on_the_host = mounts.parse(
        b"25 1 254:1 / / rw - ext4 /dev/vda1 rw\n"
        b"90 25 0:51 / /srv/docker/overlay2/%s/merged rw - overlay overlay rw\n"
        b"91 25 0:52 / /mnt/other/merged rw - overlay overlay rw\n"
        b"92 25 254:1 /x /srv/fake/overlay2/%s/merged rw - ext4 /dev/vda1 rw\n" % (layer.encode(), layer.encode())
    )
    inside = mounts.parse(
        b"80 70 254:1 /data/docker/containers/%s/hostname /etc/hostname rw - ext4 /dev/vda1 rw\n"
        b"81 70 254:1 /data/containers/short/hostname /etc/hosts rw - ext4 /dev/vda1 rw\n" % ID.encode()
    )
    assert roots_in_mounts(on_the_host, []) == {"/srv/docker"}
    assert roots_in_mounts(on_the_host, inside) == {"/srv/docker", "/data/docker"}
    assert roots_in_mounts([], inside) == roots_in_mounts([], []) == set()


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("2023-11-14T22:13:20Z", 1_700_000_000_000_000_000),
        ("2023-11-14T22:13:20.000000001Z", 1_700_000_000_000_000_001),
        ("2023-11-14T22:13:20.25Z", 1_700_000_000_250_000_000),
        ("1970-01-01T00:00:00Z", 0),
        ("0001-01-01T00:00:00Z", None),
        ("2023-11-14T22:13:20.123456789+02:00", None),
        ("2023-11-14T22:13:20.-1Z", None),
        ("2023-11-14 22:13:20Z", None),
        ("", None),
        ("soon", None),
    ],
)
def test_times(text: str, nanoseconds: int | None) -> None:
    assert parse_time(text) == nanoseconds


def test_splitting_a_reference_loses_nothing() -> None:
    assert split_reference("a:1/b/c:2@sha256:x") == ("a:1/b/c", "2", "sha256:x")
    assert split_reference("") == ("", None, None)
