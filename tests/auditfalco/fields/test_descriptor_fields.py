"""fd.*: what an event's descriptor stands for, opens that failed included."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.model.descriptor import FILE, Descriptor
from auditfalco.model.event import Event
from auditfalco.model.names import Names

CWD = "ffffff9c"
NAMES = [
    "num",
    "type",
    "typechar",
    "name",
    "nameraw",
    "directory",
    "filename",
    "dev",
    "dev.major",
    "dev.minor",
    "ino",
    "is_upper_layer",
    "is_lower_layer",
]


def on(descriptor: Descriptor | None, number: int | None = 3) -> Event:
    """An event about a descriptor."""
    event = Event("openat", 0)
    event.fd_number, event.descriptor = number, descriptor
    return event


def test_a_file(read: Any) -> None:
    event = on(Descriptor("file", "/etc/ssl/key.pem", "..//ssl///key.pem", (254, 1), 42, "lower"))
    assert {name: read(f"fd.{name}", event) for name in NAMES} == {
        "num": 3,
        "type": "file",
        "typechar": "f",
        "name": "/etc/ssl/key.pem",
        "nameraw": "../ssl/key.pem",
        "directory": "/etc/ssl",
        "filename": "key.pem",
        "dev": 0xFE01,
        "dev.major": 254,
        "dev.minor": 1,
        "ino": 42,
        "is_upper_layer": False,
        "is_lower_layer": True,
    }


def test_a_failed_open_has_a_name_and_no_file(read: Any, machine: Any, records: Any) -> None:
    event = machine.event(
        records.syscall(257, (CWD, "55d0", "0", "0"), exit=-2),
        records.cwd("/home/alice"),
        records.path(0, ".ssh/id_rsa", nametype="UNKNOWN", inode=None),
    )
    present = {
        "num": -1,
        "typechar": "f",
        "name": "/home/alice/.ssh/id_rsa",
        "nameraw": ".ssh/id_rsa",
        "directory": "/home/alice/.ssh",
    }
    assert {name: read(f"fd.{name}", event) for name in NAMES} == {**dict.fromkeys(NAMES), **present}


def test_a_file_of_unknown_name(read: Any) -> None:
    event = on(Descriptor("file", None, "shadow", (8, 1), 42))
    present = {
        "name": None,
        "directory": None,
        "filename": None,
        "nameraw": "shadow",
        "ino": 42,
        "type": "file",
        "num": 3,
    }
    assert {name: read(f"fd.{name}", event) for name in present} == present


def test_a_directory(read: Any) -> None:
    event = on(Descriptor("directory", "/etc/ssl"))
    assert (read("fd.type", event), read("fd.typechar", event)) == ("directory", "d")
    assert (read("fd.directory", event), read("fd.filename", event)) == ("/etc", None)


def test_a_number_whose_file_is_unknown(read: Any) -> None:
    event = on(None, 9)
    assert {name: read(f"fd.{name}", event) for name in NAMES} == {**dict.fromkeys(NAMES), "num": 9}


def test_an_event_about_no_descriptor(read: Any, machine: Any, records: Any) -> None:
    event = machine.event(records.syscall(39))
    assert [read(f"fd.{name}", event) for name in NAMES] == [None] * len(NAMES)


@pytest.mark.parametrize(
    ("name", "directory", "filename"),
    [
        ("/etc/passwd", "/etc", "passwd"),
        ("/passwd", "/", "passwd"),
        ("/", "/", ""),
        ("memfd:x", "/", "memfd:x"),
        ("/a/b/", "/a/b", ""),
    ],
)
def test_the_two_parts_of_a_name(read: Any, name: str, directory: str, filename: str) -> None:
    event = on(Descriptor("file", name))
    assert (read("fd.directory", event), read("fd.filename", event)) == (directory, filename)


@pytest.mark.parametrize(
    ("device", "number"),
    [((0, 5), 5), ((8, 1), 0x801), ((254, 255), 0xFEFF), ((254, 256), 0x10FE00), ((259, 3), 0x10303)],
)
def test_device_numbers_are_packed_as_the_kernel_does(read: Any, device: tuple[int, int], number: int) -> None:
    assert read("fd.dev", on(Descriptor("file", "/x", device=device))) == number


def test_a_file_with_several_names_has_several_directories(read: Any, event_of: Any) -> None:
    event = event_of(None)
    event.fd_number = 3
    event.descriptor = Descriptor(FILE, Names("/tmp/x", ("/etc/shadow",)))
    assert read("fd.directory", event) == "/tmp" and read("fd.directory", event).also == ("/etc",)
    assert read("fd.filename", event) == "x" and read("fd.filename", event).also == ("shadow",)
