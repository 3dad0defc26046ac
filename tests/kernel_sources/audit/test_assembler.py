"""Records put together to events: order, ends, time-outs, bounds and losses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kernel_sources.audit import assembler as module
from kernel_sources.audit.assembler import Assembler
from kernel_sources.audit.logfile import LogCount, read_log
from kernel_sources.audit.logline import parse_line
from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.audit.record import Record
from kernel_sources.audit.serials import Loss

SCENARIOS = ("normal", "lost_messages", "out_of_order", "rollover")


def record(type_name: str, serial: int, sec: int = 1000, milli: int = 0, node: str = "", body: str = "a=1") -> Record:
    prefix = f"node={node} " if node else ""
    return parse_line(f"{prefix}type={type_name} msg=audit({sec}.{milli:03}:{serial}): {body}".encode())


def feed(assembler: Assembler, *records: Record, now: float = 0.0) -> list[RawEvent]:
    return [event for one in records for event in assembler.feed(one, now)]


def shape(events: list[RawEvent]) -> list[tuple[int, int, bool]]:
    return [(event.serial, len(event.records), event.complete) for event in events]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_public_scenarios(scenario: str, cases: Path) -> None:
    name = f"go-libaudit_{scenario}.log"
    expected = json.loads((cases / "scenarios" / "EXPECT.json").read_text())[name]
    assembler, count = Assembler(), LogCount()
    events = []
    for one in read_log(str(cases / "scenarios" / name), count):
        events += assembler.feed(one, 0.0)
    events += assembler.close()
    assert [(event.serial, len(event.records)) for event in events] == [
        (event["serial"], event["records"]) for event in expected["events_in_order"]
    ]
    assert assembler.lost == expected["lost_by_serial_gap"]
    assert count.skipped == 0


def test_eoe_closes_an_event_at_once() -> None:
    assembler = Assembler()
    assert feed(assembler, record("SYSCALL", 1), record("PROCTITLE", 1)) == []
    assert shape(feed(assembler, record("EOE", 1))) == [(1, 3, True)]
    assert assembler.close() == []


def test_interleaved_events_come_out_as_they_are_completed() -> None:
    assembler = Assembler()
    events = feed(
        assembler, record("SYSCALL", 1), record("SYSCALL", 2), record("CWD", 1), record("EOE", 2), record("EOE", 1)
    )
    assert shape(events) == [(2, 2, True), (1, 3, True)]


@pytest.mark.parametrize("type_name", ["USER_LOGIN", "USER", "DAEMON_START", "KERNEL", "2500"])
def test_what_is_never_more_than_one_record_does_not_wait(type_name: str) -> None:
    assert shape(feed(Assembler(), record(type_name, 1))) == [(1, 1, True)]


@pytest.mark.parametrize("type_name", ["BPF", "CONFIG_CHANGE", "LOGIN", "SECCOMP", "SYSCALL", "AVC"])
def test_what_may_be_one_of_several_records_waits(type_name: str) -> None:
    assembler = Assembler()
    assert feed(assembler, record(type_name, 1)) == []
    assert shape(assembler.close()) == [(1, 1, False)]


def test_an_end_alone_is_no_event() -> None:
    assembler = Assembler()
    assert feed(assembler, record("EOE", 1)) == []
    feed(assembler, record("SYSCALL", 2), record("EOE", 2))
    assert feed(assembler, record("EOE", 2)) == []
    assert assembler.close() == []
    assert (assembler.records, assembler.events, assembler.lost) == (4, 1, 0)


def test_time_out_by_the_time_in_the_records() -> None:
    assembler = Assembler()
    assert feed(assembler, record("SYSCALL", 1, sec=1000), record("SYSCALL", 2, sec=1002)) == []
    assert feed(assembler, record("SYSCALL", 3, sec=1002, milli=1)) == []
    assert shape(feed(assembler, record("SYSCALL", 4, sec=1002, milli=1))) == [(1, 1, False)]
    assert assembler.timeouts == 1


def test_late_records_after_a_quiet_hour() -> None:
    assembler = Assembler()
    events = feed(assembler, record("SYSCALL", 1), record("SYSCALL", 2, sec=4600), record("PATH", 1), record("EOE", 1))
    assert shape(events) == [(1, 3, True)]


def test_an_old_time_with_a_new_serial_waits_as_long_as_any() -> None:
    # A call is stamped when it begins and numbered when it ends.
    assembler = Assembler()
    feed(assembler, record("SYSCALL", 1, sec=1000), record("EOE", 1, sec=1000))
    assert feed(assembler, record("SYSCALL", 2, sec=900), record("SYSCALL", 3, sec=1001)) == []
    assert shape(feed(assembler, record("CWD", 2, sec=900), record("EOE", 2, sec=900))) == [(2, 3, True)]


def test_time_out_by_the_clock_of_the_caller() -> None:
    assembler = Assembler()
    feed(assembler, record("SYSCALL", 1), record("SYSCALL", 2), now=10.0)
    assert assembler.flush(12.0) == []
    assert shape(assembler.flush(12.1)) == [(1, 1, False), (2, 1, False)]
    assert assembler.timeouts == 2


def test_hosts_do_not_mix() -> None:
    assembler = Assembler()
    events = feed(
        assembler,
        record("SYSCALL", 7, node="alpha"),
        record("SYSCALL", 7, node="beta"),
        record("CWD", 7, node="alpha"),
        record("EOE", 7, node="beta"),
        record("EOE", 7, node="alpha"),
    )
    assert [(event.node, len(event.records)) for event in events] == [("beta", 2), ("alpha", 3)]


def test_open_events_are_bounded() -> None:
    assembler = Assembler(max_open=3)
    events = feed(assembler, *(record("SYSCALL", serial) for serial in range(1, 6)))
    assert shape(events) == [(1, 1, False), (2, 1, False)]
    assert (assembler.evicted, assembler.open_events) == (2, 3)


def test_hosts_are_bounded() -> None:
    assembler = Assembler()
    events = feed(assembler, *(record("SYSCALL", 1, node=f"n{index}") for index in range(module.MAX_NODES + 2)))
    assert [event.node for event in events] == ["n0", "n1"]


def test_records_of_an_event_are_bounded() -> None:
    assembler = Assembler()
    events = feed(assembler, *(record("PATH", 1) for _ in range(module.MAX_RECORDS + 1)))
    assert shape(events) == [(1, module.MAX_RECORDS, False)]
    assert shape(assembler.close()) == [(1, 1, False)]


def test_records_of_all_events_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_HELD", 200)
    assembler = Assembler()
    given = held = 0
    for number in range(4000):
        given += sum(len(event.records) for event in feed(assembler, record("PATH", number % 10)))
        held = max(held, number + 1 - given)
    assert held <= 200 + 64
    assert assembler.evicted > 0


def test_a_gap_is_a_loss_when_the_missing_stay_away() -> None:
    assembler = Assembler()
    feed(assembler, record("EOE", 1, sec=1000), record("EOE", 5, sec=1001), now=0.0)
    assert (assembler.lost, assembler.take_losses()) == (0, [])
    feed(assembler, record("EOE", 3, sec=1001), now=1.0)
    assembler.flush(2.1)
    assert assembler.lost == 2
    assert assembler.take_losses() == [
        Loss("", 2, 1, 1000 * 10**9, 1001 * 10**9),
        Loss("", 4, 1, 1000 * 10**9, 1001 * 10**9),
    ]
    assert assembler.take_losses() == []


def test_gaps_mean_nothing_in_filtered_input() -> None:
    assembler = Assembler(detect_loss=False)
    feed(assembler, record("EOE", 1), record("EOE", 500), record("EOE", 3))
    assembler.close()
    assert (assembler.lost, assembler.duplicates) == (0, 0)


def test_the_daemon_has_numbers_of_its_own() -> None:
    assembler = Assembler()
    feed(assembler, record("EOE", 100), record("DAEMON_ROTATE", 7000), record("EOE", 101))
    assembler.close()
    assert (assembler.lost, assembler.restarts) == (0, 0)


def test_a_repeated_event_is_counted() -> None:
    assembler = Assembler()
    for _ in range(2):
        feed(assembler, record("SYSCALL", 1), record("EOE", 1))
    assert (assembler.duplicates, assembler.events) == (1, 2)
    assembler.close()
    assert assembler.duplicates == 1


def test_a_boot_begins_the_numbering_anew() -> None:
    assembler = Assembler()
    feed(assembler, record("EOE", 900_000, sec=1000), record("EOE", 900_002, sec=1000))
    feed(assembler, record("KERNEL", 1, sec=1001, body="state=initialized audit_enabled=0 res=1"))
    feed(assembler, record("EOE", 2, sec=1001), record("EOE", 4, sec=1001))
    assembler.close()
    assert assembler.restarts == 1
    assert [(loss.first, loss.count) for loss in assembler.take_losses()] == [(900_001, 1), (3, 1)]


def test_it_may_be_used_again_after_the_end() -> None:
    assembler = Assembler()
    feed(assembler, record("SYSCALL", 1))
    assembler.close()
    assert shape(feed(assembler, record("CWD", 1), record("EOE", 1))) == [(1, 2, True)]
