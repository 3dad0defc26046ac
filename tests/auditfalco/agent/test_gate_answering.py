"""Who waits at the gate is let go, whatever a look does."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from auditfalco.agent.gate.answering import MOST_STUCK, Answerers, Stuck
from auditfalco.agent.gate.examination import Awake
from kernel_sources.fanotify.permission import OPEN_EXEC_PERM, Request

PATIENCE = 10.0


class LittleGroup:
    """Stands in for the kernel: each byte in a pipe is somebody who waits."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.allowed: list[int] = []
        self.released: list[int] = []

    def fileno(self) -> int:
        return self.reading

    def ask(self, number: int) -> None:
        os.write(self.writing, bytes([number]))

    def read(self) -> list[Request]:
        try:
            data = os.read(self.reading, 1)
        except BlockingIOError:
            return []
        return [Request(OPEN_EXEC_PERM, byte, 1000 + byte) for byte in data]

    def allow(self, request: Request) -> bool:
        self.allowed.append(request.descriptor)
        return True

    def release(self, request: Request) -> None:
        self.released.append(request.descriptor)


@pytest.fixture
def group() -> Iterator[LittleGroup]:
    made = LittleGroup()
    yield made


def until(condition: Callable[[], bool], answerers: Answerers | None = None) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it has not come to pass"
        if answerers is not None:
            answerers.check()
        time.sleep(0.005)


def test_each_is_looked_at_and_let_go_once(group: LittleGroup) -> None:
    seen: list[int] = []
    answerers = Answerers(group, lambda request: seen.append(request.descriptor))  # type: ignore[arg-type]
    for number in (1, 2, 3):
        group.ask(number)
    until(lambda: len(group.released) == 3, answerers)
    assert seen == group.allowed == group.released == [1, 2, 3]
    assert (answerers.answered, answerers.late, answerers.failed) == (3, 0, 0)


def test_a_look_that_fails_holds_up_nobody(group: LittleGroup) -> None:
    def look(request: Request) -> None:
        raise ZeroDivisionError

    answerers = Answerers(group, look)  # type: ignore[arg-type]
    group.ask(1)
    group.ask(2)
    until(lambda: len(group.released) == 2)
    assert group.allowed == [1, 2]
    assert answerers.failed == 2


def test_who_is_not_asleep_is_looked_at_again(group: LittleGroup) -> None:
    looks: list[int] = []

    def look(request: Request) -> None:
        looks.append(request.descriptor)
        if request.descriptor == 1 and looks.count(1) < 3:
            raise Awake

    answerers = Answerers(group, look)  # type: ignore[arg-type]
    group.ask(1)
    group.ask(2)
    until(lambda: len(group.released) == 2, answerers)
    assert sorted(group.allowed) == [1, 2]
    assert looks.count(1) == 3
    assert answerers.failed == 0


def test_who_never_sleeps_is_let_go(group: LittleGroup) -> None:
    def look(request: Request) -> None:
        raise Awake

    answerers = Answerers(group, look)  # type: ignore[arg-type]
    group.ask(1)
    until(lambda: group.released == [1], answerers)
    assert group.allowed == [1]
    assert answerers.failed == 1


def test_who_waits_for_another_look_is_let_go_with_the_one_that_is_stuck(group: LittleGroup) -> None:
    go_on = threading.Event()

    def look(request: Request) -> None:
        if request.descriptor == 1:
            raise Awake
        go_on.wait(PATIENCE)

    answerers = Answerers(group, look)  # type: ignore[arg-type]
    group.ask(1)
    group.ask(2)
    until(lambda: sorted(group.allowed) == [1, 2], answerers)
    go_on.set()
    until(lambda: sorted(group.released) == [1, 2], answerers)
    assert sorted(group.allowed) == [1, 2]


def test_a_look_that_does_not_end_is_answered_for(group: LittleGroup) -> None:
    go_on = threading.Event()

    def look(request: Request) -> None:
        if request.descriptor == 1:
            go_on.wait(PATIENCE)

    answerers = Answerers(group, look)  # type: ignore[arg-type]
    group.ask(1)
    until(lambda: group.allowed == [1], answerers)
    group.ask(2)
    until(lambda: 2 in group.released, answerers)
    assert group.released == [2]  # the other's file is still in use
    go_on.set()
    until(lambda: 1 in group.released, answerers)
    assert sorted(group.allowed) == [1, 2]  # each once
    assert answerers.late == 1
    until(lambda: answerers.answered == 2, answerers)


def test_too_many_looks_that_do_not_end_are_told(group: LittleGroup) -> None:
    go_on = threading.Event()
    answerers = Answerers(group, lambda request: bool(go_on.wait(PATIENCE)) and None)  # type: ignore[arg-type,func-returns-value]

    def flood() -> bool:
        group.ask(len(group.allowed) + 1)
        answerers.check()
        return False

    try:
        with pytest.raises(Stuck):
            until(flood)
        assert answerers.late == MOST_STUCK + 1
    finally:
        go_on.set()
