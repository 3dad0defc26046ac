"""Descriptors as records tell of them: duplicates, forks, execs, bounds."""

from __future__ import annotations

import pytest

from auditfalco.model.descriptor import Descriptor
from auditfalco.model.process import FormerParent, Image, Process
from auditfalco.state.descriptors import KEPT_OF_A_PROCESS, DescriptorTable

START = 1_700_000_000_000_000_000
MS = 1_000_000


def running(pid: int, at_ms: int = 0, parent: Process | None = None, known: bool = True) -> Process:
    process = Process(pid, START + at_ms * MS, parent, Image())
    process.start_known = known
    return process


def at(ms: int) -> int:
    return START + ms * MS


def file(name: str) -> Descriptor:
    return Descriptor("file", name)


@pytest.fixture
def table() -> DescriptorTable:
    return DescriptorTable()


def names(table: DescriptorTable, process: Process) -> dict[int, str | None]:
    return {number: descriptor.name for number, descriptor in sorted(table.known(process).items())}


def test_duplicates_stand_for_one_file(table: DescriptorTable) -> None:
    process = running(1)
    table.opened(process, 3, file("old"), at(1))
    assert table.duplicated(process, 3, 0, at(2)) == file("old")
    table.changed(process, 0, file("new"), at(3))
    assert names(table, process) == {0: "new", 3: "new"}
    table.opened(process, 3, file("other"), at(4))
    assert names(table, process) == {0: "new", 3: "other"}


def test_a_duplicate_of_something_unknown_takes_the_number_from_what_had_it(table: DescriptorTable) -> None:
    process = running(1)
    table.opened(process, 0, file("tty"), at(1))
    assert table.duplicated(process, 7, 0, at(2)) is None
    assert names(table, process) == {}
    slot = table.slot(process, 0)
    assert slot is not None
    assert slot.file is None


def test_a_duplicate_of_itself_changes_nothing(table: DescriptorTable) -> None:
    process = running(1)
    table.opened(process, 3, file("x"), at(1), close_on_exec=True)
    assert table.duplicated(process, 3, 3, at(2)) == file("x")
    table.executed(process)
    assert names(table, process) == {}


def test_a_child_has_what_its_parent_had_at_the_fork(table: DescriptorTable) -> None:
    parent = running(1)
    table.opened(parent, 3, file("before"), at(1))
    table.opened(parent, 4, file("replaced"), at(1))
    child = running(2, 5, parent)
    # Records of the parent that come after the child was announced: one from before the fork, two from after it.
    table.opened(parent, 5, file("late"), at(4))
    table.opened(parent, 4, file("newer"), at(6))
    table.opened(parent, 6, file("after"), at(7))
    assert names(table, child) == {3: "before", 4: "replaced", 5: "late"}
    table.opened(parent, 7, file("much later"), at(4))
    assert 7 not in names(table, child)


def test_a_connection_made_after_the_fork_is_the_childs_too(table: DescriptorTable) -> None:
    parent = running(1)
    table.opened(parent, 3, file("socket"), at(1))
    child = running(2, 5, parent)
    assert names(table, child) == {3: "socket"}
    table.changed(child, 3, file("connected"), at(6))
    assert names(table, parent) == {3: "connected"}


def test_a_grandchild_has_it_through_a_parent_that_was_never_asked(table: DescriptorTable) -> None:
    first = running(1)
    table.opened(first, 3, file("x"), at(1))
    second = running(2, 5, first)
    third = running(3, 6, second)
    second.former = ()
    third.former = (FormerParent(at(7), at(7), second),)
    third.parent = running(9)
    assert names(table, third) == {3: "x"}


def test_without_a_fork_seen_a_number_used_twice_is_not_guessed(table: DescriptorTable) -> None:
    parent = running(1)
    table.opened(parent, 3, file("a"), at(1))
    table.opened(parent, 4, file("b"), at(1))
    table.opened(parent, 4, file("c"), at(2))
    assert names(table, running(2, 5, parent, known=False)) == {3: "a"}


def test_an_exec_closes_what_was_marked(table: DescriptorTable) -> None:
    process = running(1)
    table.opened(process, 3, file("kept"), at(1))
    table.opened(process, 4, file("gone"), at(1), close_on_exec=True)
    table.opened(process, 5, file("marked"), at(1))
    table.opened(process, 6, file("unmarked"), at(1), close_on_exec=True)
    table.marked(process, 5, True)
    table.marked(process, 6, False)
    table.duplicated(process, 4, 7, at(2))
    table.closed(process, 3, at(3))
    table.executed(process)
    assert names(table, process) == {6: "unmarked", 7: "gone"}
    assert len(table) == 2


def test_one_process_has_a_bound(table: DescriptorTable) -> None:
    process = running(1)
    for number in range(KEPT_OF_A_PROCESS + 44):
        table.opened(process, number, file(str(number)), at(1))
    assert (len(process.descriptors), len(table), table.evictions) == (KEPT_OF_A_PROCESS, KEPT_OF_A_PROCESS, 44)
    assert min(process.descriptors) == 44


def test_what_is_inherited_is_within_the_bound(table: DescriptorTable) -> None:
    parent = running(1)
    for number in range(KEPT_OF_A_PROCESS):
        table.opened(parent, number, file("x"), at(1))
    child = running(2, 5, parent)
    child.descriptors_inherited = True
    for number in range(1000, 1010):
        table.opened(child, number, file("own"), at(6))
    child.descriptors_inherited = False
    assert len(table.known(child)) == KEPT_OF_A_PROCESS
    assert len(table) == 2 * KEPT_OF_A_PROCESS
    assert table.evictions == 10


def test_all_processes_have_a_bound() -> None:
    table = DescriptorTable(capacity=10)
    processes = [running(pid) for pid in range(1, 6)]
    for process in processes:
        for number in range(3):
            table.opened(process, number, file("x"), at(1))
    assert [len(process.descriptors) for process in processes] == [0, 0, 3, 3, 3]
    assert (len(table), table.evictions) == (9, 6)
    table.forget(processes[4])
    assert len(table) == 6


def test_the_count_is_that_of_what_is_held(table: DescriptorTable) -> None:
    parent = running(1)
    for number in range(300):
        table.opened(parent, number % 20, file("x"), at(number))
    children = [running(pid, 400, parent) for pid in range(2, 12)]
    for child in children:
        table.opened(child, 3, file("own"), at(500))
        table.known(child)
        table.executed(child)
    assert len(table) == sum(len(process.descriptors) for process in [parent, *children]) == 220
    for process in [parent, *children]:
        table.forget(process)
    assert len(table) == 0
