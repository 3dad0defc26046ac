"""What every record tells of its process, whatever the call: names, users, terminal, parent."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.normalise import terminal

GETPID, EXECVE = 39, 59
START = 1_700_000_000_000_000_000
MS = 1_000_000


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("pts0", 34816),
        ("pts7", 34823),
        ("pts255", 35071),
        ("pts300", (136 << 8) | 44 | (256 << 12)),
        ("tty1", 1025),
        ("tty63", 1087),
        ("ttyS0", 1088),
        ("ttyS1", 1089),
        ("ttyUSB0", 48128),
        ("hvc0", 58624),
        (None, 0),
    ],
)
def test_the_number_of_a_terminal(name: str | None, number: int) -> None:
    assert terminal.number(name) == number


@pytest.mark.parametrize("name", ["console", "pts", "ptsx", "ttyS", "", "pts0\n", "(unknown)"])
def test_an_unknown_terminal_is_not_none(name: str) -> None:
    assert terminal.number(name) == 1


def test_users_and_session(machine: Any, records: Any) -> None:
    event = machine.event(
        records.syscall(GETPID, auid=1000, ses=7, uid=1, euid=2, fsuid=4, gid=5, egid=6, fsgid=8, tty="tty1")
    )
    process = event.process
    assert (process.uid, process.euid, process.fsuid) == (1, 2, 4)
    assert (process.gid, process.egid, process.fsgid) == (5, 6, 8)
    assert (process.login_uid, process.session_id, process.tty) == (1000, 7, 1025)


def test_a_login_that_was_never_set(machine: Any, records: Any) -> None:
    process = machine.event(records.syscall(GETPID)).process
    assert (process.login_uid, process.session_id, process.tty) == (-1, None, 0)


def test_a_process_seen_for_the_first_time_is_named_by_its_record(machine: Any, records: Any) -> None:
    process = machine.event(records.syscall(GETPID, comm="nginx", exe="/usr/sbin/nginx")).process
    assert (process.name, process.image.exe_path, process.image.argv) == ("nginx", "/usr/sbin/nginx", None)
    assert process.parent.pid == 400


def test_a_name_that_was_changed_is_believed_the_file_stays(machine: Any, records: Any) -> None:
    machine.event(records.syscall(EXECVE, comm="evil", exe="/tmp/evil"), records.execve("evil", "-x"))
    process = machine.event(records.syscall(GETPID, comm="sshd", exe="/tmp/evil")).process
    assert (process.name, process.image.comm, process.image.exe_path) == ("sshd", "evil", "/tmp/evil")
    assert process.image.argv == ["evil", "-x"]


def test_an_exec_that_went_unseen_shows_in_the_next_record(machine: Any, records: Any) -> None:
    machine.event(records.syscall(EXECVE, comm="sh", exe="/bin/sh"), records.execve("sh"))
    process = machine.event(records.syscall(GETPID, comm="nc", exe="/bin/nc")).process
    assert (process.name, process.image.exe_path, process.image.argv) == ("nc", "/bin/nc", None)


def test_a_fork_that_no_record_tells_of_runs_what_its_parent_does(machine: Any, records: Any) -> None:
    parent = machine.event(
        records.syscall(EXECVE, pid=400, ppid=1, comm="sh", exe="/bin/sh"), records.execve("sh", "/opt/job")
    ).process
    child = machine.event(records.syscall(GETPID, comm="sh", exe="/bin/sh")).process
    assert child.image is parent.image
    assert child.image.argv == ["sh", "/opt/job"]


def test_an_exec_without_record_is_told_by_the_next_call(machine: Any, records: Any) -> None:
    machine.event(records.syscall(EXECVE, comm="sh", exe="/bin/sh"), records.execve("sh"))
    machine.host.processes.executed(500, START + 50 * MS)
    process = machine.event(records.syscall(GETPID, comm="nc", exe="/bin/nc"), at_ms=60).process
    assert (process.name, process.image.exe_path, process.pending) == ("nc", "/bin/nc", [])


def test_a_call_made_before_an_exec_that_is_known_already(machine: Any, records: Any) -> None:
    machine.event(records.syscall(EXECVE, comm="sh", exe="/bin/sh"), records.execve("sh"))
    machine.host.processes.executed(500, START + 50 * MS)
    before = machine.event(records.syscall(GETPID, comm="sh", exe="/bin/sh"), at_ms=40).process
    assert (before.name, before.image.exe_path) == ("sh", "/bin/sh")
    after = machine.event(records.syscall(EXECVE, comm="nc", exe="/bin/nc"), records.execve("nc"), at_ms=50).process
    assert (after.name, after.image.exe_path, after.image.argv) == ("nc", "/bin/nc", ["nc"])


def test_a_process_is_called_as_its_own_record_says_and_others_see_the_name_it_had(machine: Any, records: Any) -> None:
    process = machine.event(records.syscall(GETPID, comm="sh", exe="/bin/sh")).process
    machine.host.processes.renamed(500, "other", START + 10 * MS)
    assert process.name == "sh"
    assert [machine.host.image(process, START + ms * MS).comm for ms in (9, 10)] == ["sh", "other"]
    machine.event(records.syscall(GETPID, comm="other", exe="/bin/sh"), at_ms=11)
    assert process.name == "other"


def test_a_dead_process_keeps_its_descriptors_to_itself(machine: Any, records: Any) -> None:
    first = machine.event(
        records.syscall(257, ("ffffff9c", "0", "0", "0"), exit=3), records.cwd("/"), records.path(0, "/x")
    ).process
    assert list(first.descriptors) == [3]
    machine.host.processes.exited(500, START + 20 * MS)
    machine.host.processes.forked(400, 500, START + 30 * MS)
    second = machine.event(records.syscall(GETPID), at_ms=31).process
    assert second is not first
    assert second.descriptors == {}


def test_events_are_numbered_and_know_their_records(machine: Any, records: Any) -> None:
    first = machine.event(records.syscall(GETPID), at_ms=5)
    machine.maybe((1327, "proctitle=6964"))
    second = machine.event(records.syscall(GETPID), at_ms=6)
    assert (first.number, second.number, second.serial) == (1, 2, 3)
    assert first.time_ns == START + 5 * MS
    assert first.record_types == ("SYSCALL", "EOE")
    assert machine.host.first_time_ns == first.time_ns
