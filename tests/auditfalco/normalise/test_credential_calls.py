"""Users, groups and capabilities."""

from __future__ import annotations

from typing import Any

import pytest

I386, CAPSET_RECORD = "40000003", 1322
SETUID, SETRESUID, GETUID, CAPSET = 105, 117, 102, 126


@pytest.mark.parametrize(
    ("number", "arch", "registers", "kind", "expected"),
    [
        (SETUID, "c000003e", ("3e8",), "setuid", {"uid": 1000}),
        (213, I386, ("3e8",), "setuid", {"uid": 1000}),
        (23, I386, ("fffe",), "setuid", {"uid": 65534}),
        (106, "c000003e", ("64",), "setgid", {"gid": 100}),
        (113, "c000003e", ("ffffffff", "0"), "setreuid", {"ruid": -1, "euid": 0}),
        (70, I386, ("ffff", "0"), "setreuid", {"ruid": -1, "euid": 0}),
        (114, "c000003e", ("ffffffff", "5"), "setregid", {"rgid": -1, "egid": 5}),
        (SETRESUID, "c000003e", ("1", "2", "3"), "setresuid", {"ruid": 1, "euid": 2, "suid": 3}),
        (208, I386, ("1", "ffffffff", "3"), "setresuid", {"ruid": 1, "euid": -1, "suid": 3}),
        (119, "c000003e", ("1", "2", "3"), "setresgid", {"rgid": 1, "egid": 2, "sgid": 3}),
    ],
)
def test_ids_that_are_set(
    machine: Any, records: Any, number: int, arch: str, registers: Any, kind: str, expected: dict[str, int]
) -> None:
    event = machine.event(records.syscall(number, (*registers, "0", "0", "0")[:4], arch=arch))
    assert event.type == kind
    assert event.arguments.pop("res").text == "0"
    assert {name: int(argument.plain) for name, argument in event.arguments.items()} == expected
    assert all(argument.text in ("root", "<NA>") for argument in event.arguments.values())


def test_the_user_is_the_new_one(machine: Any, records: Any) -> None:
    event = machine.event(records.syscall(SETUID, ("3e8", "0", "0", "0"), uid=1000, euid=1000, fsuid=1000))
    assert (event.process.uid, event.process.euid, event.process.fsuid) == (1000, 1000, 1000)


@pytest.mark.parametrize(
    ("number", "arch", "kind", "expected"),
    [
        (GETUID, "c000003e", "getuid", {"uid": 1000}),
        (199, I386, "getuid", {"uid": 1000}),
        (107, "c000003e", "geteuid", {"euid": 1000}),
        (104, "c000003e", "getgid", {"gid": 1000}),
        (108, "c000003e", "getegid", {"egid": 1000}),
    ],
)
def test_ids_that_are_asked_for(
    machine: Any, records: Any, number: int, arch: str, kind: str, expected: dict[str, int]
) -> None:
    event = machine.event(records.syscall(number, exit=1000, arch=arch))
    assert event.type == kind
    assert {name: argument.value for name, argument in event.arguments.items()} == expected


def test_three_ids_are_behind_pointers(machine: Any, records: Any, texts: Any) -> None:
    assert texts(machine.event(records.syscall(118, ("7f", "80", "81", "0")))) == {"res": "0"}


def test_capabilities_that_are_set(machine: Any, records: Any, texts: Any) -> None:
    sets = (CAPSET_RECORD, "pid=500 cap_pi=0 cap_pp=00000000a80425fb cap_pe=2000 cap_pa=0")
    event = machine.event(records.syscall(CAPSET, ("7ffd", "7ffe", "0", "0")), sets)
    assert texts(event) == {
        "res": "0",
        "cap_inheritable": "0",
        "cap_permitted": "A80425FB",
        "cap_effective": "2000",
    }
    held = event.process.capabilities
    assert (held.permitted, held.effective, held.inheritable) == (0xA80425FB, 0x2000, 0)


def test_capabilities_that_are_refused(machine: Any, records: Any, texts: Any) -> None:
    event = machine.event(records.syscall(CAPSET, ("7ffd", "7ffe", "0", "0"), exit=-1))
    assert texts(event) == {"res": "EPERM"}
    assert event.process.capabilities is None


def test_a_log_does_not_tell_what_is_left_of_capabilities(machine: Any, records: Any) -> None:
    process = machine.event(records.syscall(59), records.execve("cat"), records.capabilities(0x400, 0x400)).process
    assert process.held.effective == 0x400
    machine.event(records.syscall(SETUID, ("3e8", "0", "0", "0"), exit=-1))
    assert process.held.effective == 0x400
    machine.event(records.syscall(SETUID, ("3e8", "0", "0", "0"), uid=1000, euid=1000))
    assert process.held is None
    machine.event(records.syscall(59), records.execve("cat"), records.capabilities(0, 0))
    machine.event(records.syscall(SETRESUID, ("3e8", "0", "0", "0")))
    assert (process.held.permitted, process.held.effective) == (0, 0)


def test_a_user_namespace_of_ones_own_gives_capabilities(machine: Any, records: Any) -> None:
    process = machine.event(records.syscall(59), records.execve("cat"), records.capabilities(0x400, 0x400)).process
    machine.event(records.syscall(272, ("20000", "0", "0", "0")))
    assert process.held.effective == 0x400
    machine.event(records.syscall(272, ("10020000", "0", "0", "0")))
    assert process.held is None
