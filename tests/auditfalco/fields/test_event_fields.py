"""evt.* on events made from audit records, against Falco's semantics."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.model.event import Event

START = 1_700_000_000_000_000_000
CWD = "ffffff9c"
OPEN, CREAT, OPENAT, RENAME, INIT_MODULE, COPY_FILE_RANGE, GETPID, CONNECT = 2, 85, 257, 82, 175, 326, 39, 42


def opened(machine: Any, records: Any, flags: str, mode: str = "0", result: int = 3, nametype: str = "NORMAL") -> Event:
    """The event of openat("/tmp/x", flags, mode)."""
    event: Event = machine.event(
        records.syscall(OPENAT, (CWD, "55d0", flags, mode), exit=result),
        records.cwd("/root"),
        records.path(0, "/tmp/x", nametype=nametype, inode=7),
    )
    return event


@pytest.mark.parametrize(
    ("result", "res", "failed", "count"),
    [(0, "SUCCESS", False, 0), (3, "SUCCESS", False, 0), (-2, "ENOENT", True, 1), (-38, "ENOSYS", True, 1)],
)
def test_results(read: Any, machine: Any, records: Any, result: int, res: str, failed: bool, count: int) -> None:
    event = opened(machine, records, "0", result=result)
    assert (read("evt.res", event), read("evt.rawres", event), read("evt.failed", event)) == (res, result, failed)
    assert read("evt.count.error", event) == count


def test_a_module_on_a_kernel_without_modules(read: Any, machine: Any, records: Any) -> None:
    event = machine.event(records.syscall(INIT_MODULE, ("1", "2", "3", "0"), exit=-38))
    assert (read("evt.type", event), read("evt.res", event), read("evt.arg.res", event)) == (
        "init_module",
        "ENOSYS",
        "ENOSYS",
    )


def test_an_error_without_a_name_is_a_number(read: Any, machine: Any, records: Any) -> None:
    assert read("evt.res", opened(machine, records, "0", result=-4000)) == "-4000"


@pytest.mark.parametrize("number", [GETPID, 231])
def test_calls_that_falco_knows_by_name_alone_have_no_result(
    read: Any, machine: Any, records: Any, number: int
) -> None:
    event = machine.event(records.syscall(number, exit=None if number == 231 else 0))
    assert [read(f"evt.{name}", event) for name in ("res", "rawres", "failed", "count.error")] == [None] * 4
    assert (read("evt.args", event), read("evt.arg[0]", event)) == ("", None)


def test_a_call_that_falco_knows_has_one(read: Any, machine: Any, records: Any) -> None:
    assert read("evt.res", machine.event(records.syscall(CONNECT, exit=-111))) == "ECONNREFUSED"


READ, WRITE, CREATE, EXEC = "evt.is_open_read", "evt.is_open_write", "evt.is_open_create", "evt.is_open_exec"


@pytest.mark.parametrize(
    ("flags", "mode", "result", "nametype", "true_ones"),
    [
        ("0", "0", 3, "NORMAL", {READ}),
        ("0", "0", -13, "NORMAL", {READ}),
        ("1", "0", 3, "NORMAL", {WRITE}),
        ("2", "0", 3, "NORMAL", {READ, WRITE}),
        ("241", "1b6", 3, "NORMAL", {WRITE}),
        ("241", "1b6", 3, "CREATE", {WRITE, CREATE}),
        ("241", "1ed", 3, "CREATE", {WRITE, CREATE, EXEC}),
        ("241", "1ed", 3, "NORMAL", {WRITE, EXEC}),
        ("0", "1ed", 3, "NORMAL", {READ}),
        ("410002", "1c0", 3, "NORMAL", {READ, WRITE, CREATE, EXEC}),
        ("410002", "180", -95, "NORMAL", {READ, WRITE}),
    ],
)
def test_how_a_file_is_opened(
    read: Any, machine: Any, records: Any, flags: str, mode: str, result: int, nametype: str, true_ones: set[str]
) -> None:
    event = opened(machine, records, flags, mode, result, nametype)
    assert {field for field in (READ, WRITE, CREATE, EXEC) if read(field, event)} == true_ones


def test_creat_neither_reads_nor_writes_for_falco(read: Any, machine: Any, records: Any) -> None:
    event = machine.event(
        records.syscall(CREAT, ("55d0", "1ed", "0", "0"), exit=3), records.path(0, "/tmp/x", nametype="CREATE")
    )
    assert [read(field, event) for field in (READ, WRITE, CREATE, EXEC)] == [False, False, False, True]


def test_every_other_event_opens_nothing(read: Any, machine: Any, records: Any) -> None:
    event = machine.event(records.syscall(GETPID))
    assert [read(field, event) for field in (READ, WRITE, CREATE, EXEC)] == [False] * 4


def test_arguments_by_name_and_by_position(read: Any, machine: Any, records: Any) -> None:
    event = opened(machine, records, "241", "1a4", nametype="CREATE")
    by_name = [read(f"evt.arg.{name}", event) for name in ("fd", "dirfd", "name", "flags", "mode", "dev", "ino")]
    assert by_name == [read(f"evt.arg[{index}]", event) for index in range(7)]
    assert by_name[:3] == ["<f>/tmp/x", "AT_FDCWD", "/tmp/x"]
    assert by_name[3:] == ["O_TRUNC|O_CREAT|O_WRONLY|O_F_CREATED", "0644", "801", "7"]
    assert [read(f"evt.arg[{index}]", event) for index in (7, -1, 99)] == [None] * 3
    assert read("evt.arg.oldpath", event) is None


def test_raw_arguments_keep_their_type(read: Any, machine: Any, records: Any) -> None:
    event = opened(machine, records, "241", "1a4", nametype="CREATE")
    assert (read("evt.rawarg.fd", event), read("evt.rawarg.dirfd", event)) == (3, -100)
    assert (read("evt.rawarg.mode", event), read("evt.rawarg.dev", event)) == (0o644, 0x801)
    assert read("evt.rawarg.res", event) is None


def test_positions_are_falcos_even_where_an_argument_is_unknown(read: Any, machine: Any, records: Any) -> None:
    event = machine.event(records.syscall(COPY_FILE_RANGE, ("3", "0", "4", "0"), exit=10))
    shown = [read(f"evt.arg[{index}]", event) for index in range(6)]
    assert shown == ["10", "4", None, "3", None, None]


def test_all_arguments_as_one_text(read: Any, machine: Any, records: Any) -> None:
    event = opened(machine, records, "241", "1a4", nametype="CREATE")
    shown = (
        "fd=3(<f>/tmp/x) dirfd=-100(AT_FDCWD) name=/tmp/x flags=16646(O_TRUNC|O_CREAT|O_WRONLY|O_F_CREATED)"
        " mode=0644 dev=801 ino=7"
    )
    assert read("evt.args", event) == read("evt.info", event) == shown


def test_a_failure_in_the_arguments(read: Any, machine: Any, records: Any) -> None:
    event = opened(machine, records, "0", result=-2, nametype="UNKNOWN")
    assert read("evt.args", event).startswith("fd=-2(ENOENT) dirfd=-100(AT_FDCWD) name=/tmp/x flags=1(O_RDONLY) mode=0")


def test_times(read: Any, machine: Any, records: Any) -> None:
    machine.event(records.syscall(GETPID))
    event = machine.event(records.syscall(GETPID), at_ms=2500)
    host = machine.host
    assert read("evt.rawtime", event, host) == START + 2_500_000_000
    assert read("evt.rawtime.s", event, host) == 1_700_000_002
    assert read("evt.rawtime.ns", event, host) == 500_000_000
    assert read("evt.time", event, host) == read("evt.time.iso8601", event, host) == START + 2_500_000_000
    assert read("evt.reltime", event, host) == 2_500_000_000
    assert (read("evt.reltime.s", event, host), read("evt.reltime.ns", event, host)) == (2, 500_000_000)


def test_what_is_the_same_for_every_event(read: Any, machine: Any, records: Any) -> None:
    event = machine.event(records.syscall(GETPID))
    constant = {
        "evt.source": "syscall",
        "evt.is_async": False,
        "evt.dir": "<",
        "evt.hostname": "testbox",
        "evt.latency": 0,
        "evt.latency.s": 0,
        "evt.count": 1,
        "evt.count.exit": 1,
        "evt.num": 1,
        "evt.type": "getpid",
        "syscall.type": "getpid",
    }
    assert {field: read(field, event) for field in constant} == constant


UNFILLED = ["evt.pluginname", "evt.buffer", "evt.asynctype", "fd.sip", "proc.env", "proc.env[HOME]", "container.mounts"]


@pytest.mark.parametrize("field", UNFILLED)
def test_a_field_that_no_source_fills_is_absent(read: Any, machine: Any, records: Any, field: str) -> None:
    assert read(field, machine.event(records.syscall(GETPID))) is None
