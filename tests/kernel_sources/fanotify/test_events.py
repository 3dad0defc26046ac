"""Fanotify events from bytes laid out as ``struct fanotify_event_metadata``."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kernel_sources.errors import Malformed
from kernel_sources.fanotify import CLOSE_NOWRITE, CLOSE_WRITE, OPEN, OPEN_EXEC, FileEvent
from kernel_sources.fanotify.events import Notice, notices

VERSION = 3


def metadata(mask: int, descriptor: int, pid: int, *, info: bytes = b"", version: int = VERSION) -> bytes:
    return struct.pack("=IBBHQii", 24 + len(info), version, 0, 24, mask, descriptor, pid) + info


def info(kind: int, descriptor: int) -> bytes:
    return struct.pack("=BBHi", kind, 0, 8, descriptor)


def test_events_follow_each_other() -> None:
    data = metadata(OPEN, 5, 100) + metadata(CLOSE_WRITE, 6, 200, info=info(4, 9)) + metadata(0x4000, -1, 0)
    assert list(notices(data)) == [
        Notice(OPEN, 5, 100, -1),
        Notice(CLOSE_WRITE, 6, 200, 9),
        Notice(0x4000, -1, 0, -1),
    ]


def test_other_information_is_passed_over() -> None:
    data = metadata(OPEN, 5, 100, info=info(1, 77) + info(4, 9))
    assert list(notices(data)) == [Notice(OPEN, 5, 100, 9)]


def test_a_process_descriptor_that_could_not_be_had_stays_negative() -> None:
    assert next(notices(metadata(OPEN, 5, 100, info=info(4, -2)))).pidfd == -2


@pytest.mark.parametrize(
    "data",
    [
        metadata(OPEN, 5, 100)[:-1],
        metadata(OPEN, 5, 100) + b"\0",
        metadata(OPEN, 5, 100, version=4),
        struct.pack("=IBBHQii", 500, VERSION, 0, 24, OPEN, 5, 1),
        struct.pack("=IBBHQii", 8, VERSION, 0, 24, OPEN, 5, 1),
        struct.pack("=IBBHQii", 24, VERSION, 0, 4, OPEN, 5, 1),
    ],
)
def test_broken_events_are_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        list(notices(data))


@given(some.binary(max_size=200))
def test_any_bytes_are_events_or_malformed(data: bytes) -> None:
    try:
        found = list(notices(struct.pack("=IB", 24, VERSION) + data))
    except Malformed as error:
        assert error.reason
    else:
        assert all(isinstance(notice, Notice) for notice in found)


def test_a_merged_event_tells_of_several_things() -> None:
    event = FileEvent(1, OPEN | CLOSE_WRITE, 1, "/a", 1, 1, 0o100644)
    assert event.opened
    assert event.closed_after_writing
    assert not event.executed
    assert not event.closed_after_reading
    assert FileEvent(1, OPEN_EXEC, 1, "/a", 1, 1, 0o100644).opened
    assert FileEvent(1, CLOSE_NOWRITE, 1, "/a", 1, 1, 0o100644).closed_after_reading
