"""Processes that make, signal, trace and rename each other."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.model.container import HOST, Container

I386 = "40000003"
START = 1_700_000_000_000_000_000
MS = 1_000_000
OBJ_PID = 1318
CLONE, CLONE3, FORK, VFORK, KILL, TKILL, TGKILL = 56, 435, 57, 58, 62, 200, 234
PRCTL, PTRACE, GETPID, EXECVE = 157, 101, 39, 59
BASH = {"comm": "bash", "exe": "/usr/bin/bash"}


def met(pid: int, comm: str) -> tuple[int, str]:
    """An OBJ_PID record."""
    return OBJ_PID, f'opid={pid} oauid=-1 ouid=0 oses=-1 ocomm="{comm}"'


def shell(machine: Any, records: Any) -> Any:
    """Let the process be a shell on the host that was seen to start."""
    process = machine.event(
        records.syscall(EXECVE, euid=1000, egid=100, **BASH), records.execve("bash", "-l"), records.cwd("/srv")
    ).process
    process.container, process.vpid = HOST, process.pid
    return process


class TestBirths:
    def test_a_child_of_a_shell(self, machine: Any, records: Any, texts: Any) -> None:
        shell(machine, records)
        machine.host.processes.forked(500, 501, START + 2 * MS)
        event = machine.event(
            records.syscall(CLONE, ("1200011", "0", "0", "7f00"), exit=501, euid=1000, egid=100, **BASH), at_ms=3
        )
        assert event.type == "clone"
        assert texts(event) == {
            "res": "bash",
            "exe": "bash",
            "args": "-l.",
            "tid": "bash",
            "pid": "bash",
            "ptid": "400",
            "cwd": "/srv",
            "comm": "bash",
            "flags": "CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID",
            "uid": "1000",
            "gid": "100",
            "vtid": "bash",
            "vpid": "bash",
        }
        assert [event.arguments[name].value for name in ("res", "tid", "vpid", "args")] == [501, 500, 500, b"-l\0"]

    @pytest.mark.parametrize("arch", ["c000003e", I386])
    def test_flags_are_told_in_falcos_bits(self, machine: Any, records: Any, arch: str) -> None:
        number = CLONE if arch != I386 else 120
        event = machine.event(records.syscall(number, ("7c020011", "0", "0", "0"), exit=9, arch=arch))
        names = "CLONE_NEWIPC|CLONE_NEWNET|CLONE_NEWNS|CLONE_NEWPID|CLONE_NEWUTS|CLONE_NEWUSER"
        assert (event.type, event.arguments["flags"].text) == ("clone", names)

    @pytest.mark.parametrize(("number", "name"), [(FORK, "fork"), (VFORK, "vfork")])
    def test_fork_has_no_flags(self, machine: Any, records: Any, number: int, name: str) -> None:
        event = machine.event(records.syscall(number, ("1200011", "0", "0", "0"), exit=501))
        assert (event.type, event.arguments["flags"].value, event.arguments["res"].text) == (name, 0, "501")

    def test_the_flags_of_clone3_are_behind_a_pointer(self, machine: Any, records: Any) -> None:
        event = machine.event(records.syscall(CLONE3, ("7ffd", "58", "0", "0"), exit=501))
        assert (event.type, "flags" in event.arguments) == ("clone3", False)

    def test_no_child(self, machine: Any, records: Any) -> None:
        event = machine.event(records.syscall(CLONE, ("11", "0", "0", "0"), exit=-11))
        assert (event.arguments["res"].text, event.arguments["res"].value) == ("EAGAIN", -11)

    def test_a_container_counts_its_children_by_itself(self, machine: Any, records: Any) -> None:
        stranger = machine.event(records.syscall(GETPID, pid=7, ppid=1, comm="kthreadd")).process
        process = machine.event(records.syscall(GETPID, **BASH)).process
        process.container, process.vpid = Container("0123456789ab", "docker"), 6
        process.container.start_ns = START - 5
        machine.host.processes.forked(500, 501, START + 2 * MS)
        child = machine.host.processes.alive(501)
        child.vpid = 7
        child.comm = "worker"
        event = machine.event(records.syscall(CLONE, ("11", "0", "0", "0"), exit=7, **BASH), at_ms=3)
        assert (event.arguments["res"].value, event.arguments["res"].text) == (7, "worker")
        assert (event.arguments["vpid"].value, event.arguments["vpid"].text) == (6, "bash")
        assert event.arguments["flags"].text == "CLONE_CHILD_IN_PIDNS"
        assert event.arguments["pidns_init_start_ts"].value == START - 5
        assert stranger.name == "kthreadd"

    def test_a_child_that_nobody_knows_yet_is_a_number(self, machine: Any, records: Any) -> None:
        event = machine.event(records.syscall(CLONE, ("11", "0", "0", "0"), exit=7))
        assert event.arguments["res"].text == "7"


class TestSignals:
    @pytest.mark.parametrize(
        ("number", "registers", "arch", "expected"),
        [
            (KILL, ("1f5", "9"), "c000003e", {"pid": "sleep", "sig": "SIGKILL"}),
            (37, ("1f5", "f"), I386, {"pid": "sleep", "sig": "SIGTERM"}),
            (TKILL, ("1f5", "6"), "c000003e", {"tid": "sleep", "sig": "SIGABRT"}),
            (TGKILL, ("1f5", "1f5", "22"), "c000003e", {"pid": "sleep", "tid": "sleep", "sig": "34"}),
        ],
    )
    def test_whom_the_record_names(
        self, machine: Any, records: Any, texts: Any, number: int, registers: Any, arch: str, expected: Any
    ) -> None:
        registers = (*registers, "0", "0")[:4]
        event = machine.event(records.syscall(number, registers, arch=arch), met(501, "sleep"))
        assert texts(event) == {"res": "0", **expected}

    def test_a_number_of_the_container_is_not_the_hosts(self, machine: Any, records: Any) -> None:
        machine.event(records.syscall(GETPID, pid=7, ppid=1, comm="kthreadd"))
        process = machine.event(records.syscall(GETPID, **BASH)).process
        process.container, process.vpid = Container("0123456789ab", "docker"), 6
        event = machine.event(records.syscall(KILL, ("7", "9", "0", "0"), **BASH), met(4711, "victim"))
        assert (event.arguments["pid"].value, event.arguments["pid"].text) == (7, "victim")
        event = machine.event(records.syscall(KILL, ("7", "9", "0", "0"), exit=-1, **BASH))
        assert event.arguments["pid"].text == "7"

    def test_on_the_host_a_refused_signal_has_a_name_too(self, machine: Any, records: Any) -> None:
        shell(machine, records)
        machine.event(records.syscall(GETPID, pid=900, ppid=1, comm="sshd"))
        event = machine.event(records.syscall(KILL, ("384", "0", "0", "0"), exit=-1, **BASH))
        assert (event.arguments["pid"].text, event.arguments["sig"].text) == ("sshd", "0")

    def test_a_group_and_everybody(self, machine: Any, records: Any, texts: Any) -> None:
        event = machine.event(records.syscall(KILL, ("fffffe0b", "f", "0", "0")), met(501, "sleep"), met(502, "cat"))
        assert texts(event) == {"res": "0", "pid": "-501", "sig": "SIGTERM"}
        event = machine.event(records.syscall(KILL, ("ffffffffffffffff", "9", "0", "0")), met(501, "sleep"))
        assert event.arguments["pid"].value == -1


class TestControl:
    def test_a_process_renames_itself(self, machine: Any, records: Any, texts: Any) -> None:
        event = machine.event(records.syscall(PRCTL, ("f", "7ffd", "0", "0"), comm="kworker/0:1"))
        assert texts(event) == {"res": "0", "option": "PR_SET_NAME", "arg2_str": "kworker/0:1", "arg2_int": "0"}
        assert event.process.name == "kworker/0:1"

    def test_a_name_that_was_refused(self, machine: Any, records: Any, texts: Any) -> None:
        event = machine.event(records.syscall(PRCTL, ("f", "0", "0", "0"), exit=-14))
        assert texts(event) == {"res": "EFAULT", "option": "PR_SET_NAME", "arg2_int": "0"}

    @pytest.mark.parametrize(
        ("number", "arch", "registers", "expected"),
        [
            (PRCTL, "c000003e", ("24", "1"), {"option": "PR_SET_CHILD_SUBREAPER", "arg2_int": "1"}),
            (PRCTL, "c000003e", ("25", "7ffd"), {"option": "PR_GET_CHILD_SUBREAPER"}),
            (PRCTL, "c000003e", ("26", "1"), {"option": "PR_SET_NO_NEW_PRIVS", "arg2_int": "1"}),
            (PRCTL, "c000003e", ("24", "ffffffffffffffff"), {"option": "PR_SET_CHILD_SUBREAPER", "arg2_int": "-1"}),
            (172, I386, ("24", "ffffffff"), {"option": "PR_SET_CHILD_SUBREAPER", "arg2_int": "-1"}),
            (PRCTL, "c000003e", ("53564d41", "0"), {"option": "1398164801", "arg2_int": "0"}),
        ],
    )
    def test_other_options(
        self, machine: Any, records: Any, texts: Any, number: int, arch: str, registers: Any, expected: Any
    ) -> None:
        event = machine.event(records.syscall(number, (*registers, "0", "0"), arch=arch))
        assert texts(event) == {"res": "0", **expected}

    @pytest.mark.parametrize(
        ("number", "arch", "registers", "expected"),
        [
            (PTRACE, "c000003e", ("10", "1f5", "0", "0"), {"request": "PTRACE_ATTACH", "addr": "0", "data": "0"}),
            (
                PTRACE,
                "c000003e",
                ("4206", "1f5", "0", "100000"),
                {"request": "PTRACE_SEIZE", "addr": "0", "data": "100000"},
            ),
            (PTRACE, "c000003e", ("2", "1f5", "7ffdab", "7ffe"), {"request": "PTRACE_PEEKDATA", "addr": "7FFDAB"}),
            (26, I386, ("7", "1f5", "0", "9"), {"request": "PTRACE_CONT", "addr": "0", "data": "SIGKILL"}),
            (26, I386, ("c", "1f5", "0", "ab"), {"request": "PTRACE_GETREGS", "addr": "0", "data": "AB"}),
            (PTRACE, "c000003e", ("9999", "1f5", "0", "0"), {"request": "PTRACE_UNKNOWN", "addr": "0", "data": "0"}),
        ],
    )
    def test_tracing(
        self, machine: Any, records: Any, texts: Any, number: int, arch: str, registers: Any, expected: Any
    ) -> None:
        event = machine.event(records.syscall(number, registers, arch=arch), met(501, "victim"))
        assert texts(event) == {"res": "0", "pid": "victim", **expected}

    @pytest.mark.parametrize(
        ("number", "arch", "registers", "expected"),
        [
            (310, "c000003e", ("1f5", "7ffd"), {"pid": "501"}),
            (348, I386, ("1f5", "7ffd"), {"pid": "501"}),
            (97, "c000003e", ("7", "7ffd"), {"resource": "RLIMIT_NOFILE"}),
            (75, I386, ("4", "7ffd"), {"resource": "RLIMIT_CORE"}),
            (302, "c000003e", ("0", "7", "7ffd"), {"pid": "0", "resource": "RLIMIT_NOFILE"}),
            (302, "c000003e", ("0", "63", "7ffd"), {"pid": "0", "resource": "RLIMIT_UNKNOWN"}),
            (272, "c000003e", ("10020000",), {"flags": "CLONE_NEWNS|CLONE_NEWUSER"}),
            (308, "c000003e", ("5", "0"), {"fd": "5", "nstype": "0"}),
            (346, I386, ("5", "40000000"), {"fd": "5", "nstype": "CLONE_NEWNET"}),
        ],
    )
    def test_calls_told_by_their_registers(
        self, machine: Any, records: Any, texts: Any, number: int, arch: str, registers: Any, expected: Any
    ) -> None:
        event = machine.event(records.syscall(number, (*registers, "0", "0", "0")[:4], arch=arch))
        assert texts(event) == {"res": "0", **expected}
