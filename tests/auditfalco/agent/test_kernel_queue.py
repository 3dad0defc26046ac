"""The kernel's counter of lost records: which of them were lost to us."""

from __future__ import annotations

import pytest

from auditfalco.agent.kernel_queue import KernelQueue
from kernel_sources.audit.status import AuditStatus
from kernel_sources.errors import NoAnswer


def status(lost: int, rate_limit: int = 0, wait_time: int | None = 15000, waited: int | None = 5) -> AuditStatus:
    return AuditStatus(1, 1, 0, rate_limit, 8192, lost, 0, 127, wait_time, waited)


@pytest.mark.parametrize(
    ("before", "after", "dropped"),
    [
        (status(10), status(10), 0),
        (status(10), status(30, waited=6), 20),  # a full queue has held up somebody
        (status(10), status(30), 0),  # kept for a daemon that is not there
        (status(10), status(30, rate_limit=100), 20),
        (status(10, wait_time=0), status(30, wait_time=0), 20),  # a full queue holds nobody up
        (status(10, waited=None), status(30, waited=None), 20),  # before Linux 5.9
        (status(10), status(0, waited=6), 0),  # the counter was reset
    ],
)
def test_what_a_full_queue_or_the_rate_limit_dropped_counts(
    before: AuditStatus, after: AuditStatus, dropped: int
) -> None:
    answers = iter([before, after])
    kernel_queue = KernelQueue(lambda: next(answers))
    kernel_queue.look()
    assert kernel_queue.dropped == dropped


def test_losses_add_up() -> None:
    answers = iter([status(0), status(5, waited=6), status(9, waited=6), status(10, waited=7)])
    kernel_queue = KernelQueue(lambda: next(answers))
    found = []
    for _ in range(3):
        kernel_queue.look()
        found.append(kernel_queue.dropped)
    assert found == [5, 5, 6]


def test_an_answer_that_does_not_come_is_made_up_for_by_the_next() -> None:
    answers: list[AuditStatus | Exception] = [status(9, waited=9), NoAnswer("busy"), status(0)]

    def ask() -> AuditStatus:
        answer = answers.pop()
        if isinstance(answer, Exception):
            raise answer
        return answer

    kernel_queue = KernelQueue(ask)
    kernel_queue.look()
    assert kernel_queue.dropped == 0
    kernel_queue.look()
    assert kernel_queue.dropped == 9


def test_nothing_is_known_without_the_right_to_ask() -> None:
    kernel_queue = KernelQueue(lambda: None)
    kernel_queue.look()
    assert kernel_queue.dropped == 0
