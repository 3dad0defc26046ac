"""Process events from bytes laid out as ``struct proc_event``."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kernel_sources.connector import Comm, Coredump, Exec, Exit, Fork, Gid, ProcessEvent, Ptrace, Sid, Uid, events
from kernel_sources.errors import Malformed

TIME = 1_234_567_890_123
UNION_SIZE = 24


def proc_event(kind: int, data: bytes) -> bytes:
    return struct.pack("=IIQ", kind, 1, TIME) + data.ljust(UNION_SIZE, b"\0")


CASES: list[tuple[int, bytes, ProcessEvent]] = [
    (0x1, struct.pack("=4i", 10, 11, 20, 20), Fork(TIME, 10, 11, 20, 20)),
    (0x2, struct.pack("=2i", 20, 20), Exec(TIME, 20, 20)),
    (0x4, struct.pack("=2i2I", 20, 20, 1000, 0xFFFFFFFE), Uid(TIME, 20, 20, 1000, 0xFFFFFFFE)),
    (0x40, struct.pack("=2i2I", 20, 20, 5, 6), Gid(TIME, 20, 20, 5, 6)),
    (0x80, struct.pack("=2i", 20, 20), Sid(TIME, 20, 20)),
    (0x100, struct.pack("=4i", 20, 20, 30, 31), Ptrace(TIME, 20, 20, 30, 31)),
    (0x200, struct.pack("=2i", 21, 20) + b"a) b\xff\0junk", Comm(TIME, 21, 20, "a) b\udcff")),
    (0x40000000, struct.pack("=4i", 20, 20, 10, 11), Coredump(TIME, 20, 20, 10, 11)),
    (0x80000000, struct.pack("=2i2I2i", 20, 20, 256, 17, 10, 11), Exit(TIME, 20, 20, 256, 17, 10, 11)),
]


@pytest.mark.parametrize(("kind", "data", "expected"), CASES, ids=[type(case[2]).__name__ for case in CASES])
def test_each_kind_is_read(kind: int, data: bytes, expected: ProcessEvent) -> None:
    event = events.read_event(proc_event(kind, data))
    assert event == expected
    assert type(event) is type(expected)
    assert events.KINDS[type(expected)] == kind


def test_a_name_of_full_length_has_no_terminator() -> None:
    event = events.read_event(proc_event(0x200, struct.pack("=2i", 1, 1) + b"x" * 16))
    assert event == Comm(TIME, 1, 1, "x" * 16)


def test_an_exit_of_an_older_kernel_names_no_parent() -> None:
    data = struct.pack("=IIQ", 0x80000000, 1, TIME) + struct.pack("=2i2I", 20, 20, 9, 17)
    assert events.read_event(data) == Exit(TIME, 20, 20, 9, 17, 0, 0)


def test_threads_are_told_from_processes() -> None:
    assert Fork(TIME, 1, 1, 21, 20).is_thread
    assert not Fork(TIME, 1, 1, 20, 20).is_thread
    assert Exit(TIME, 21, 20, 0, 0, 1, 1).is_thread


def test_a_kind_from_the_future_is_passed_over() -> None:
    assert events.read_event(proc_event(0x400, b"")) is None


@pytest.mark.parametrize("kind", [0x1, 0x2, 0x4, 0x200, 0x80000000])
def test_an_event_cut_short_is_malformed(kind: int) -> None:
    with pytest.raises(Malformed):
        events.read_event(struct.pack("=IIQ", kind, 1, TIME) + b"\0" * 4)
    with pytest.raises(Malformed):
        events.read_event(struct.pack("=II", kind, 1))


def test_an_acknowledgement_carries_an_errno() -> None:
    assert events.read_acknowledgement(proc_event(0, struct.pack("=I", 1))) == 1
    with pytest.raises(Malformed):
        events.read_acknowledgement(struct.pack("=IIQ", 0, 1, TIME))


def test_all_kinds_are_single_bits_of_their_own() -> None:
    assert all(kind & (kind - 1) == 0 for kind in events.KINDS.values())
    assert bin(events.ALL_KINDS).count("1") == len(events.KINDS)


@given(some.sampled_from([0, *events.KINDS.values()]), some.binary(max_size=40))
def test_any_bytes_are_an_event_or_malformed(kind: int, data: bytes) -> None:
    try:
        event = events.read_event(struct.pack("=I", kind) + data)
    except Malformed as error:
        assert error.reason
    else:
        assert event is None or type(event) in events.KINDS
