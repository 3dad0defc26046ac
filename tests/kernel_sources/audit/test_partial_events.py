"""Events of which a part was lost, and events that are passed over."""

from __future__ import annotations

from kernel_sources.audit.assembler import Assembler
from kernel_sources.audit.record import EventKey, Record
from kernel_sources.tables import record_types

SYSCALL, PATH, EOE, URINGOP = record_types.SYSCALL, record_types.PATH, record_types.EOE, record_types.URINGOP
CONFIG_CHANGE = record_types.CONFIG_CHANGE


def key(serial: int, sec: int = 1000) -> EventKey:
    return EventKey("", sec, 0, serial)


def feed(assembler: Assembler, serial: int, *types: int, sec: int = 1000, now: float = 0.0) -> None:
    of_event = key(serial, sec)
    for number in types:
        assembler.feed(Record(number, of_event, b""), now)


def test_whole_events_are_not_partial() -> None:
    assembler = Assembler()
    feed(assembler, 1, SYSCALL, PATH, EOE)
    feed(assembler, 2, URINGOP, EOE)
    feed(assembler, 3, CONFIG_CHANGE)  # the kernel's own change has no end
    feed(assembler, 4, SYSCALL, EOE, sec=1010, now=10.0)
    assembler.close()
    assert (assembler.partial, assembler.lost, assembler.timeouts) == (0, 0, 1)


def test_an_event_without_its_beginning_is_partial() -> None:
    assembler = Assembler()
    feed(assembler, 1, PATH, EOE)
    feed(assembler, 2, EOE)
    assert assembler.partial == 2
    assert assembler.take_partial_times() == [1_000_000_000_000] * 2
    assert assembler.take_partial_times() == []


def test_a_second_end_is_not_partial() -> None:
    assembler = Assembler()
    feed(assembler, 1, SYSCALL, EOE, EOE)
    assert (assembler.partial, assembler.duplicates) == (0, 1)


def test_an_event_without_its_end_is_partial_while_others_have_theirs() -> None:
    assembler = Assembler()
    feed(assembler, 1, SYSCALL, PATH)
    feed(assembler, 2, SYSCALL, EOE, sec=1001)
    assembler.flush(5.0)
    assert assembler.partial == 1


def test_where_ends_are_excluded_no_event_is_partial() -> None:
    assembler = Assembler()
    feed(assembler, 1, SYSCALL, PATH)
    feed(assembler, 2, SYSCALL, PATH, sec=1001)
    assembler.flush(5.0)
    assert (assembler.partial, assembler.timeouts) == (0, 2)


def test_filtered_input_has_no_partial_events() -> None:
    assembler = Assembler(detect_loss=False)
    feed(assembler, 1, PATH, EOE)
    feed(assembler, 3, EOE)
    assert (assembler.partial, assembler.lost) == (0, 0)


def test_an_event_that_is_passed_over_is_not_missing() -> None:
    assembler = Assembler()
    assembler.skip(key(1), 0.0)
    feed(assembler, 2, SYSCALL, EOE)
    feed(assembler, 4, SYSCALL, EOE)
    assert assembler.missing == 1
    assembler.skip(key(3), 0.0)
    feed(assembler, 6, SYSCALL, EOE)
    assert (assembler.missing, assembler.lost) == (1, 0)
    assembler.close()
    assert (assembler.lost, assembler.partial) == (1, 0)
