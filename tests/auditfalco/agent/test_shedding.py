"""Which events are dropped under pressure, and that nothing else is."""

from __future__ import annotations

import pytest

from auditfalco.agent import shedding
from auditfalco.agent.pipeline import Pipeline
from auditfalco.agent.shedding import SHED, Shedder, least_worth
from auditfalco.agent.waiting import Batch
from auditfalco.coverage.worth import CONNECTIONS, NAMES, OPENS, ORDINARY, VITAL
from auditfalco.state.host import HostState
from kernel_sources.audit.record import Record
from kernel_sources.tables import record_types

SYSCALL, CWD, PATH, EOE = record_types.SYSCALL, record_types.CWD, record_types.PATH, record_types.EOE
URINGOP, CONFIG_CHANGE = record_types.URINGOP, record_types.CONFIG_CHANGE
Records = list[tuple[int, bytes]]


def record(kind: int, serial: int, text: str = "") -> tuple[int, bytes]:
    return kind, f"audit(1700000000.123:{serial}): {text}".encode()


def call(serial: int, number: int, arch: str = "c000003e", more: str = "") -> Records:
    head = f"arch={arch}{more} syscall={number} success=yes exit=3"
    return [
        record(SYSCALL, serial, head),
        record(CWD, serial, 'cwd="/"'),
        record(PATH, serial, "item=0"),
        record(EOE, serial),
    ]


def kinds(records: Records) -> list[int]:
    return [kind for kind, _ in records]


@pytest.mark.parametrize(
    ("filled", "least"),
    [(0, OPENS), (0.49, OPENS), (0.5, CONNECTIONS), (0.63, NAMES), (0.75, ORDINARY), (0.9, VITAL), (1.5, VITAL)],
)
def test_the_fuller_the_queue_the_more_is_shed(filled: float, least: int) -> None:
    assert least_worth(filled) == least


@pytest.mark.parametrize(
    ("events", "worth"),
    [
        (call(1, 257), OPENS),  # openat
        (call(1, 5, "40000003"), OPENS),  # open of the 32-bit table
        (call(1, 257, more=" per=400000"), OPENS),
        (call(1, 42), CONNECTIONS),  # connect
        (call(1, 87), NAMES),  # unlink
        (call(1, 32), CONNECTIONS),  # dup
        (call(1, 62), ORDINARY),  # kill
        ([record(URINGOP, 1, "uring_op=18 success=yes"), record(EOE, 1)], OPENS),
        ([record(URINGOP, 1, "uring_op=16 success=yes"), record(EOE, 1)], CONNECTIONS),
    ],
)
def test_an_event_goes_when_it_is_worth_less_than_what_is_kept(events: Records, worth: int) -> None:
    shedder = Shedder()
    assert shedder.sift(events, worth) == events
    assert shedder.sift(events, worth + 1) == [(SHED, b"audit(1700000000.123:1):")]
    assert shedder.shed[worth] == shedder.total == 1


@pytest.mark.parametrize(
    "events",
    [
        call(1, 59),  # execve
        call(1, 105),  # setuid
        call(1, 11, "40000003"),  # execve of the 32-bit table
        call(1, 999_999),
        call(1, 257, "deadbeef"),
        call(1, 257, more=" what=1"),
        [record(SYSCALL, 1, "nonsense"), record(EOE, 1)],
        [record(URINGOP, 1, "uring_op=9999 success=yes"), record(EOE, 1)],
        [record(CONFIG_CHANGE, 1, "op=remove_rule"), *call(1, 44)],  # a message to the kernel, sent by sendto
        [record(PATH, 1), record(EOE, 1)],
    ],
)
def test_what_is_vital_or_unknown_stays(events: Records) -> None:
    shedder = Shedder()
    assert shedder.sift(events, VITAL) == events
    assert shedder.total == 0


def test_records_of_events_that_overlap_are_told_apart() -> None:
    opened, executed = call(1, 257), call(2, 59)
    mixed = [one for pair in zip(opened, executed) for one in pair]
    assert Shedder().sift(mixed, CONNECTIONS) == [(SHED, b"audit(1700000000.123:1):"), *executed]


def test_an_event_is_dropped_to_its_end_also_when_the_pressure_is_over() -> None:
    opened, later = call(1, 257), call(2, 257)
    shedder = Shedder()
    assert kinds(shedder.sift(opened[:2], CONNECTIONS)) == [SHED]
    assert shedder.sift([*opened[2:], *later], OPENS) == later
    assert shedder.total == 1


def test_an_event_that_was_kept_is_kept_to_its_end() -> None:
    opened, other = call(1, 257), call(2, 257)
    shedder = Shedder()
    shedder.sift(other[:1], CONNECTIONS)
    assert shedder.sift(opened[:2], OPENS) == opened[:2]
    assert shedder.sift(opened[2:], CONNECTIONS) == opened[2:]


def test_without_pressure_records_are_not_looked_at() -> None:
    events = call(1, 257)
    assert Shedder().sift(events, OPENS) is events


def test_ends_that_never_come_are_not_waited_for() -> None:
    shedder = Shedder()
    shedder.sift(call(1, 257)[:2], CONNECTIONS)
    rest = call(1, 257)[2:]
    for _ in range(shedding.QUIET_SIFTS + 1):
        shedder.sift([], OPENS)
    assert shedder.sift(rest, OPENS) is rest


def test_what_is_remembered_is_bounded() -> None:
    shedder = Shedder()
    count = shedding.MOST_EVENTS + 100
    shedder.sift([record(SYSCALL, serial, "arch=c000003e syscall=257 ") for serial in range(count)], CONNECTIONS)
    assert shedder.total == count
    assert len(shedder._fates) == shedding.MOST_EVENTS == shedder._dropping


def test_a_stub_can_be_read_as_a_record() -> None:
    ((kind, text),) = Shedder().sift(call(77, 257), CONNECTIONS)
    assert Record.from_netlink(kind, text).serial == 77


def test_what_was_shed_is_not_missing_from_the_stream() -> None:
    pipeline = Pipeline(HostState("box"), lambda event: None)
    for serial in (1, 2, 4):
        pipeline.take(Batch([], Shedder().sift(call(serial, 257), CONNECTIONS), False))
    pipeline.finish()
    assert (pipeline.assembler.lost, pipeline.assembler.partial, pipeline.malformed) == (1, 0, 0)
