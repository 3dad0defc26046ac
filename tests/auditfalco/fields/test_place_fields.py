"""container.* and user.*: on the host, in a container, and where nobody knows."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.model.container import HOST, Container, ContainerMount, Pod
from auditfalco.model.process import Process

START = 1_700_000_000_000_000_000

CONTAINER = [
    "id",
    "full_id",
    "name",
    "type",
    "image",
    "image.id",
    "image.repository",
    "image.tag",
    "image.digest",
    "privileged",
    "start_ts",
    "duration",
]


@pytest.fixture
def process(world: Any) -> Process:
    return world.run(20, None, "sh")


def answers(read: Any, event: Any) -> dict[str, object]:
    """Every container field."""
    return {name: read(f"container.{name}", event) for name in CONTAINER}


def test_on_the_host(read: Any, event_of: Any, process: Process) -> None:
    process.container = HOST
    assert answers(read, event_of(process)) == {
        **dict.fromkeys(("id", "full_id", "name", "type"), "host"),
        **dict.fromkeys(("image", "image.id", "image.repository", "image.tag", "image.digest"), ""),
        **dict.fromkeys(("privileged", "start_ts", "duration")),
    }


def test_in_a_container(read: Any, event_of: Any, process: Process) -> None:
    container = process.container = Container("ab" * 32, "docker")
    container.name, container.image, container.image_id = "web", "nginx:1.25", "6f7e2741b66b" + "9c" * 26
    container.repository, container.tag, container.digest = "nginx", "1.25", "sha256:" + "d1" * 32
    container.privileged, container.start_ns = True, START - 500
    assert answers(read, event_of(process)) == {
        "id": "abababababab",
        "full_id": "ab" * 32,
        "name": "web",
        "type": "docker",
        "privileged": True,
        "image": "nginx:1.25",
        "image.id": "6f7e2741b66b",
        "image.repository": "nginx",
        "image.tag": "1.25",
        "image.digest": "sha256:" + "d1" * 32,
        "start_ts": START - 500,
        "duration": 1500,
    }


def test_in_a_container_that_nobody_described(read: Any, event_of: Any, process: Process) -> None:
    process.container = Container("ab" * 32, "podman")
    known = {"id": "abababababab", "full_id": "ab" * 32, "type": "podman"}
    assert answers(read, event_of(process)) == {**dict.fromkeys(CONTAINER), **known}


def test_in_an_unknown_place(read: Any, event_of: Any, process: Process) -> None:
    assert answers(read, event_of(process)) == dict.fromkeys(CONTAINER)
    assert answers(read, event_of(None)) == dict.fromkeys(CONTAINER)


OTHERS = ["mounts", "labels", "ip", "cni.json", "host_pid", "host_network", "host_ipc"]
POD = ["pod.name", "ns.name", "pod.id", "pod.uid", "pod.sandbox_id", "pod.full_sandbox_id", "pod.ip", "pod.cni.json"]
NEVER = [
    *(f"container.{probe}" for probe in ("healthcheck", "liveness_probe", "readiness_probe")),
    *(f"proc.is_container_{probe}" for probe in ("healthcheck", "liveness_probe", "readiness_probe")),
    *("k8s.rc.name", "k8s.svc.labels", "k8s.ns.id", "k8s.rs.label[app]", "k8s.deployment.name"),
]


@pytest.fixture
def contained(process: Process) -> Container:
    container = process.container = Container("ab" * 32, "containerd")
    container.mounts = (
        ContainerMount("/srv/data", "/data", "", False, "rslave"),
        ContainerMount("/var/log", "/data/log", "z", True, ""),
    )
    container.labels = {"app": "web", "team.name": "blue"}
    container.ip, container.cni_json = "10.0.0.7", "{}"
    container.host_pid, container.host_network, container.host_ipc = False, True, False
    container.pod = Pod("web-1", "shop", "5f0c", "5a" * 32, {"tier": "front"}, "10.0.0.7", "{}")
    return container


def test_what_else_is_known_of_a_container(read: Any, event_of: Any, process: Process, contained: Container) -> None:
    assert [read(f"container.{name}", event_of(process)) for name in OTHERS] == [
        "/srv/data:/data::false:rslave,/var/log:/data/log:z:true:",
        *["app:web, team.name:blue", "10.0.0.7", "{}", False, True, False],
    ]


def test_the_pod_of_a_container(read: Any, event_of: Any, process: Process, contained: Container) -> None:
    assert [read(f"k8s.{name}", event_of(process)) for name in POD] == [
        *["web-1", "shop", "5f0c", "5f0c", "5a5a5a5a5a5a", "5a" * 32, "10.0.0.7", "{}"]
    ]
    assert read("k8s.pod.labels", event_of(process)) == "tier:front"
    assert read("k8s.pod.label[tier]", event_of(process)) == read("k8s.pod.label.tier", event_of(process)) == "front"
    assert read("k8s.pod.label[app]", event_of(process)) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("container.label[app]", "web"),
        ("container.label.app", "web"),
        ("container.label.team.name", "blue"),
        ("container.label[other]", None),
        ("container.mount[0]", "/srv/data:/data::false:rslave"),
        ("container.mount[1]", "/var/log:/data/log:z:true:"),
        ("container.mount[2]", None),
        ("container.mount[999999999999]", None),
        ("container.mount[/var/*]", "/var/log:/data/log:z:true:"),
        ("container.mount[/*]", "/srv/data:/data::false:rslave"),
        ("container.mount[/srv]", None),
        ("container.mount.source[0]", "/srv/data"),
        ("container.mount.source[/data/l?g]", "/var/log"),
        ("container.mount.source[/srv/data]", None),
        ("container.mount.dest[/srv/*]", "/data"),
        ("container.mount.dest[1]", "/data/log"),
        ("container.mount.mode[0]", ""),
        ("container.mount.mode[/var/log]", "z"),
        ("container.mount.rdwr[0]", "false"),
        ("container.mount.rdwr[/var/log]", "true"),
        ("container.mount.propagation[/srv/data]", "rslave"),
        ("container.mount.propagation[1]", ""),
    ],
)
def test_labels_and_mounts_by_argument(
    read: Any, event_of: Any, process: Process, contained: Container, field: str, value: str | None
) -> None:
    assert read(field, event_of(process)) == value


def test_a_container_known_to_have_neither_mounts_nor_labels(
    read: Any, event_of: Any, process: Process, contained: Container
) -> None:
    contained.mounts, contained.labels = (), {}
    assert [read(f"container.{name}", event_of(process)) for name in ("mounts", "labels")] == ["", ""]
    assert read("container.mount[0]", event_of(process)) is None


@pytest.mark.parametrize("container", [HOST, None, Container("cd" * 32, "podman")])
def test_what_the_host_and_unknown_containers_have_not(
    read: Any, event_of: Any, process: Process, container: Container | None
) -> None:
    process.container = container
    fields = [*(f"container.{name}" for name in OTHERS), *(f"k8s.{name}" for name in POD), "k8s.pod.labels"]
    fields += ["container.label[a]", "container.mount[0]", "container.mount.source[*]", "k8s.pod.label[a]"]
    assert [read(field, event_of(process)) for field in fields] == [None] * len(fields)


@pytest.mark.parametrize("field", NEVER)
def test_fields_that_are_never_set(
    read: Any, event_of: Any, process: Process, contained: Container, field: str
) -> None:
    assert read(field, event_of(process)) is None


def test_a_container_that_goes_by_its_name(read: Any, event_of: Any, process: Process) -> None:
    process.container = Container("a-name-longer-than-twelve", "lxc")
    assert read("container.id", event_of(process)) == "a-name-longer-than-twelve"


USER = [
    "user.uid",
    "user.name",
    "user.homedir",
    "user.shell",
    "user.loginuid",
    "user.loginname",
    "group.gid",
    "group.name",
]


def test_a_user(read: Any, event_of: Any, world: Any, process: Process) -> None:
    world.users = {1000: ("alice", "/home/alice", "/bin/bash")}
    world.group_names = {100: "staff"}
    process.uid, process.euid, process.egid, process.login_uid = 4, 1000, 100, 1000
    assert [read(field, event_of(process)) for field in USER] == [
        *[1000, "alice", "/home/alice", "/bin/bash"],
        *[1000, "host-alice", 100, "staff"],
    ]


def test_a_user_without_an_entry_and_a_login_that_never_was(read: Any, event_of: Any, process: Process) -> None:
    process.euid, process.egid, process.login_uid = 4242, 0, -1
    assert [read(field, event_of(process)) for field in USER] == [
        *[4242, "<NA>", "<NA>", "<NA>", -1, "<NA>", 0, "<NA>"]
    ]


def test_an_unknown_user_is_absent(read: Any, event_of: Any, process: Process) -> None:
    assert [read(field, event_of(process)) for field in USER] == [None] * len(USER)
    assert [read(field, event_of(None)) for field in USER] == [None] * len(USER)
