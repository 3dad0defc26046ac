"""What is known of a pid beyond what the tables have been told."""

from __future__ import annotations

from collections.abc import Sequence

from auditfalco.agent.unapplied import Unapplied
from kernel_sources.connector import Comm, Exec, Exit, Fork, ProcessEvent, Sid

PID, PARENT = 200, 100


def exit_of(pid: int, tgid: int | None = None, parent: int = PARENT) -> Exit:
    return Exit(1, pid, tgid or pid, 0, 17, parent, parent)


def telling(*batches: Sequence[ProcessEvent]) -> Unapplied:
    """What knows of events that the kernel tells in so many readings."""
    left = list(batches)
    return Unapplied(lambda: left.pop(0) if left else ())


def test_an_end_counts_until_it_is_applied() -> None:
    ahead = telling([exit_of(PID)])
    assert (ahead.has_ended(PID), ahead.has_changed(PID), ahead.is_taken_again(PID)) == (True, True, False)
    assert ahead.last_parent(PID) == PARENT
    events = ahead.take()
    assert ahead.has_ended(PID)
    ahead.begin(events)
    assert ahead.has_ended(PID)
    ahead.position = 0
    assert (ahead.has_ended(PID), ahead.has_changed(PID), ahead.last_parent(PID)) == (False, False, None)


def test_an_exec_or_a_name_is_a_change_and_no_end() -> None:
    for event in (Exec(1, PID, PID), Comm(1, PID, PID, "x")):
        ahead = telling([event])
        assert (ahead.has_changed(PID), ahead.has_ended(PID)) == (True, False)


def test_a_fork_takes_the_pid_again() -> None:
    ahead = telling([exit_of(PID, parent=0), Fork(2, PARENT, PARENT, PID, PID), exit_of(PID)])
    assert (ahead.is_taken_again(PID), ahead.has_ended(PID)) == (True, True)
    assert ahead.last_parent(PID) is None


def test_threads_and_sessions_change_nothing() -> None:
    ahead = telling([Fork(1, PARENT, PARENT, 201, PID), exit_of(201, PID), Sid(1, PID, PID)])
    assert not (ahead.has_changed(PID) or ahead.has_changed(201))


def test_two_ends_of_one_pid_tell_their_parents_in_order() -> None:
    ahead = telling([exit_of(PID, parent=1)], [], [exit_of(PID, parent=2)])
    first = ahead.take()
    second = ahead.take()
    assert ahead.last_parent(PID) == 1
    ahead.begin(first)
    ahead.position = 0
    assert ahead.last_parent(PID) == 2
    ahead.begin(second)
    ahead.position = 0
    assert ahead.last_parent(PID) is None


def test_what_was_read_for_an_answer_is_taken_in_its_turn() -> None:
    first, second = exit_of(PID), exit_of(PARENT)
    ahead = telling([first], [second])
    assert ahead.has_ended(PID)
    assert ahead.take() == [first, second]
    assert ahead.take() == []


def test_events_that_nobody_took_are_ahead_of_each_other() -> None:
    ahead, events = Unapplied(), [Exec(1, PARENT, PARENT), exit_of(PID)]
    ahead.begin(events)
    ahead.position = 0
    assert (ahead.has_changed(PARENT), ahead.has_ended(PID)) == (False, True)
