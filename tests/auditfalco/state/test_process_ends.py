"""Ends of processes and of their threads, told late or out of turn, and pids used again in between."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.model.process import Process
from auditfalco.state.processes import ProcessTable

START = 1_700_000_000_000_000_000
MS = 1_000_000
PARENT, PID, THREAD, CHILD = 100, 200, 201, 300


def at(ms: int) -> int:
    """Nanoseconds since the epoch, `ms` milliseconds after the tests' own beginning."""
    return START + ms * MS


@pytest.fixture
def process(table: ProcessTable, proc: Any) -> Process:
    """A process that was forked at 10."""
    proc.run(PARENT)
    table.forked(PARENT, PID, at(10))
    found = table.alive(PID)
    assert found is not None
    return found


def test_an_end_told_after_the_pid_was_used_again_is_the_earlier_lifes(table: ProcessTable, process: Process) -> None:
    table.forked(PARENT, PID, at(30))
    later = table.alive(PID)
    assert (process.exit_ns, later is process) == (at(30), False)
    table.exited(PID, at(31), parent_pid=0)
    assert table.alive(PID) is later
    table.exited(PID, at(40), parent_pid=0)
    assert table.alive(PID) is None


def test_an_end_with_a_parent_is_no_reaped_processs(table: ProcessTable, process: Process) -> None:
    table.forked(PARENT, PID, at(30))
    table.exited(PID, at(31), parent_pid=PARENT)
    assert table.alive(PID) is None


def test_an_end_before_the_fork_of_the_life_is_not_its(table: ProcessTable, process: Process) -> None:
    table.exited(PID, at(9), parent_pid=PARENT)
    assert process.is_alive


def test_a_process_lives_on_while_a_thread_does(table: ProcessTable, process: Process) -> None:
    table.thread_started(PID, THREAD)
    table.exited(PID, at(20), parent_pid=PARENT)
    assert process.is_alive
    table.forked(PID, CHILD, at(25))
    table.thread_ended(PID, THREAD, at(30))
    assert process.exit_ns == at(30)


def test_a_thread_that_ends_does_not_end_its_process(table: ProcessTable, process: Process) -> None:
    table.thread_started(PID, THREAD)
    table.thread_ended(PID, THREAD, at(20))
    assert process.is_alive


@pytest.mark.parametrize("late", [False, True])
def test_a_thread_that_executes_goes_on_as_the_process(table: ProcessTable, process: Process, late: bool) -> None:
    table.thread_started(PID, THREAD)
    if not late:
        table.exited(PID, at(20), parent_pid=PARENT)
    table.executed(PID, at(21))
    if late:
        table.exited(PID, at(20), parent_pid=PARENT)
    assert (process.is_alive, process.leader_gone) == (True, False)
    table.thread_ended(PID, THREAD, at(22))
    assert process.is_alive
    table.exited(PID, at(50), parent_pid=PARENT)
    assert process.exit_ns == at(50)


def test_the_clock_was_set(table: ProcessTable, process: Process) -> None:
    table.executed(PID, at(20))
    table.clock_set(-3_600_000 * MS)
    assert (process.start_ns, process.pending[0].exec_ns) == (at(10 - 3_600_000), at(20 - 3_600_000))
    assert table.find(PID, at(30 - 3_600_000)) is process


def test_a_process_that_proc_showed_before_its_fork_was_read_is_one(table: ProcessTable, proc: Any) -> None:
    proc.run(PARENT)
    proc.run(PID, PARENT, "/usr/bin/made", start_ms=10)
    seen = table.obtain(PID, at(40))
    table.forked(PARENT, PID, at(15))
    assert (table.alive(PID), seen.start_ns, seen.previous) == (seen, at(15), None)
