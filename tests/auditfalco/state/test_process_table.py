"""The process table fed by the connector and by records, in the orders in which these really come."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.model.container import HOST
from auditfalco.model.process import Image, Process
from auditfalco.state.processes import ProcessTable

START = 1_700_000_000_000_000_000
MS = 1_000_000
SHELL, CHILD, GRANDCHILD = 100, 200, 300


def at(ms: int) -> int:
    """Nanoseconds since the epoch, `ms` milliseconds after the tests' own beginning."""
    return START + ms * MS


def names(table: ProcessTable, process: Process, ms: int) -> list[str | None]:
    """What the ancestors were called at a time, from the parent upwards."""
    return [table.image_at(ancestor, at(ms)).comm for ancestor in table.ancestors(process, at(ms))]


def describe(image: Image, exe: str, *arguments: str) -> None:
    """What an exec record writes into the image that it confirms."""
    image.filled = True
    image.exe_path = exe
    image.comm = exe.rpartition("/")[2]
    image.argv = [image.comm, *arguments]


def obtained(table: ProcessTable, pid: int, ms: int, ppid: int | None = None) -> Process:
    """The process to which a record of `pid` at that time belongs."""
    return table.obtain(pid, at(ms), ppid)


def test_a_fork_shares_the_image_and_inherits_the_rest(table: ProcessTable, proc: Any) -> None:
    proc.run(SHELL)
    shell = obtained(table, SHELL, 0)
    shell.cwd, shell.tty, shell.euid, shell.login_uid, shell.sid, shell.pgid = "/root", 34816, 0, 1000, 100, 100
    table.forked(SHELL, CHILD, at(10))
    child = obtained(table, CHILD, 11)
    assert child.image is shell.image
    assert child.parent is shell
    assert (child.cwd, child.tty, child.euid, child.login_uid, child.sid, child.pgid) == (
        "/root",
        34816,
        0,
        1000,
        100,
        100,
    )
    assert child.container is HOST
    assert child.key == (CHILD, at(10))
    assert shell.children == {CHILD: child}
    assert CHILD not in proc.looked_at


def test_the_record_of_an_exec_completes_the_image_that_the_connector_announced(table: ProcessTable, proc: Any) -> None:
    proc.run(SHELL)
    table.forked(SHELL, CHILD, at(10))
    table.executed(CHILD, at(20))
    child = obtained(table, CHILD, 19)
    assert child.name == "sh"
    image = table.confirm_exec(child, at(19))
    describe(image, "/usr/bin/id", "-u")
    assert child.image is image
    assert (child.name, child.image.exec_ns, child.pending) == ("id", at(20), [])
    shell = table.alive(SHELL)
    assert shell is not None
    assert shell.name == "sh"


def test_a_child_forked_between_the_exec_and_its_record_learns_what_was_executed(
    table: ProcessTable, proc: Any
) -> None:
    proc.run(SHELL)
    table.forked(SHELL, CHILD, at(10))
    table.executed(CHILD, at(20))
    table.forked(CHILD, GRANDCHILD, at(21))
    describe(table.confirm_exec(obtained(table, CHILD, 19), at(19)), "/usr/bin/make")
    assert obtained(table, GRANDCHILD, 22).name == "make"


def test_a_child_forked_before_the_exec_keeps_the_old_image(table: ProcessTable, proc: Any) -> None:
    proc.run(SHELL)
    table.forked(SHELL, CHILD, at(10))
    table.forked(CHILD, GRANDCHILD, at(15))
    table.executed(CHILD, at(20))
    describe(table.confirm_exec(obtained(table, CHILD, 19), at(19)), "/usr/bin/make")
    assert obtained(table, GRANDCHILD, 22).name == "sh"


def test_two_execs_are_confirmed_in_their_order(table: ProcessTable, proc: Any) -> None:
    proc.run(SHELL)
    table.forked(SHELL, CHILD, at(10))
    table.executed(CHILD, at(20))
    table.executed(CHILD, at(40))
    child = obtained(table, CHILD, 19)
    first = table.confirm_exec(child, at(19))
    describe(first, "/usr/bin/env")
    assert child.name == "env"
    second = table.confirm_exec(child, at(39))
    describe(second, "/usr/bin/python3")
    assert (first.exec_ns, second.exec_ns) == (at(20), at(40))
    assert child.name == "python3"
    assert child.pending == []


def test_an_exec_whose_record_was_lost_does_not_take_the_record_of_the_next(table: ProcessTable, proc: Any) -> None:
    proc.run(SHELL)
    table.forked(SHELL, CHILD, at(10))
    table.executed(CHILD, at(20))
    table.executed(CHILD, at(400))
    child = obtained(table, CHILD, 399)
    assert table.confirm_exec(child, at(399)).exec_ns == at(400)
    assert child.pending == []


def two_execs_within_a_tick(table: ProcessTable, proc: Any) -> Process:
    """A process that executed twice at nearly one moment; the time of either record is before both."""
    proc.run(SHELL)
    table.forked(SHELL, CHILD, at(10))
    table.executed(CHILD, at(20))
    table.executed(CHILD, at(21))
    return obtained(table, CHILD, 19)


def test_of_two_execs_within_a_tick_the_record_of_the_second_is_told_by_what_runs(
    table: ProcessTable, proc: Any
) -> None:
    child = two_execs_within_a_tick(table, proc)
    proc.run(CHILD, SHELL, "/usr/bin/second")
    image = table.confirm_exec(child, at(19), ["second", "-x"])
    assert (image.exec_ns, child.pending) == (at(21), [])


@pytest.mark.parametrize("argv", [["first", "-x"], None])
def test_of_two_execs_within_a_tick_the_record_of_the_first_comes_first(
    table: ProcessTable, proc: Any, argv: list[str] | None
) -> None:
    child = two_execs_within_a_tick(table, proc)
    proc.run(CHILD, SHELL, "/usr/bin/second")
    image = table.confirm_exec(child, at(19), argv)
    assert image.exec_ns == at(20)
    assert [pending.exec_ns for pending in child.pending] == [at(21)]


def test_an_exec_record_without_the_connector_makes_an_image_of_its_own(offline: ProcessTable) -> None:
    parent = obtained(offline, SHELL, 0)
    process = obtained(offline, CHILD, 1, ppid=SHELL)
    describe(process.image, "/bin/sh")
    before = process.image
    image = offline.confirm_exec(process, at(5))
    assert image is not before
    assert (image.filled, image.exec_ns, process.image) == (False, at(5), image)
    assert process.parent is parent


def test_an_unconfirmed_exec_counts_for_events_of_descendants(table: ProcessTable, proc: Any) -> None:
    proc.run(SHELL)
    table.forked(SHELL, CHILD, at(10))
    proc.run(CHILD, SHELL, "/usr/sbin/cron")
    table.executed(CHILD, at(20))
    table.forked(CHILD, GRANDCHILD, at(30))
    grandchild = obtained(table, GRANDCHILD, 31)
    assert names(table, grandchild, 31) == ["cron", "sh"]


def test_an_exec_that_lies_in_the_future_of_an_event_does_not_count(table: ProcessTable, proc: Any) -> None:
    proc.run(SHELL)
    table.forked(SHELL, CHILD, at(10))
    table.forked(CHILD, GRANDCHILD, at(12))
    table.executed(CHILD, at(500))
    assert names(table, obtained(table, GRANDCHILD, 20), 20) == ["sh", "sh"]


def test_a_rename_counts_from_its_time_on_and_until_an_exec(table: ProcessTable, proc: Any) -> None:
    proc.run(SHELL)
    shell = obtained(table, SHELL, 0)
    table.renamed(SHELL, "harmless", at(10))
    table.executed(SHELL, at(30))
    describe(table.confirm_exec(shell, at(30)), "/usr/bin/id")
    assert [table.image_at(shell, at(ms)).comm for ms in (9, 10, 29, 30)] == ["sh", "harmless", "harmless", "id"]


def test_a_session_leader_leads_its_group_too(table: ProcessTable, proc: Any) -> None:
    proc.run(SHELL)
    table.forked(SHELL, CHILD, at(10))
    proc.run(CHILD, SHELL)
    table.session_started(CHILD)
    child = obtained(table, CHILD, 12)
    assert (child.sid, child.pgid) == (CHILD, CHILD)


def test_events_about_processes_never_seen(offline: ProcessTable) -> None:
    offline.executed(SHELL, at(1))
    offline.exited(CHILD, at(1))
    offline.renamed(CHILD, "x", at(1))
    offline.session_started(CHILD)
    offline.forked(GRANDCHILD, 301, at(2))
    assert offline.find(CHILD, at(2)) is None
    unknown = obtained(offline, 301, 3)
    assert unknown.parent is not None
    assert unknown.parent.pid == GRANDCHILD
    assert (unknown.name, unknown.container, unknown.image.filled) == (None, None, False)


def test_first_sight_reads_the_process_and_its_ancestors(table: ProcessTable, proc: Any) -> None:
    proc.run(1, 0, "/sbin/init")
    proc.run(SHELL, 1, "/bin/login")
    proc.run(CHILD, SHELL, "/bin/bash")
    child = obtained(table, CHILD, 5)
    assert names(table, child, 5) == ["login", "init"]
    assert child.container is HOST


def test_a_record_names_the_parent_where_nothing_else_does(offline: ProcessTable) -> None:
    child = obtained(offline, CHILD, 5, ppid=SHELL)
    assert child.parent is offline.find(SHELL, at(5))
    assert offline.alive(SHELL) is child.parent


def test_pid_zero_is_nobodys_parent(offline: ProcessTable) -> None:
    init = obtained(offline, 1, 5, ppid=0)
    offline.set_parent(init, 0, at(6))
    assert init.parent is None
    assert offline.find(0, at(6)) is None


def test_a_process_does_not_become_its_own_parent(offline: ProcessTable) -> None:
    odd = obtained(offline, CHILD, 5, ppid=CHILD)
    assert odd.parent is None
