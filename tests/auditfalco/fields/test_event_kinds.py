"""evt.*: which event it is, and what its type says of it."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.model import descriptor as kinds
from auditfalco.model.descriptor import Descriptor
from auditfalco.model.event import Argument, Event

START = 1_700_000_000_000_000_000


def made(type: str, result: int | None = None, kind: str | None = None, name: str = "", number: int = 4) -> Event:
    """An event, with a descriptor if `kind` is given."""
    event = Event(type, START)
    event.result = result
    if kind is not None:
        event.fd_number, event.descriptor = number, Descriptor(kind, name)
    return event


@pytest.mark.parametrize(
    ("type", "kind", "category"),
    [
        ("openat", None, "file"),
        ("connect", kinds.IPV4, "net"),
        ("msgget", None, "other"),
        ("shmat", None, "other"),
        ("mmap", kinds.FILE, "memory"),
        ("execve", None, "process"),
        ("kill", None, "signal"),
        ("nanosleep", None, "sleep"),
        ("poll", None, "wait"),
        ("signalfd", kinds.SIGNAL, "signal"),
        ("eventfd", kinds.EVENT, "IPC"),
        ("umask", None, "other"),
        ("a_call_of_next_year", None, "other"),
        ("read", kinds.FILE, "file"),
        ("read", kinds.DIRECTORY, "file"),
        ("write", kinds.IPV6, "net"),
        ("close", kinds.PIPE, "ipc"),
        ("write", kinds.UNIX, "ipc"),
        ("read", kinds.EVENT, "ipc"),
        ("read", kinds.EVENTPOLL, "unknown"),
        ("read", None, "unknown"),
    ],
)
def test_categories(read: Any, type: str, kind: str | None, category: str) -> None:
    assert read("evt.category", made(type, 0, kind)) == category


def test_a_descriptor_that_was_not_opened_has_no_class(read: Any) -> None:
    assert read("evt.category", made("read", -9, kinds.FILE, number=-1)) == "unknown"


@pytest.mark.parametrize(
    ("type", "dir", "is_async", "is_syscall"),
    [
        ("openat", "<", False, True),
        ("umask", "<", False, True),
        ("a_call_of_next_year", "<", False, True),
        ("procexit", ">", False, False),
        ("signaldeliver", ">", False, False),
        ("notification", ">", True, False),
        ("useradded", ">", True, False),
        ("pluginevent", ">", False, False),
    ],
)
def test_calls_and_other_events(read: Any, type: str, dir: str, is_async: bool, is_syscall: bool) -> None:
    event = made(type)
    assert (read("evt.dir", event), read("evt.is_async", event)) == (dir, is_async)
    assert read("evt.count.exit", event) == (1 if dir == "<" else None)
    assert (read("evt.type", event), read("syscall.type", event)) == (type, type if is_syscall else None)
    assert read("evt.count", event) == 1


def test_an_asynchronous_event_goes_by_its_own_name(read: Any) -> None:
    event = made("asyncevent")
    event.arguments["name"] = Argument("sample", "sample")
    assert (read("evt.type", event), read("evt.asynctype", event)) == ("sample", "sample")
    assert read("evt.asynctype", made("openat")) is None


def test_type_is(read: Any) -> None:
    assert (read("evt.type.is.openat", made("openat")), read("evt.type.is.open", made("openat"))) == (1, 0)


@pytest.mark.parametrize(("type", "process", "thread"), [("procinfo", 0, 1), ("openat", 0, 0)])
def test_summaries_of_processes(read: Any, type: str, process: int, thread: int) -> None:
    event = made(type)
    assert (read("evt.count.procinfo", event), read("evt.count.threadinfo", event)) == (process, thread)


IO = ("evt.is_io", "evt.is_io_read", "evt.is_io_write", "evt.io_dir", "evt.is_wait")


@pytest.mark.parametrize(
    ("type", "values"),
    [
        ("read", [True, True, False, "read", False]),
        ("pwritev", [True, False, True, "write", False]),
        ("recvfrom", [True, True, False, "read", False]),
        ("copy_file_range", [True, True, True, "write", False]),
        ("openat", [False, False, False, None, False]),
        ("poll", [False, False, False, None, True]),
        ("a_call_of_next_year", [False, False, False, None, False]),
    ],
)
def test_input_and_output(read: Any, type: str, values: list[Any]) -> None:
    assert [read(field, made(type)) for field in IO] == values


@pytest.mark.parametrize(
    ("type", "kind", "name", "syslog"),
    [
        ("write", kinds.UNIX, "/dev/log", True),
        ("sendto", kinds.UNIX, "ffff->ffff /run/dev/log", True),
        ("write", kinds.FILE, "/var/log/messages", False),
        ("read", kinds.UNIX, "/dev/log", False),
        ("write", None, "", False),
    ],
)
def test_syslog(read: Any, type: str, kind: str | None, name: str, syslog: bool) -> None:
    assert read("evt.is_syslog", made(type, 0, kind, name)) is syslog


LENGTHS = ("", ".in", ".out", ".file", ".file.in", ".file.out", ".net", ".net.in", ".net.out")


@pytest.mark.parametrize(
    ("type", "result", "kind", "told"),
    [
        ("read", 5, kinds.FILE, {"", ".in", ".file", ".file.in"}),
        ("write", 5, kinds.FILE, {"", ".out", ".file", ".file.out"}),
        ("read", 5, kinds.IPV4, {"", ".in", ".net", ".net.in"}),
        ("write", 5, kinds.IPV6, {"", ".out", ".net", ".net.out"}),
        ("write", 5, kinds.UNIX, {"", ".out"}),
        ("write", 5, None, set()),
        ("read", -5, kinds.FILE, set()),
        ("openat", 5, kinds.FILE, set()),
    ],
)
def test_bytes_read_and_written(read: Any, type: str, result: int, kind: str | None, told: set[str]) -> None:
    lengths = {part: read(f"evt.buflen{part}", made(type, result, kind)) for part in LENGTHS}
    assert lengths == {part: 5 if part in told else None for part in LENGTHS}


COUNTS = ("file", "net", "memory", "other")


@pytest.mark.parametrize(
    ("type", "kind", "counted"),
    [
        ("read", kinds.FILE, {"file"}),
        ("fchmod", kinds.DIRECTORY, {"file"}),
        ("connect", kinds.IPV4, {"net"}),
        ("write", kinds.UNIX, {"net"}),
        ("write", kinds.PIPE, {"other"}),
        ("openat", None, {"file"}),
        ("connect", None, {"net"}),
        ("brk", None, {"memory"}),
        ("mmap", kinds.FILE, {"file", "memory"}),
        ("mmap", kinds.EVENT, {"memory", "other"}),
        ("kill", None, {"other"}),
    ],
)
def test_failures_by_what_the_call_is_on(read: Any, type: str, kind: str | None, counted: set[str]) -> None:
    for result, count in ((-1, 1), (0, 0)):
        counts = {what: read(f"evt.count.error.{what}", made(type, result, kind)) for what in COUNTS}
        assert counts == {what: count if what in counted else None for what in COUNTS}


@pytest.mark.parametrize("type", ["getsockname", "umask", "procexit"])
def test_no_result_no_failure(read: Any, type: str) -> None:
    event = made(type, -1)
    fields = ["evt.res", "evt.rawres", "evt.failed", "evt.count.error", *(f"evt.count.error.{what}" for what in COUNTS)]
    assert [read(field, event) for field in fields] == [None] * len(fields)
