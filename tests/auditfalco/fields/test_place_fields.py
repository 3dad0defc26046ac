"""container.* and user.*: on the host, in a container, and where nobody knows."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.model.container import HOST, Container
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


USER = ["user.uid", "user.name", "user.homedir", "user.shell", "user.loginuid", "user.loginname", "group.gid"]


def test_a_user(read: Any, event_of: Any, world: Any, process: Process) -> None:
    world.users = {1000: ("alice", "/home/alice", "/bin/bash")}
    process.uid, process.euid, process.egid, process.login_uid = 4, 1000, 100, 1000
    assert [read(field, event_of(process)) for field in USER] == [
        *[1000, "alice", "/home/alice", "/bin/bash"],
        *[1000, "host-alice", 100],
    ]


def test_a_user_without_an_entry_and_a_login_that_never_was(read: Any, event_of: Any, process: Process) -> None:
    process.euid, process.egid, process.login_uid = 4242, 0, -1
    assert [read(field, event_of(process)) for field in USER] == [4242, "<NA>", "<NA>", "<NA>", -1, "<NA>", 0]


def test_an_unknown_user_is_absent(read: Any, event_of: Any, process: Process) -> None:
    assert [read(field, event_of(process)) for field in USER] == [None] * len(USER)
    assert [read(field, event_of(None)) for field in USER] == [None] * len(USER)
