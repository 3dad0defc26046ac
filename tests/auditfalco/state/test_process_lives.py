"""One pid, several lives; late records; the bound on what is remembered."""

from __future__ import annotations

from typing import Any

from auditfalco.state.containers import ContainerTable
from auditfalco.state.processes import DEAD_KEPT_NS, ProcessTable

START = 1_700_000_000_000_000_000
MS = 1_000_000
PARENT, PID = 100, 200


def at(ms: int) -> int:
    """Nanoseconds since the epoch, `ms` milliseconds after the tests' own beginning."""
    return START + ms * MS


def test_records_go_to_the_life_in_which_they_were_made(table: ProcessTable, proc: Any) -> None:
    proc.run(PARENT)
    table.forked(PARENT, PID, at(100))
    table.exited(PID, at(200))
    table.forked(PARENT, PID, at(300))
    first, second = table.find(PID, at(150)), table.find(PID, at(350))
    assert first is not None
    assert second is not None
    assert (first.start_ns, first.is_alive) == (at(100), False)
    assert (second.start_ns, second.is_alive) == (at(300), True)
    assert table.alive(PID) is second
    assert table.find(PID, at(250)) is None


def test_a_record_may_seem_older_than_its_process_by_a_tick_of_the_coarse_clock(table: ProcessTable, proc: Any) -> None:
    proc.run(PARENT)
    table.forked(PARENT, PID, at(100))
    child = table.alive(PID)
    assert table.find(PID, at(91)) is child
    assert table.find(PID, at(80)) is None


def test_where_two_lives_fit_the_parent_decides(table: ProcessTable, proc: Any) -> None:
    proc.run(PARENT)
    proc.run(101)
    table.forked(PARENT, PID, at(100))
    table.exited(PID, at(200))
    table.forked(101, PID, at(204))
    earlier, later = table.find(PID, at(199), PARENT), table.find(PID, at(199), 101)
    assert earlier is not None
    assert later is not None
    assert (earlier.start_ns, later.start_ns) == (at(100), at(204))
    assert table.find(PID, at(199), 999) is earlier


def test_a_late_record_of_the_dead_finds_it(table: ProcessTable, proc: Any) -> None:
    proc.run(PARENT)
    table.forked(PARENT, PID, at(100))
    table.exited(PID, at(101))
    process = table.obtain(PID, at(100), PARENT)
    assert (process.start_ns, process.exit_ns) == (at(100), at(101))
    assert process.parent is table.alive(PARENT)


def test_the_dead_are_forgotten_after_a_while(table: ProcessTable, proc: Any) -> None:
    proc.run(PARENT)
    table.forked(PARENT, PID, at(100))
    table.forked(PARENT, 201, at(100))
    table.exited(PID, at(200))
    table.exited(201, at(200) + DEAD_KEPT_NS)
    assert table.find(PID, at(150)) is not None
    table.forked(PARENT, 202, at(300))
    table.exited(202, at(201) + DEAD_KEPT_NS)
    assert table.find(PID, at(150)) is None
    assert table.find(201, at(150)) is not None


def test_forgetting_an_earlier_life_leaves_the_present_one(table: ProcessTable, proc: Any) -> None:
    proc.run(PARENT)
    table.forked(PARENT, PID, at(0))
    table.exited(PID, at(1))
    table.forked(PARENT, PID, at(2))
    table.forked(PARENT, 999, at(3))
    table.exited(999, at(3) + DEAD_KEPT_NS)
    present = table.alive(PID)
    assert present is not None
    assert (present.start_ns, present.previous) == (at(2), None)


def test_a_fork_into_a_pid_whose_exit_was_missed_ends_the_earlier_life(table: ProcessTable, proc: Any) -> None:
    proc.run(PARENT)
    table.forked(PARENT, PID, at(100))
    missed = table.alive(PID)
    assert missed is not None
    table.forked(PARENT, PID, at(300))
    assert missed.exit_ns == at(300)
    assert table.find(PID, at(150)) is missed


def test_an_old_record_of_an_unknown_life_does_not_end_the_living_one(offline: ProcessTable) -> None:
    offline.forked(PARENT, PID, at(5000))
    living = offline.alive(PID)
    unknown = offline.obtain(PID, at(1000))
    assert unknown is not living
    assert offline.alive(PID) is living
    assert offline.find(PID, at(5010)) is living
    assert offline.find(PID, at(1000)) is unknown


def test_a_process_that_started_after_the_record_is_not_its_author(table: ProcessTable, proc: Any) -> None:
    proc.run(PID, exe="/usr/bin/innocent", start_ms=5000)
    process = table.obtain(PID, at(1000))
    assert (process.name, process.start_ns) == (None, at(1000))


def test_a_second_exit_changes_nothing(table: ProcessTable, proc: Any) -> None:
    proc.run(PARENT)
    table.forked(PARENT, PID, at(100))
    table.exited(PID, at(101))
    table.exited(PID, at(150))
    process = table.find(PID, at(101))
    assert process is not None
    assert process.exit_ns == at(101)


def test_the_dead_keep_their_descriptors_for_late_records(table: ProcessTable, proc: Any) -> None:
    proc.run(PARENT)
    table.forked(PARENT, PID, at(100))
    child, parent = table.alive(PID), table.alive(PARENT)
    assert child is not None
    assert parent is not None
    child.descriptors[3] = None  # type: ignore[assignment]
    table.exited(PID, at(101))
    assert (list(child.descriptors), parent.children) == ([3], {})
    table.forked(PARENT, 999, at(102))
    table.exited(999, at(103) + DEAD_KEPT_NS)
    assert child.descriptors == {}


def test_the_table_is_bounded_and_forgets_the_dead_first(proc: Any) -> None:
    table = ProcessTable(None, ContainerTable(None), capacity=10)
    for pid in range(1, 11):
        table.obtain(pid, at(pid))
    table.exited(7, at(20))
    table.obtain(11, at(21))
    assert (len(table), table.evictions) == (10, 1)
    assert table.find(7, at(10)) is None
    table.obtain(12, at(22))
    assert (len(table), table.evictions) == (10, 2)
    assert table.find(1, at(10)) is None
    assert table.find(12, at(22)) is not None


def test_the_bound_counts_every_life_of_a_pid() -> None:
    table = ProcessTable(None, ContainerTable(None), capacity=50)
    for moment in range(0, 20_000, 10):
        table.forked(PARENT, PID, at(moment))
        table.exited(PID, at(moment + 1))
    lives = 0
    process = table.find(PID, at(19_990))
    while process is not None:
        lives += 1
        process = process.previous
    assert lives <= 50
    assert len(table) == lives + 1


def test_who_did_what_is_read_after_its_end(table: ProcessTable, proc: Any) -> None:
    """fanotify tells who, and whether that had ended when it was read; not when it was."""
    proc.run(PARENT)
    table.forked(PARENT, PID, at(100))
    table.exited(PID, at(200))
    table.forked(PARENT, PID, at(210))
    first, second = table.find(PID, at(150)), table.find(PID, at(350))
    assert table.seen(PID, at(230), gone=True) is first
    assert table.seen(PID, at(230), gone=False) is second
    assert table.seen(PID, at(205) - 12 * MS, gone=None) is first
    assert table.seen(PID, at(5000), gone=True) is second  # whose end has not been told yet


def test_who_was_never_seen_is_known_by_its_number(table: ProcessTable) -> None:
    assert table.seen(4242, at(100), gone=True).pid == 4242
