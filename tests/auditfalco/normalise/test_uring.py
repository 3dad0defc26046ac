"""Operations of io_uring: which event, with which names, whatever the order and the events that records come in.

The records are those of a Linux 6.18: an operation that io_uring_enter carries out itself is reported in that call's
event, one that a worker carries out in an event of its own, which lacks the names.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from auditfalco.agent.archive import Archive
from auditfalco.model import openflags
from auditfalco.model.container import HOST
from auditfalco.normalise.submissions import KEPT_NS, MOST_KEPT, UNKNOWN_DESCRIPTOR
from kernel_sources.procfs import ProcFS

URINGOP, SOCKADDR = 1336, 1306
ENTER, OPENAT = 426, 257
OPEN, OPEN2, RENAME, UNLINK, MKDIR, SYMLINK, LINK = 18, 28, 35, 36, 37, 38, 39
CONNECT, ACCEPT, BIND, SENDMSG, NOP = 16, 13, 56, 9, 0
LOOPBACK_80 = "020000507F0000010000000000000000"
MS = 1_000_000
START_NS = 1_700_000_000_000_000_000


def uringop(number: int, items: int = 0, exit: int = 0, pid: int = 500, uid: int = 0) -> tuple[int, str]:
    """A URINGOP record as the kernel writes it."""
    ids = " ".join(f"{name}={uid}" for name in ("uid", "gid", "euid", "suid", "fsuid", "egid", "sgid", "fsgid"))
    outcome = f"success={'no' if exit < 0 else 'yes'} exit={exit}"
    return URINGOP, f'uring_op={number} {outcome} items={items} ppid=400 pid={pid} {ids} key="auditfalco"'


def enter(records: Any, submitted: int = 1, **changes: object) -> Any:
    return records.syscall(ENTER, ("3", f"{submitted:x}", f"{submitted:x}", "1"), exit=submitted, **changes)


def events(machine: Any, *lines: Any, at_ms: int = 0) -> list[Any]:
    return machine.normaliser.events(machine.raw(*lines, at_ms=at_ms))


def shown(event: Any) -> dict[str, str]:
    return {name: argument.text for name, argument in event.arguments.items()}


def test_an_open_that_was_carried_out_at_once(machine: Any, records: Any) -> None:
    opened, entered = events(
        machine,
        uringop(OPEN, items=1),
        enter(records, comm="thief", exe="/opt/thief", auid=1000),
        records.cwd("/srv"),
        records.path(0, "/etc/shadow", inode=42, dev="fe:01"),
    )
    assert (opened.type, opened.io_uring, opened.result) == ("openat", True, 0)
    assert (entered.type, entered.io_uring, entered.result) == ("io_uring_enter", False, 1)
    assert opened.process is entered.process
    assert (opened.process.name, opened.process.login_uid) == ("thief", 1000)
    assert (opened.descriptor.name, opened.descriptor.kind) == ("/etc/shadow", "file")
    assert (opened.descriptor.device, opened.descriptor.inode) == ((254, 1), 42)
    assert opened.fd_number == UNKNOWN_DESCRIPTOR
    assert opened.open_flags == openflags.O_RDWR
    assert shown(opened) == {"name": "/etc/shadow", "dev": "FE01", "ino": "42"}
    assert (opened.number, entered.number) == (2, 1)


def test_an_open_by_a_worker_is_given_its_name_when_that_comes(machine: Any, records: Any) -> None:
    assert events(machine, uringop(OPEN)) == []
    opened, _ = events(
        machine, enter(records), records.cwd("/srv"), records.path(0, "/etc/shadow", inode=42, dev="fe:01")
    )
    assert (opened.type, opened.serial, opened.descriptor.name) == ("openat", 1, "/etc/shadow")
    assert (opened.descriptor.inode, opened.fd_number) == (42, UNKNOWN_DESCRIPTOR)


def test_a_name_that_comes_before_its_operation(machine: Any, records: Any) -> None:
    (entered,) = events(machine, enter(records), records.cwd("/"), records.path(0, "/etc/shadow", "UNKNOWN", None))
    assert entered.type == "io_uring_enter"
    (opened,) = events(machine, uringop(OPEN))
    assert (opened.descriptor.name, opened.fd_number, opened.result) == ("/etc/shadow", UNKNOWN_DESCRIPTOR, 0)


def test_a_name_that_led_to_nothing_is_no_success(machine: Any, records: Any) -> None:
    events(machine, uringop(OPEN))
    opened, _ = events(machine, enter(records), records.cwd("/"), records.path(0, "/etc/none", "UNKNOWN", None))
    assert (opened.descriptor.name, opened.fd_number, opened.result) == ("/etc/none", -1, None)


def test_an_open_by_the_rings_own_thread(machine: Any, records: Any) -> None:
    assert events(machine, uringop(NOP)) == []
    (opened,) = events(machine, uringop(OPEN2, items=1), records.cwd("/"), records.path(0, "/etc/shadow", inode=42))
    assert (opened.type, opened.descriptor.name) == ("openat2", "/etc/shadow")
    assert opened.fd_number == UNKNOWN_DESCRIPTOR


def test_what_the_first_try_could_not_do_is_one_event(machine: Any, records: Any) -> None:
    """An open whose directories are not cached is tried in io_uring_enter, then carried out by a worker."""
    assert events(machine, uringop(OPEN)) == []
    told = events(
        machine,
        uringop(OPEN, items=1, exit=-11),
        uringop(OPEN, items=2),
        enter(records, 2),
        records.cwd("/"),
        records.path(0, "/etc/cold", inode=7),
        records.path(1, "/etc/warm", inode=8),
    )
    assert [(event.serial, event.descriptor.name) for event in told if event.io_uring] == [
        (1, "/etc/cold"),
        (2, "/etc/warm"),
    ]


def test_operations_that_stand_alone_have_the_last_names(machine: Any, records: Any) -> None:
    told = events(
        machine,
        uringop(OPEN, items=1),
        uringop(OPEN2, items=3),
        enter(records, 3),
        records.cwd("/"),
        records.path(0, "/a", inode=7),
        records.path(1, "/removed/by/a/worker", "UNKNOWN", None),
        records.path(2, "/b", inode=9),
    )
    assert [(event.type, event.descriptor.name) for event in told if event.io_uring] == [
        ("openat", "/a"),
        ("openat2", "/b"),
    ]


def test_linked_operations_take_the_names_in_turn(machine: Any, records: Any) -> None:
    told = events(
        machine,
        uringop(OPEN, items=2),
        uringop(OPEN2, items=2),
        enter(records, 2),
        records.cwd("/"),
        records.path(0, "/a", inode=7),
        records.path(1, "/b", inode=9),
    )
    assert [(event.type, event.descriptor.name) for event in told if event.io_uring] == [
        ("openat", "/a"),
        ("openat2", "/b"),
    ]


def test_a_name_without_operation_is_not_taken_for_one_that_was_opened(machine: Any, records: Any) -> None:
    """statx takes a name and is never reported."""
    events(machine, uringop(OPEN))
    opened, _ = events(
        machine,
        enter(records, 2),
        records.cwd("/"),
        records.path(0, "/only/asked/about", "UNKNOWN", None),
        records.path(1, "/etc/shadow", inode=42),
    )
    assert opened.descriptor.name == "/etc/shadow"


def test_names_of_one_process_are_not_anothers(machine: Any, records: Any) -> None:
    events(machine, uringop(OPEN, pid=600))
    (entered,) = events(machine, enter(records), records.cwd("/"), records.path(0, "/etc/shadow", inode=42))
    assert entered.type == "io_uring_enter"
    (opened,) = machine.normaliser.close()
    assert (opened.process.pid, opened.descriptor.name) == (600, None)


def test_a_relative_name_is_not_guessed(machine: Any, records: Any) -> None:
    """No record tells whether it counts from the working directory or from a descriptor."""
    opened, _ = events(
        machine, uringop(OPEN, items=1), enter(records), records.cwd("/etc"), records.path(0, "shadow", inode=42)
    )
    assert (opened.descriptor.name, opened.descriptor.name_raw) == (None, "shadow")
    assert opened.arguments["name"].text == "shadow"
    assert opened.fd_number == UNKNOWN_DESCRIPTOR


def test_names_that_do_not_come_are_not_waited_for(machine: Any, records: Any) -> None:
    events(machine, uringop(OPEN, uid=33))
    assert events(machine, records.syscall(39), at_ms=KEPT_NS // MS)[0].type == "getpid"
    late, _ = events(machine, records.syscall(39, pid=501), at_ms=KEPT_NS // MS + 200)
    assert (late.type, late.io_uring, late.descriptor.name) == ("openat", True, None)
    assert (late.process.uid, late.fd_number, late.result) == (33, -1, None)


def test_names_that_come_late_are_told_all_the_same(machine: Any, records: Any) -> None:
    """The io_uring_enter waited for something else."""
    events(machine, uringop(OPEN))
    late = KEPT_NS // MS + 1
    nameless, _ = events(machine, records.syscall(39, pid=501), at_ms=late)
    assert nameless.descriptor.name is None
    opened, entered = events(
        machine, enter(records), records.cwd("/"), records.path(0, "/etc/shadow", inode=42), at_ms=late + 60_000
    )
    assert (opened.type, opened.serial, opened.descriptor.name) == ("openat", nameless.serial, "/etc/shadow")
    assert entered.type == "io_uring_enter"


def test_waiting_operations_are_bounded(machine: Any) -> None:
    told = [event for _ in range(MOST_KEPT + 3) for event in events(machine, uringop(OPEN))]
    assert (len(told), len(machine.normaliser.close())) == (3, MOST_KEPT)


def test_the_process_keeps_what_the_record_does_not_tell(machine: Any, records: Any) -> None:
    before = events(machine, records.syscall(39, tty="pts1", auid=1000, ses=7, uid=1000, euid=1000))[0].process
    (opened,) = events(machine, uringop(OPEN, items=1, uid=33), records.cwd("/"), records.path(0, "/x"))
    assert opened.process is before
    assert (before.login_uid, before.session_id, before.tty) == (1000, 7, 136 << 8 | 1)
    assert (before.name, before.image.exe_path) == ("cat", "/usr/bin/cat")
    assert (before.uid, before.fsuid, before.gid) == (33, 33, 33)


# What changes names: always carried out by a worker, unless by the ring's own thread.


def made_by_worker(records: Any, inode: int = 90, directory: int = 9) -> list[Any]:
    """The records of something made in a directory, as a worker's event has them."""
    return [
        records.cwd("/srv"),
        records.path(0, None, "PARENT", directory, mode="040755"),
        records.path(1, None, "CREATE", None),
        records.path(2, None, "PARENT", directory, mode="040755"),
        records.path(3, None, "CREATE", inode),
    ]


@pytest.mark.parametrize(
    ("operation", "event_type", "argument"), [(MKDIR, "mkdirat", "path"), (OPEN, "openat", "name")]
)
def test_what_a_worker_made_has_the_name_recorded_before(
    machine: Any, records: Any, operation: int, event_type: str, argument: str
) -> None:
    events(machine, enter(records), records.cwd("/srv"), records.path(0, "/tmp/new", "UNKNOWN", None))
    (made,) = events(machine, uringop(operation, items=4), *made_by_worker(records))
    assert (made.type, made.result, shown(made)[argument]) == (event_type, 0, "/tmp/new")
    if operation == OPEN:
        assert made.open_flags & (openflags.O_CREAT | openflags.O_F_CREATED)
        assert made.descriptor.inode == 90


def test_of_a_name_that_was_used_the_last_part_is_lost(machine: Any, records: Any) -> None:
    """Once a worker has looked it up, io_uring_enter's record shows the directory alone."""
    events(
        machine,
        uringop(UNLINK, items=2),
        records.cwd("/srv"),
        records.path(0, None, "PARENT", 9, mode="040755"),
        records.path(1, None, "DELETE", 90),
    )
    removed, _ = events(machine, enter(records), records.cwd("/srv"), records.path(0, "/tmp/", "PARENT", 9))
    assert (removed.type, removed.result, removed.arguments.get("name")) == ("unlinkat", 0, None)


def test_a_removal_on_an_overlay_is_about_the_overlay_s_file(
    machine: Any, records: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file in the upper layer, which it removes as well, is recorded behind (Linux 6.18)."""
    monkeypatch.setattr(machine.host.names, "by_number", lambda process, path: {(0, 39): "/etc/shadow"}.get(path.dev))
    events(
        machine,
        uringop(UNLINK, items=4),
        records.cwd("/"),
        records.path(0, None, "PARENT", 9, mode="040755", dev="00:27"),
        records.path(1, None, "DELETE", 90, dev="00:27"),
        records.path(2, None, "PARENT", 9, mode="040755", dev="fe:00"),
        records.path(3, None, "DELETE", 90, dev="fe:00"),
    )
    removed, _ = events(machine, enter(records), records.cwd("/"), records.path(0, "/etc/", "PARENT", 9, dev="00:27"))
    assert shown(removed)["name"] == "/etc/shadow"


def test_a_removal_that_found_nothing(machine: Any, records: Any) -> None:
    events(machine, uringop(UNLINK))
    failed, _ = events(machine, enter(records), records.cwd("/srv"), records.path(0, "/srv", "PARENT", 9))
    assert (failed.type, failed.result) == ("unlinkat", None)


def test_rename_link_and_symlink_by_the_rings_own_thread(machine: Any, records: Any) -> None:
    (renamed,) = events(
        machine,
        uringop(RENAME, items=6),
        records.cwd("/"),
        records.path(0, "/a/", "PARENT", 9),
        records.path(1, "/a/old", "DELETE", 90),
        records.path(2, "/b/", "PARENT", 10),
        records.path(3, "/b/new", "CREATE", None),
        records.path(4, "/b/", "PARENT", 10),
        records.path(5, "/b/new", "CREATE", 90),
    )
    assert (renamed.type, renamed.result) == ("renameat", 0)
    assert shown(renamed) == {"res": "0", "oldpath": "/a/old", "newpath": "/b/new"}
    (linked,) = events(
        machine,
        uringop(LINK, items=3),
        records.cwd("/"),
        records.path(0, "/etc/shadow", inode=42),
        records.path(1, "/tmp/", "PARENT", 9),
        records.path(2, "/tmp/link", "CREATE", 42),
    )
    assert (linked.type, shown(linked)["oldpath"], shown(linked)["newpath"]) == ("linkat", "/etc/shadow", "/tmp/link")
    (symlink,) = events(
        machine,
        uringop(SYMLINK, items=2),
        records.cwd("/"),
        records.path(0, "/tmp/", "PARENT", 9),
        records.path(1, "/tmp/sym", "CREATE", 91),
    )
    assert (symlink.type, shown(symlink)) == ("symlinkat", {"res": "0", "linkpath": "/tmp/sym"})


def test_the_target_of_a_symbolic_link_is_in_the_submission(machine: Any, records: Any) -> None:
    events(
        machine,
        enter(records),
        records.cwd("/"),
        records.path(0, "/etc/shadow", "UNKNOWN", None),
        records.path(1, "/tmp/sym", "UNKNOWN", None),
    )
    (made,) = events(machine, uringop(SYMLINK, items=4), *made_by_worker(records))
    assert (shown(made)["target"], shown(made)["linkpath"]) == ("/etc/shadow", "/tmp/sym")


# Connections.


def test_a_connection_is_one_event_when_it_is_begun(machine: Any, records: Any) -> None:
    told = events(
        machine,
        uringop(CONNECT, exit=-11),
        uringop(CONNECT),
        enter(records),
        (SOCKADDR, f"saddr={LOOPBACK_80}"),
    )
    (connected,) = [event for event in told if event.io_uring]
    assert (connected.type, connected.result, shown(connected)["res"]) == ("connect", -115, "EINPROGRESS")
    assert (connected.descriptor.kind, connected.descriptor.name) == ("ipv4", "->127.0.0.1:80")
    assert str(connected.descriptor.endpoints.server) == "127.0.0.1:80"
    assert connected.name_changed


def test_a_connection_by_a_worker(machine: Any, records: Any) -> None:
    assert events(machine, uringop(CONNECT, exit=-11)) == []
    assert events(machine, uringop(CONNECT)) == []
    connected, _ = events(machine, enter(records), (SOCKADDR, f"saddr={LOOPBACK_80}"))
    assert (connected.type, connected.descriptor.name) == ("connect", "->127.0.0.1:80")


def test_a_connection_by_the_rings_own_thread(machine: Any, records: Any) -> None:
    (connected,) = events(machine, uringop(CONNECT, exit=-11), (SOCKADDR, f"saddr={LOOPBACK_80}"))
    assert connected.descriptor.name == "->127.0.0.1:80"
    assert events(machine, uringop(CONNECT)) == []


def test_a_datagram_socket_is_connected_at_once(machine: Any, records: Any) -> None:
    connected, _ = events(machine, uringop(CONNECT), enter(records), (SOCKADDR, f"saddr={LOOPBACK_80}"))
    assert (connected.result, shown(connected)["res"]) == (0, "0")


def test_of_several_addresses_the_last_is_recorded(machine: Any, records: Any) -> None:
    first, second, _ = events(
        machine, uringop(CONNECT), uringop(CONNECT), enter(records, 2), (SOCKADDR, f"saddr={LOOPBACK_80}")
    )
    assert (first.descriptor, second.descriptor.name) == (None, "->127.0.0.1:80")


def test_the_sockets_of_accept_and_bind(machine: Any, records: Any) -> None:
    (accepted,) = events(machine, uringop(ACCEPT), (SOCKADDR, f"saddr={LOOPBACK_80}"))
    assert (accepted.type, accepted.descriptor.name) == ("accept", "127.0.0.1:80->")
    assert accepted.descriptor.endpoints.is_server
    assert events(machine, uringop(ACCEPT, exit=-11)) == []
    bound, _ = events(machine, uringop(BIND), enter(records), (SOCKADDR, f"saddr={LOOPBACK_80}"))
    assert (bound.type, bound.descriptor.name, shown(bound)["addr"]) == ("bind", "127.0.0.1:80", "127.0.0.1:80")


def test_messages_to_somebody(machine: Any, records: Any) -> None:
    (sent,) = events(machine, uringop(SENDMSG), (SOCKADDR, f"saddr={LOOPBACK_80}"))
    assert (sent.type, sent.descriptor.name, sent.name_changed) == ("sendmsg", "->127.0.0.1:80", True)
    (over_a_connection,) = events(machine, uringop(SENDMSG))
    assert over_a_connection.descriptor is None


def test_a_unix_address_is_no_name_of_a_file(machine: Any, records: Any) -> None:
    path = b"\x01\x00/run/x".hex().upper() + "00"
    connected, _ = events(
        machine,
        uringop(CONNECT, items=1),
        enter(records),
        (SOCKADDR, f"saddr={path}"),
        records.cwd("/"),
        records.path(0, "/run/x", "UNKNOWN", None),
    )
    assert (connected.descriptor.kind, connected.descriptor.name) == ("unix", "/run/x")
    (opened,) = [*events(machine, uringop(OPEN)), *machine.normaliser.close()]
    assert opened.descriptor.name is None


@pytest.mark.parametrize("operation", [NOP, 22, 40, 46, 200])
def test_operations_that_are_no_event(machine: Any, operation: int) -> None:
    assert events(machine, uringop(operation)) == []
    assert machine.normaliser.close() == []


def test_a_public_record(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    log.write_text(
        "type=URINGOP msg=audit(1677618568.199:288): uring_op=18 success=yes exit=0 items=1 ppid=1498 pid=1499 uid=0"
        " gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 subj=unconfined_u:unconfined_r:unconfined_t:s0"
        ' key="testsuite"\n'
        'type=CWD msg=audit(1677618568.199:288): cwd="/root/sources"\n'
        'type=PATH msg=audit(1677618568.199:288): item=0 name="/tmp/iouring.4.txt" inode=33 dev=00:22 mode=0100644'
        " ouid=0 ogid=0 rdev=00:00 nametype=NORMAL\n"
    )
    ((event, _),) = Archive([str(log)]).events()
    assert (event.type, event.process.pid, event.descriptor.name) == ("openat", 1499, "/tmp/iouring.4.txt")


# Live: what the records leave out is looked up.


@pytest.fixture
def live(machine_with: Any) -> Any:
    """The machine that the test runs on; the process of the records is this one."""
    return machine_with(ProcFS())


def own_path(records: Any, item: int, name: str | None, nametype: str, path: Path) -> Any:
    """A PATH record of a real file."""
    status = path.stat()
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}"
    return records.path(item, name, nametype, status.st_ino, dev=device, mode=f"0{status.st_mode:o}")


def own_events(live: Any, records: Any, *lines: Any) -> list[Any]:
    process = live.host.processes.obtain(os.getpid(), START_NS)
    process.container = HOST
    return events(live, *lines, at_ms=1)


def test_the_descriptor_and_its_flags_are_found(live: Any, records: Any, tmp_path: Path) -> None:
    file = tmp_path / "file"
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        opened, _ = own_events(
            live,
            records,
            uringop(OPEN, items=1, pid=os.getpid()),
            enter(records, pid=os.getpid()),
            records.cwd("/"),
            own_path(records, 0, str(file), "NORMAL", file),
        )
    finally:
        os.close(descriptor)
    assert (opened.fd_number, opened.result) == (descriptor, descriptor)
    assert shown(opened)["flags"] == "O_APPEND|O_WRONLY|O_CLOEXEC"
    assert opened.open_flags == openflags.O_WRONLY | openflags.O_APPEND | openflags.O_CLOEXEC
    assert shown(opened)["fd"] == f"<f>{file}"


def test_a_relative_name_is_believed_where_it_leads_to_the_file(live: Any, records: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "file").write_text("")
    directory = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        opened, _ = own_events(
            live,
            records,
            uringop(OPEN, items=1, pid=os.getpid()),
            enter(records, pid=os.getpid()),
            records.cwd(str(tmp_path / "elsewhere")),
            own_path(records, 0, "file", "NORMAL", tmp_path / "file"),
        )
    finally:
        os.close(directory)
    assert (opened.descriptor.name, opened.descriptor.name_raw) == (str(tmp_path / "file"), "file")


def test_what_was_made_is_found_in_its_directory(live: Any, records: Any, tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    lines = [
        records.cwd("/"),
        own_path(records, 0, None, "PARENT", tmp_path),
        own_path(records, 1, None, "CREATE", made),
    ]
    assert own_events(live, records, uringop(MKDIR, items=2, pid=os.getpid()), *lines) == []
    event, _ = own_events(
        live,
        records,
        enter(records, pid=os.getpid()),
        records.cwd("/"),
        own_path(records, 0, f"{tmp_path}/", "PARENT", tmp_path),
    )
    assert shown(event)["path"] == str(made)
