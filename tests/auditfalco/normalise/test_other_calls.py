"""Kernel modules, groups and sessions; calls told by their name alone."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.model.container import HOST

FINIT_MODULE, SETPGID, SETSID = 313, 109, 112
OPENAT = 257
CWD = "ffffff9c"


def texts(event: Any) -> dict[str, str]:
    """The event's arguments as they print."""
    return {name: argument.text for name, argument in event.arguments.items()}


def open_as(machine: Any, records: Any, number: int, name: str) -> None:
    """Let the process open a file and get this descriptor."""
    machine.event(
        records.syscall(OPENAT, (CWD, "55d0", "0", "0"), exit=number), records.cwd("/"), records.path(0, name)
    )


class TestModules:
    def test_a_module_from_a_file(self, machine: Any, records: Any) -> None:
        open_as(machine, records, 3, "/lib/modules/evil.ko")
        event = machine.event(records.syscall(FINIT_MODULE, ("3", "55d0", "3", "0")), (1330, "name=evil"))
        assert (event.fd_number, event.descriptor.name) == (3, "/lib/modules/evil.ko")
        assert texts(event) == {
            "res": "0",
            "fd": "<f>/lib/modules/evil.ko",
            "flags": "MODULE_INIT_IGNORE_MODVERSIONS|MODULE_INIT_IGNORE_VERMAGIC",
        }

    def test_a_module_from_an_unknown_file(self, machine: Any, records: Any) -> None:
        event = machine.event(records.syscall(FINIT_MODULE, ("ffffffff", "55d0", "0", "0"), exit=-9))
        assert (event.fd_number, event.descriptor) == (-1, None)
        assert texts(event)["res"] == "EBADF"


class TestGroups:
    def test_a_process_makes_itself_a_leader(self, machine: Any, records: Any) -> None:
        event = machine.event(records.syscall(SETPGID, ("0", "0", "0", "0")))
        assert texts(event) == {"res": "0", "pid": "0", "pgid": "0"}
        assert machine.host.process_group(event.process) == 500

    def test_a_shell_moves_its_child(self, machine: Any, records: Any) -> None:
        shell = machine.event(records.syscall(SETSID, pid=400, ppid=1)).process
        shell.container = HOST
        machine.host.processes.forked(400, 500, shell.start_ns)
        machine.event(records.syscall(SETPGID, ("1f4", "1f4", "0", "0"), pid=400, ppid=1))
        child = machine.host.processes.alive(500)
        assert [machine.host.process_group(process) for process in (shell, child)] == [400, 500]

    def test_a_failed_call_changes_nothing(self, machine: Any, records: Any) -> None:
        event = machine.event(records.syscall(SETPGID, ("0", "ffffffff", "0", "0"), exit=-22))
        assert texts(event) == {"res": "EINVAL", "pid": "0", "pgid": "-1"}
        assert event.process.pgid is None

    def test_a_session(self, machine: Any, records: Any) -> None:
        event = machine.event(records.syscall(SETSID, exit=500))
        assert (event.process.sid, machine.host.process_group(event.process)) == (500, 500)
        assert (event.arguments["res"].value, event.arguments["res"].text) == (500, "cat")
        failed = machine.event(records.syscall(SETSID, exit=-1, pid=501))
        assert (failed.process.sid, failed.arguments["res"].text) == (None, "EPERM")


class TestByNameAlone:
    @pytest.mark.parametrize(
        ("number", "arch", "name"),
        [(34, "c000003e", "pause"), (39, "c000003e", "getpid"), (29, "40000003", "pause")],
    )
    def test_a_call_without_a_normaliser(self, machine: Any, records: Any, number: int, arch: str, name: str) -> None:
        event = machine.event(records.syscall(number, exit=-13, arch=arch))
        assert (event.type, event.result, event.arguments) == (name, -13, {})
        assert (event.fd_number, event.descriptor, event.open_flags) == (None, None, None)

    def test_a_call_that_never_returned(self, machine: Any, records: Any) -> None:
        event = machine.event(records.syscall(231, exit=None))
        assert (event.type, event.result) == ("exit_group", None)

    @pytest.mark.parametrize(("number", "arch"), [(99999, "c000003e"), (59, "deadbeef")])
    def test_a_call_or_machine_without_a_name_is_counted(
        self, machine: Any, records: Any, number: int, arch: str
    ) -> None:
        assert machine.maybe(records.syscall(number, arch=arch)) is None
        assert machine.normaliser.skipped == 1

    def test_records_about_no_call_are_counted(self, machine: Any, records: Any) -> None:
        assert machine.maybe((1327, "proctitle=6964")) is None
        assert machine.normaliser.skipped == 1


class TestSocketcall:
    """One call of the 32-bit table stands for all calls about sockets; a record tells their arguments."""

    def test_the_call_that_was_meant(self, machine: Any, records: Any) -> None:
        event = machine.event(
            records.syscall(102, ("3", "ffd0", "0", "0"), arch="40000003"), (1304, "nargs=3 a0=4 a1=ffd8 a2=10")
        )
        assert (event.type, event.result) == ("connect", 0)

    @pytest.mark.parametrize("chosen", ["0", "15", "ffffffff"])
    def test_a_call_that_there_is_not(self, machine: Any, records: Any, chosen: str) -> None:
        event = machine.event(
            records.syscall(102, (chosen, "0", "0", "0"), exit=-22, arch="40000003"), (1304, "nargs=1 a0=0")
        )
        assert event.type == "socketcall"

    def test_a_call_whose_arguments_are_lost(self, machine: Any, records: Any) -> None:
        event = machine.event(records.syscall(102, ("3", "ffd0", "0", "0"), arch="40000003"))
        assert (event.type, dict(event.arguments)) == ("socketcall", {})
