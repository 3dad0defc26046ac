"""Process groups: every form of setpgid(2), with /proc and without, on the host and in a pid namespace."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.model.container import HOST, Container
from auditfalco.model.process import Process
from auditfalco.state.groups import ProcessGroups
from auditfalco.state.processes import ProcessTable

START = 1_700_000_000_000_000_000
MS = 1_000_000
SHELL, FIRST, SECOND, THIRD = 100, 201, 202, 203


def at(ms: int) -> int:
    """Nanoseconds since the epoch, `ms` milliseconds after the tests' own beginning."""
    return START + ms * MS


class Family:
    """A shell in its own group, and children of it; nothing of /proc is shown unless the test says so."""

    def __init__(self, table: ProcessTable, groups: ProcessGroups, container: Container) -> None:
        self.table = table
        self.groups = groups
        self.shell = table.obtain(SHELL, at(0))
        self.shell.container = container
        self.shell.pgid = SHELL

    def fork(self, pid: int, ms: int, parent: int = SHELL) -> Process:
        """Let the shell (or another) fork."""
        self.table.forked(parent, pid, at(ms))
        child = self.table.alive(pid)
        assert child is not None
        return child


@pytest.fixture
def on_host(offline: ProcessTable) -> Family:
    family = Family(offline, ProcessGroups(offline, None), HOST)
    family.shell.vpgid = SHELL
    return family


@pytest.fixture
def in_container(offline: ProcessTable) -> Family:
    """The shell has number 7 in its pid namespace, its children 21, 22 and so on."""
    family = Family(offline, ProcessGroups(offline, None), Container("ab" * 32, "docker"))
    family.shell.vpid = family.shell.vpgid = 7
    return family


def test_a_group_is_inherited(on_host: Family) -> None:
    child = on_host.fork(FIRST, 1)
    assert on_host.groups.of(child) == SHELL


@pytest.mark.parametrize("arguments", [(0, 0), (0, FIRST), (FIRST, FIRST), (FIRST, 0)])
def test_a_process_makes_itself_a_leader(on_host: Family, arguments: tuple[int, int]) -> None:
    child = on_host.fork(FIRST, 1)
    on_host.groups.moved(child, *arguments, at(2))
    assert on_host.groups.of(child) == FIRST
    assert on_host.groups.of(on_host.shell) == SHELL


@pytest.mark.parametrize("arguments", [(FIRST, FIRST), (FIRST, 0)])
def test_a_shell_makes_its_child_a_leader(on_host: Family, arguments: tuple[int, int]) -> None:
    child = on_host.fork(FIRST, 1)
    on_host.groups.moved(on_host.shell, *arguments, at(2))
    assert on_host.groups.of(child) == FIRST
    assert on_host.groups.of(on_host.shell) == SHELL


def test_a_pipeline_on_the_host(on_host: Family) -> None:
    first, second = on_host.fork(FIRST, 1), on_host.fork(SECOND, 2)
    on_host.groups.moved(on_host.shell, FIRST, FIRST, at(3))
    on_host.groups.moved(on_host.shell, SECOND, FIRST, at(3))
    on_host.groups.moved(second, 0, FIRST, at(4))
    assert [on_host.groups.of(member) for member in (first, second)] == [FIRST, FIRST]


def test_a_child_goes_back_to_the_shells_group(on_host: Family) -> None:
    child = on_host.fork(FIRST, 1)
    on_host.groups.moved(child, 0, 0, at(2))
    on_host.groups.moved(child, 0, SHELL, at(3))
    assert on_host.groups.of(child) == SHELL


def test_moving_somebody_unknown_changes_nothing(on_host: Family) -> None:
    on_host.groups.moved(on_host.shell, 9999, 9999, at(2))
    assert on_host.groups.of(on_host.shell) == SHELL


def test_a_leader_in_a_pid_namespace_has_its_number_on_the_host(in_container: Family) -> None:
    child = in_container.fork(FIRST, 1)
    in_container.groups.moved(child, 0, 0, at(2))
    assert in_container.groups.of(child) == FIRST
    in_container.groups.moved(child, 21, 21, at(3))
    assert (in_container.groups.of(child), child.vpgid, child.vpid) == (FIRST, 21, 21)


def test_a_shell_in_a_pid_namespace_moves_a_child_whose_number_is_known(in_container: Family) -> None:
    child = in_container.fork(FIRST, 1)
    child.vpid = 21
    in_container.groups.moved(in_container.shell, 21, 21, at(2))
    assert (in_container.groups.of(child), child.vpgid) == (FIRST, 21)
    assert in_container.groups.of(in_container.shell) == SHELL


@pytest.mark.parametrize("first_is_dead", [False, True])
def test_a_pipeline_in_a_pid_namespace(in_container: Family, first_is_dead: bool) -> None:
    first = in_container.fork(FIRST, 1)
    in_container.groups.moved(first, 21, 21, at(2))
    if first_is_dead:
        in_container.table.exited(FIRST, at(3))
    second, third = in_container.fork(SECOND, 4), in_container.fork(THIRD, 4)
    in_container.groups.moved(second, 22, 21, at(5))
    in_container.groups.moved(third, 0, 21, at(5))
    assert [in_container.groups.of(member) for member in (first, second, third)] == [FIRST, FIRST, FIRST]
    assert (second.vpgid, third.vpgid) == (21, 21)


def test_a_child_in_a_pid_namespace_joins_the_group_of_its_parent(in_container: Family) -> None:
    child = in_container.fork(FIRST, 1)
    in_container.groups.moved(child, 0, 0, at(2))
    in_container.groups.moved(child, 0, 7, at(3))
    assert (in_container.groups.of(child), child.vpgid) == (SHELL, 7)


def test_a_group_of_unknown_leader_is_unknown_on_the_host(in_container: Family) -> None:
    child = in_container.fork(FIRST, 1)
    child.vpid = 21
    in_container.groups.moved(child, 0, 15, at(2))
    assert (in_container.groups.of(child), child.vpgid) == (None, 15)


def test_children_forked_before_the_call_was_known_move_too(on_host: Family) -> None:
    job = on_host.fork(FIRST, 1)
    inside = on_host.fork(SECOND, 5, parent=FIRST)
    on_host.groups.moved(job, 0, 0, at(3))
    assert on_host.groups.of(inside) == FIRST


def test_children_forked_before_the_call_stay(on_host: Family) -> None:
    job = on_host.fork(FIRST, 1)
    inside = on_host.fork(SECOND, 2, parent=FIRST)
    on_host.groups.moved(job, 0, 0, at(3))
    assert on_host.groups.of(inside) == SHELL


class TestWithProc:
    """/proc knows the group of whoever lives."""

    @pytest.fixture
    def groups(self, table: ProcessTable, proc: Any) -> ProcessGroups:
        return ProcessGroups(table, proc)

    def test_a_living_process_is_asked_once(self, table: ProcessTable, proc: Any, groups: ProcessGroups) -> None:
        proc.run(FIRST, pgid=777, vpid=21, vpgid=20)
        process = table.obtain(FIRST, at(1))
        assert (groups.of(process), process.vpid, process.vpgid) == (777, 21, 20)
        proc.stop(FIRST)
        assert groups.of(process) == 777

    def test_a_process_that_is_gone_keeps_what_it_inherited(
        self, table: ProcessTable, proc: Any, groups: ProcessGroups
    ) -> None:
        proc.run(SHELL, pgid=SHELL)
        shell = table.obtain(SHELL, at(0))
        groups.of(shell)
        table.forked(SHELL, FIRST, at(1))
        child = table.alive(FIRST)
        assert child is not None
        table.exited(FIRST, at(2))
        assert groups.of(child) == SHELL

    def test_children_that_died_before_the_record_move_with_their_parent(
        self, table: ProcessTable, proc: Any, groups: ProcessGroups
    ) -> None:
        proc.run(SHELL, pgid=SHELL)
        groups.of(table.obtain(SHELL, at(0)))
        table.forked(SHELL, FIRST, at(1))
        table.forked(FIRST, SECOND, at(5))
        job, inside = table.alive(FIRST), table.alive(SECOND)
        assert job is not None
        assert inside is not None
        proc.run(FIRST, SHELL, pgid=FIRST)
        groups.moved(job, 0, 0, at(3))
        assert (groups.of(job), groups.of(inside)) == (FIRST, FIRST)

    def test_proc_knows_a_group_whose_leader_the_calls_do_not_tell(
        self, table: ProcessTable, proc: Any, groups: ProcessGroups
    ) -> None:
        inside = "/docker/" + "ab" * 32
        proc.run(SHELL, cgroup=inside, pgid=SHELL, vpid=7, vpgid=7)
        proc.run(FIRST, SHELL, cgroup=inside, pgid=150, vpid=21, vpgid=15)
        process = table.obtain(FIRST, at(1))
        groups.moved(process, 0, 15, at(2))
        assert (groups.of(process), process.vpgid) == (150, 15)

    def test_a_shell_finds_its_child_by_the_number_in_the_namespace(
        self, table: ProcessTable, proc: Any, groups: ProcessGroups
    ) -> None:
        inside = "/docker/" + "ab" * 32
        proc.run(SHELL, cgroup=inside, pgid=SHELL, vpid=7, vpgid=7)
        shell = table.obtain(SHELL, at(0))
        table.forked(SHELL, FIRST, at(1))
        table.forked(SHELL, SECOND, at(1))
        proc.run(FIRST, SHELL, cgroup=inside, pgid=FIRST, vpid=21, vpgid=21)
        proc.run(SECOND, SHELL, cgroup=inside, pgid=SHELL, vpid=22, vpgid=7)
        groups.moved(shell, 21, 21, at(2))
        first, second = table.alive(FIRST), table.alive(SECOND)
        assert first is not None
        assert second is not None
        assert (groups.of(first), groups.of(second)) == (FIRST, SHELL)
