"""The queue between reader and engine: in order, bounded by what it holds."""

from __future__ import annotations

import queue
import threading

import pytest

from auditfalco.agent.waiting import Batch, WaitingBatches


def batch(records: int) -> Batch:
    return Batch([], [(1300, b"")] * records, False)


def test_batches_come_out_in_order() -> None:
    waiting = WaitingBatches()
    first, second = batch(2), batch(3)
    waiting.put(first)
    waiting.put(second)
    assert (waiting.size, waiting.qsize(), waiting.empty()) == (7, 2, False)
    assert waiting.get() is first
    assert waiting.get() is second
    assert (waiting.size, waiting.empty()) == (0, True)
    with pytest.raises(queue.Empty):
        waiting.get(timeout=0.01)


def test_who_adds_to_a_full_queue_is_held_up_until_there_is_room() -> None:
    waiting = WaitingBatches(capacity=10)
    waiting.put(batch(20))  # a single batch may be larger
    adder = threading.Thread(target=waiting.put, args=(batch(1),), daemon=True)
    adder.start()
    adder.join(0.05)
    assert (adder.is_alive(), waiting.qsize()) == (True, 1)
    waiting.get()
    adder.join(10)
    assert (adder.is_alive(), waiting.size) == (False, 2)


def test_who_waits_is_told() -> None:
    waiting, got = WaitingBatches(), []
    taker = threading.Thread(target=lambda: got.append(waiting.get(timeout=10)), daemon=True)
    taker.start()
    waiting.put(batch(1))
    taker.join(10)
    assert len(got) == 1
