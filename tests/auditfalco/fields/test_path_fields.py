"""fs.path.* and evt.abspath: the paths that calls act on, as Falco chooses them."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.model.descriptor import Descriptor
from auditfalco.model.event import Argument, Event
from auditfalco.model.names import named
from auditfalco.model.process import Image, Process

ONE = ("fs.path.name", "fs.path.nameraw")
TWO = ("fs.path.source", "fs.path.sourceraw", "fs.path.target", "fs.path.targetraw")


def event_of(event_type: str, result: int = 0, **arguments: tuple[str, str]) -> Event:
    """An event of a process in /root; arguments are given as spelled and as resolved."""
    event = Event(event_type, 1)
    event.result = result
    event.process = Process(500, 1, None, Image())
    event.process.cwd = "/root"
    event.arguments = {name: Argument(*argument) for name, argument in arguments.items()}
    return event


@pytest.mark.parametrize(
    ("event_type", "parameter"),
    [
        ("chmod", "filename"),
        ("chown", "path"),
        ("creat", "name"),
        ("fchmodat", "filename"),
        ("fchownat", "pathname"),
        ("lchown", "path"),
        ("mkdir", "path"),
        ("mkdirat", "path"),
        ("open", "name"),
        ("open_by_handle_at", "path"),
        ("openat", "name"),
        ("openat2", "name"),
        ("quotactl", "special"),
        ("rmdir", "path"),
        ("umount", "name"),
        ("umount2", "name"),
        ("unlink", "path"),
        ("unlinkat", "name"),
    ],
)
def test_calls_with_one_path(read: Any, event_type: str, parameter: str) -> None:
    event = event_of(event_type, **{parameter: ("../x", "/tmp/x")})
    assert [read(field, event) for field in ONE] == ["/tmp/x", "../x"]
    assert [read(field, event) for field in TWO] == [None] * 4
    event.result = -1
    assert [read(field, event) for field in ONE] == [None, None]


@pytest.mark.parametrize(
    ("event_type", "source", "target"),
    [
        ("rename", "oldpath", "newpath"),
        ("renameat", "oldpath", "newpath"),
        ("renameat2", "oldpath", "newpath"),
        ("link", "newpath", "oldpath"),
        ("linkat", "newpath", "oldpath"),
        ("mount", "dev", "dir"),
    ],
)
def test_calls_with_two_paths(read: Any, event_type: str, source: str, target: str) -> None:
    event = event_of(event_type, **{source: ("/a//s", "/a/s"), target: ("t", "/root/t")})
    if event_type == "mount":
        event.arguments["dev"] = Argument("/a//s", "/a//s")
    assert [read(field, event) for field in TWO] == ["/a/s", "/a//s", "/root/t", "t"]
    assert [read(field, event) for field in ONE] == [None, None]
    event.result = -1
    assert [read(field, event) for field in TWO] == [None] * 4


@pytest.mark.parametrize("event_type", ["symlink", "symlinkat"])
def test_the_text_of_a_link_counts_from_the_working_directory(read: Any, event_type: str) -> None:
    event = event_of(event_type, linkpath=("s", "/srv/s"), target=("tmp/target", "tmp/target"))
    assert [read(field, event) for field in TWO] == ["/srv/s", "s", "/root/tmp/target", "tmp/target"]
    event.process = None
    assert [read(field, event) for field in TWO[2:]] == [None, "tmp/target"]


@pytest.mark.parametrize("event_type", ["fchmod", "fchown"])
def test_calls_with_a_descriptor(read: Any, event_type: str) -> None:
    event = event_of(event_type)
    assert [read(field, event) for field in ONE] == [None, None]
    event.descriptor = Descriptor("file", "/tmp/path", "..//path")
    assert [read(field, event) for field in ONE] == ["/tmp/path", "../path"]
    event.result = -9
    assert [read(field, event) for field in ONE] == [None, None]


def test_what_could_not_be_resolved_is_known_as_spelled_alone(read: Any) -> None:
    event = event_of("unlinkat", name=("shadow", "shadow"))
    assert [read(field, event) for field in (*ONE, "evt.abspath")] == [None, "shadow", None]


def test_a_call_that_falco_has_no_parameters_for(read: Any) -> None:
    event = event_of("truncate")
    assert [read(field, event) for field in ONE] == [None, None]
    event.named_file = Argument("passwd", "/etc/passwd")
    assert [read(field, event) for field in ONE] == ["/etc/passwd", "passwd"]
    event.result = None
    assert [read(field, event) for field in ONE] == [None, None]


def test_other_names_of_a_file_come_with_it(read: Any) -> None:
    path = named("/tmp/link", ["/etc/passwd"])
    event = event_of("chmod", filename=("link", path))
    assert read("fs.path.name", event) is path


class TestAbsolutePath:
    @pytest.mark.parametrize(
        ("event_type", "parameter"),
        [
            ("fchmodat", "filename"),
            ("fchownat", "pathname"),
            ("mkdirat", "path"),
            ("mknodat", "path"),
            ("newfstatat", "path"),
            ("open_by_handle_at", "path"),
            ("openat", "name"),
            ("openat2", "name"),
            ("symlinkat", "linkpath"),
            ("unlinkat", "name"),
        ],
    )
    def test_of_one_path(self, read: Any, event_type: str, parameter: str) -> None:
        event = event_of(event_type, result=-2, **{parameter: ("x", "/tmp/x")})
        assert read("evt.abspath", event) == "/tmp/x"  # of failed calls too

    @pytest.mark.parametrize("event_type", ["renameat", "renameat2", "linkat"])
    def test_of_two_paths(self, read: Any, event_type: str) -> None:
        event = event_of(event_type, oldpath=("a", "/tmp/a"), newpath=("b", "/tmp/b"))
        found = [read("evt.abspath", event), read("evt.abspath.src", event), read("evt.abspath.dst", event)]
        assert found == ["/tmp/a", "/tmp/a", "/tmp/b"]

    def test_calls_without_a_directory_have_none(self, read: Any) -> None:
        assert read("evt.abspath", event_of("unlink", path=("/tmp/x", "/tmp/x"))) is None
