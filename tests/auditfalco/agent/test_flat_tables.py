"""Tables and memory stay as they are however long it goes on; the benchmark of the same name tells a longer story."""

from __future__ import annotations

import gc
import tracemalloc

import flat_tables
import pytest

from auditfalco.state.counters import EVICTIONS, counters
from auditfalco.state.descriptors import DescriptorTable
from auditfalco.state.host import HostState

PROCESSES = 4_500
KEPT_STEPS = 5
"""The dead are kept for that many samples, of ten."""


@pytest.fixture
def short_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """The dead are kept for half of the story only."""
    step = PROCESSES // flat_tables.TENTHS * KEPT_STEPS * flat_tables.STEP_NS
    monkeypatch.setattr("auditfalco.state.lives.DEAD_KEPT_NS", step)


@pytest.mark.usefixtures("short_memory")
def test_sizes_and_memory_do_not_grow() -> None:
    def used() -> int:
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        samples = flat_tables.tell(PROCESSES, 3, used)
    finally:
        tracemalloc.stop()
    settled, last = samples[KEPT_STEPS + 1], samples[-1]
    for name in ("n_threads", "n_fds", "n_containers"):
        assert last.counters[name] <= settled.counters[name] * 1.05, name
    assert last.memory <= settled.memory * 1.05
    assert {name: last.counters[name] for name in EVICTIONS} == dict.fromkeys(EVICTIONS, 0)
    assert last.counters["n_added_threads"] - last.counters["n_removed_threads"] == last.counters["n_threads"]
    assert last.counters["n_added_threads"] > PROCESSES
    assert last.counters["n_failed_thread_lookups"] == 0


def test_a_full_table_counts_what_it_forgets() -> None:
    host = HostState("small")
    host.processes = type(host.processes)(None, host.containers, capacity=50)
    for pid in range(1, 101):
        host.processes.obtain(pid, pid)
    told = counters(host)
    assert (told["n_threads"], told["n_drops_full_threadtable"], told["n_removed_threads"]) == (50, 50, 50)


def test_every_eviction_has_a_counter() -> None:
    host = HostState("empty")
    assert set(EVICTIONS) <= counters(host).keys()
    assert not any(counters(host).values())
    assert isinstance(host.open_files.table, DescriptorTable)
