"""What a process ran at a time: after it has executed something else, and where another's image may be inherited."""

from __future__ import annotations

from typing import Any

from auditfalco.model.process import Image, Process
from auditfalco.state.images import IMAGES_KEPT, NAMES_KEPT
from auditfalco.state.processes import ProcessTable

START = 1_700_000_000_000_000_000
MS = 1_000_000
PARENT, PID, CHILD = 100, 200, 300


def at(ms: int) -> int:
    """Nanoseconds since the epoch, `ms` milliseconds after the tests' own beginning."""
    return START + ms * MS


def living(table: ProcessTable, pid: int) -> Process:
    process = table.alive(pid)
    assert process is not None
    return process


def execute(table: ProcessTable, pid: int, ms: int, name: str) -> Image:
    """An exec, and its record."""
    table.executed(pid, at(ms))
    image = table.confirm_exec(living(table, pid), at(ms))
    image.filled, image.comm, image.argv, image.exe_path = True, name, [name], f"/bin/{name}"
    return image


def test_an_image_that_was_replaced_is_found_at_its_time(table: ProcessTable, proc: Any) -> None:
    proc.run(PARENT)
    table.forked(PARENT, PID, at(10))
    execute(table, PID, 20, "first")
    execute(table, PID, 30, "second")
    process = living(table, PID)
    assert [table.image_at(process, at(ms)).comm for ms in (15, 25, 35)] == ["sh", "first", "second"]


def test_only_so_many_images_are_kept_and_earlier_ones_are_unknown(table: ProcessTable, proc: Any) -> None:
    proc.run(PARENT)
    table.forked(PARENT, PID, at(10))
    for number in range(1, 40):
        execute(table, PID, 10 + number, f"p{number}")
    process = living(table, PID)
    assert len(process.past) <= IMAGES_KEPT
    shown = [table.image_at(process, at(10 + number)).comm for number in range(1, 40)]
    known = [name for name in shown if name is not None]
    assert known == [f"p{number}" for number in range(40 - len(known), 40)]
    assert len(known) >= IMAGES_KEPT


def test_only_so_many_names_are_kept_and_earlier_ones_are_unknown(table: ProcessTable, proc: Any) -> None:
    proc.run(PARENT)
    table.obtain(PARENT, at(0))
    for number in range(1, 40):
        table.renamed(PARENT, f"n{number}", at(number))
    process = living(table, PARENT)
    assert len(process.names) <= NAMES_KEPT
    assert (table.image_at(process, at(5)).comm, table.image_at(process, at(39)).comm) == (None, "n39")


def test_a_change_within_the_span_of_an_event_leaves_it_open(table: ProcessTable, proc: Any) -> None:
    proc.run(PARENT)
    table.forked(PARENT, PID, at(10))
    execute(table, PID, 20, "first")
    process = living(table, PID)
    assert table.image_at(process, at(15), at(25)).comm is None
    table.renamed(PID, "other", at(30))
    changed = table.image_at(process, at(29), at(31))
    assert (changed.comm, changed.exe_path) == (None, "/bin/first")


def test_a_child_of_a_parent_with_a_child_that_runs_something_else_may_be_that_ones(
    table: ProcessTable, proc: Any
) -> None:
    proc.run(PARENT)
    table.forked(PARENT, PID, at(10))
    execute(table, PID, 20, "maker")
    table.forked(PARENT, CHILD, at(30))
    child = living(table, CHILD)
    assert table.image_at(child, at(35)).comm is None
    proc.run(CHILD, PARENT, "/bin/maker", start_ms=30)
    assert table.image_at(child, at(35)).comm == "maker"
    assert not child.doubtful


def test_without_such_a_child_a_fork_is_its_parents(table: ProcessTable, proc: Any) -> None:
    proc.run(PARENT)
    table.forked(PARENT, PID, at(10))
    execute(table, PID, 20, "maker")
    table.exited(PID, at(25), PARENT)
    table.forked(PARENT, CHILD, at(30))
    assert table.image_at(living(table, CHILD), at(35)).comm == "sh"


def test_what_proc_showed_too_close_to_an_exec_is_not_believed(table: ProcessTable, proc: Any) -> None:
    proc.run(PARENT)
    table.forked(PARENT, PID, at(-2000))
    table.executed(PID, at(-1500))
    proc.run(PID, PARENT, "/bin/next")
    assert table.image_at(living(table, PID), at(-1400)).comm == "next"
    table.executed(PID, at(-995))  # /proc was read at -1000
    assert table.image_at(living(table, PID), at(-1400)).comm is None
