"""The open family: which file, by which name, how, and what the event says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from auditfalco.model import openflags
from auditfalco.model.container import Container
from kernel_sources.procfs import ProcFS

OPEN, CREAT, OPENAT, BY_HANDLE, OPENAT2, I386_OPEN = 2, 85, 257, 304, 437, 5
CWD = "ffffff9c"


def texts(event: Any) -> dict[str, str]:
    """The event's arguments as they print."""
    return {name: argument.text for name, argument in event.arguments.items()}


def test_open(machine: Any, records: Any) -> None:
    event = machine.event(
        records.syscall(OPEN, ("55d0", "80002", "0", "0"), exit=3),
        records.cwd("/root"),
        records.path(0, "/etc/passwd", inode=42, dev="fe:01"),
    )
    assert (event.type, event.result, event.fd_number) == ("open", 3, 3)
    descriptor = event.descriptor
    assert (descriptor.kind, descriptor.name, descriptor.name_raw) == ("file", "/etc/passwd", "/etc/passwd")
    assert (descriptor.device, descriptor.inode, descriptor.layer) == ((254, 1), 42, None)
    assert texts(event) == {
        "fd": "<f>/etc/passwd",
        "name": "/etc/passwd",
        "flags": "O_RDWR|O_CLOEXEC",
        "mode": "0",
        "dev": "FE01",
        "ino": "42",
    }
    assert event.arguments["fd"].value == 3
    assert event.arguments["dev"].value == 0xFE01


@pytest.mark.parametrize("register", [CWD, "ffffffffffffff9c"])
def test_openat_from_the_working_directory(machine: Any, records: Any, register: str) -> None:
    event = machine.event(
        records.syscall(OPENAT, (register, "55d0", "0", "0"), exit=3),
        records.cwd("/srv/www"),
        records.path(0, "../data//./index.html"),
    )
    assert event.descriptor.name == "/srv/data/index.html"
    assert event.descriptor.name_raw == "../data//./index.html"
    shown = texts(event)
    assert (shown["dirfd"], event.arguments["dirfd"].value) == ("AT_FDCWD", -100)
    assert (shown["fd"], shown["flags"]) == ("<f>/srv/data/index.html", "O_RDONLY")
    assert (shown["name"], event.arguments["name"].value) == ("/srv/data/index.html", "../data//./index.html")


def test_a_name_relative_to_a_known_directory(machine: Any, records: Any) -> None:
    machine.event(
        records.syscall(OPENAT, (CWD, "55d0", "10000", "0"), exit=5), records.cwd("/"), records.path(0, "/etc")
    )
    event = machine.event(
        records.syscall(OPENAT, ("5", "55d0", "0", "0"), exit=6), records.cwd("/home/user"), records.path(0, "shadow")
    )
    assert event.descriptor.name == "/etc/shadow"
    assert event.arguments["name"].text == "/etc/shadow"
    assert (event.arguments["dirfd"].value, event.arguments["dirfd"].text) == (5, "<d>/etc")


def test_a_name_relative_to_an_unknown_directory_is_not_guessed(machine: Any, records: Any) -> None:
    event = machine.event(
        records.syscall(OPENAT, ("5", "55d0", "0", "0"), exit=6), records.cwd("/home/user"), records.path(0, "shadow")
    )
    assert (event.descriptor.name, event.descriptor.name_raw) == (None, "shadow")
    assert (event.arguments["fd"].text, event.arguments["name"].text) == ("6", "shadow")


def test_an_absolute_name_does_not_care_for_the_directory(machine: Any, records: Any) -> None:
    event = machine.event(
        records.syscall(OPENAT, ("5", "55d0", "0", "0"), exit=6), records.cwd("/"), records.path(0, "/etc/shadow")
    )
    assert event.descriptor.name == "/etc/shadow"


def test_a_directory_that_moved_since_is_contradicted_by_the_inode(
    machine_with: Any, records: Any, tmp_path: Path
) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "shadow").write_text("")
    status = (tmp_path / "root" / "shadow").stat()
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}"
    machine = machine_with(ProcFS(str(tmp_path / "noproc")))
    process = machine.event(
        records.syscall(OPENAT, (CWD, "55d0", "10000", "0"), exit=5), records.cwd("/"), records.path(0, "/")
    ).process
    process.container = Container("ab" * 32, "docker")
    process.container.root = str(tmp_path / "root")
    opened = [
        machine.event(
            records.syscall(OPENAT, ("5", "55d0", "0", "0"), exit=6), records.path(0, "shadow", inode=inode, dev=device)
        ).descriptor.name
        for inode in (status.st_ino, status.st_ino + 1)
    ]
    assert opened == ["/shadow", None]


def test_openat2_with_its_record(machine: Any, records: Any) -> None:
    event = machine.event(
        records.syscall(OPENAT2, (CWD, "55d0", "7ffd", "18"), exit=3),
        records.openat2(0o102, 0o644, 0x08 | 0x02),
        records.cwd("/tmp"),
        records.path(0, "/tmp", nametype="PARENT", inode=1),
        records.path(1, "new", nametype="CREATE", inode=2),
    )
    assert event.descriptor.name == "/tmp/new"
    assert event.open_flags == openflags.O_RDWR | openflags.O_CREAT | openflags.O_F_CREATED
    shown = texts(event)
    assert sorted(shown) == sorted(["fd", "dirfd", "name", "flags", "mode", "resolve", "dev", "ino"])
    assert (shown["flags"], shown["mode"]) == ("O_CREAT|O_RDWR|O_F_CREATED", "0644")
    assert (event.arguments["resolve"].value, shown["resolve"]) == (5, "RESOLVE_BENEATH|RESOLVE_NO_MAGICLINKS")


def test_openat2_of_an_old_kernel_has_unknown_flags(machine: Any, records: Any) -> None:
    event = machine.event(
        records.syscall(OPENAT2, (CWD, "55d0", "7ffd", "18"), exit=3), records.cwd("/tmp"), records.path(0, "x")
    )
    assert (event.descriptor.name, event.open_flags, event.open_mode) == ("/tmp/x", None, None)
    assert not {"flags", "mode", "resolve"} & set(event.arguments)


def test_creat(machine: Any, records: Any) -> None:
    event = machine.event(
        records.syscall(CREAT, ("55d0", "1ed", "0", "0"), exit=3),
        records.cwd("/tmp"),
        records.path(0, "/tmp", nametype="PARENT", inode=1),
        records.path(1, "tool", nametype="CREATE", inode=2),
    )
    assert (event.descriptor.name, event.open_mode) == ("/tmp/tool", 0o755)
    assert event.open_flags & openflags.O_WRONLY
    assert list(texts(event)) == ["fd", "name", "mode", "dev", "ino", "creat_flags"]


def test_open_by_handle_knows_the_file_but_no_name(machine: Any, records: Any) -> None:
    event = machine.event(
        records.syscall(BY_HANDLE, ("5", "7ffd", "2", "0"), exit=3), records.cwd("/"), records.path(0, None, inode=42)
    )
    assert (event.type, event.descriptor.name, event.open_flags) == ("open_by_handle_at", None, openflags.O_RDWR)
    assert event.fd_number == 3


def test_the_32_bit_call_and_its_narrow_registers(machine: Any, records: Any) -> None:
    event = machine.event(
        records.syscall(I386_OPEN, ("80d0", "8242", "1b6", "0"), exit=3, arch="40000003"),
        records.cwd("/tmp"),
        records.path(0, "/tmp", nametype="PARENT", inode=1),
        records.path(1, "out", nametype="NORMAL", inode=2),
    )
    assert event.type == "open"
    assert event.arguments["flags"].text == "O_LARGEFILE|O_TRUNC|O_CREAT|O_RDWR"
    assert event.open_mode == 0o666


def test_a_failed_open_has_its_name_but_no_file(machine: Any, records: Any) -> None:
    event = machine.event(
        records.syscall(OPENAT, (CWD, "55d0", "0", "0"), exit=-2),
        records.cwd("/etc"),
        records.path(0, "shadow.bak", nametype="UNKNOWN", inode=None),
    )
    assert (event.result, event.fd_number) == (-2, -1)
    assert (event.descriptor.name, event.descriptor.inode) == ("/etc/shadow.bak", None)
    assert (event.arguments["fd"].value, event.arguments["fd"].text) == (-2, "ENOENT")
    assert (event.arguments["dev"].text, event.arguments["ino"].text) == ("0", "0")
    assert event.process.descriptors == {}


@pytest.mark.parametrize(("nametype", "created"), [("CREATE", True), ("NORMAL", False)])
def test_whether_a_file_was_really_created(machine: Any, records: Any, nametype: str, created: bool) -> None:
    event = machine.event(
        records.syscall(OPENAT, (CWD, "55d0", "241", "1b6"), exit=3),
        records.cwd("/tmp"),
        records.path(0, "/tmp/", nametype="PARENT", inode=1),
        records.path(1, "/tmp/x", nametype=nametype, inode=2),
    )
    assert bool(event.open_flags & openflags.O_F_CREATED) is created
    assert event.descriptor.inode == 2


def test_an_overlays_copy_up_does_not_hide_the_name(machine: Any, records: Any) -> None:
    inner = [
        records.path(item, None, nametype=kind, inode=item) for item, kind in enumerate(["PARENT", "CREATE"] * 8, 1)
    ]
    event = machine.event(
        records.syscall(OPENAT, (CWD, "55d0", "1", "0"), exit=3),
        records.cwd("/"),
        records.path(0, "/etc/motd", inode=900),
        *inner,
    )
    assert (event.descriptor.name, event.descriptor.inode) == ("/etc/motd", 900)
    assert not event.open_flags & openflags.O_F_CREATED


def test_of_several_named_records_the_last_is_the_file(machine: Any, records: Any) -> None:
    event = machine.event(
        records.syscall(OPENAT, (CWD, "55d0", "241", "1b6"), exit=3),
        records.cwd("/tmp"),
        records.path(0, "x", nametype="UNKNOWN", inode=None),
        records.path(1, "/tmp", nametype="PARENT", inode=1),
        records.path(2, "x", nametype="CREATE", inode=2),
    )
    assert (event.descriptor.name, event.descriptor.inode) == ("/tmp/x", 2)
    assert event.open_flags & openflags.O_F_CREATED


def test_the_mode_of_an_open_that_makes_no_file_is_what_a_register_held(machine: Any, records: Any) -> None:
    event = machine.event(
        records.syscall(OPENAT, (CWD, "55d0", "0", "7fff1fff"), exit=3), records.cwd("/"), records.path(0, "/x")
    )
    assert event.open_mode == 0
    assert event.arguments["mode"].text == "0"


def test_a_directory_is_told_by_its_flag(machine: Any, records: Any) -> None:
    event = machine.event(
        records.syscall(OPENAT, (CWD, "55d0", "90800", "0"), exit=3), records.cwd("/"), records.path(0, "/etc")
    )
    assert event.descriptor.kind == "directory"
    assert event.arguments["flags"].text == "O_DIRECTORY|O_NONBLOCK|O_RDONLY|O_CLOEXEC"


def test_a_name_of_any_bytes(machine: Any, records: Any) -> None:
    event = machine.event(
        records.syscall(OPENAT, (CWD, "55d0", "0", "0"), exit=3),
        records.cwd("/"),
        records.path(0, "/tmp/\udcff\x1b[2J"),
    )
    assert event.descriptor.name == "/tmp/\udcff\x1b[2J"


def test_an_open_without_any_path_record(machine: Any, records: Any) -> None:
    event = machine.event(records.syscall(OPENAT, (CWD, "55d0", "0", "0"), exit=3))
    assert (event.fd_number, event.descriptor.name, event.descriptor.name_raw) == (3, None, None)
    assert event.arguments["fd"].text == "3"
