"""The reader of the audit log, fed by hand."""

from __future__ import annotations

import struct

import pytest

from kernel_sources.audit import multicast
from kernel_sources.audit.multicast import MulticastReader

TEXT = b"audit(1700000000.000:1): op=x"


class LittleSocket:
    """Stands in for ``NetlinkSocket``."""

    def __init__(self, family: int, *, groups: int, receive_buffer: int, what: str) -> None:
        self.joined = (family, groups)
        self.receive_buffer = receive_buffer
        self.overruns, self.forged, self.truncated = 1, 2, 3
        self.waiting: list[bytes] = []
        self.closed = False

    def receive_batch(self, size: int, limit: int) -> list[bytes]:
        batch, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return [datagram[:size] for datagram in batch]

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> tuple[MulticastReader, LittleSocket]:
    monkeypatch.setattr(multicast, "NetlinkSocket", LittleSocket)
    reader = MulticastReader(receive_buffer=4096)
    little = reader._socket
    assert isinstance(little, LittleSocket)
    return reader, little


def header(length: int, kind: int) -> bytes:
    return struct.pack("=IHHII", length, kind, 0, 0, 0)


def test_it_joins_the_group_of_the_log(made: tuple[MulticastReader, LittleSocket]) -> None:
    reader, little = made
    assert little.joined == (9, 1)
    assert reader.receive_buffer == 4096
    assert (reader.overruns, reader.forged, reader.truncated) == (1, 2, 3)
    with reader:
        assert not little.closed
    assert little.closed


@pytest.mark.parametrize("claimed", [16 + len(TEXT), len(TEXT), 0, 9999], ids=["right", "historic", "zero", "too long"])
def test_the_length_received_counts_and_not_the_one_claimed(
    made: tuple[MulticastReader, LittleSocket], claimed: int
) -> None:
    reader, little = made
    little.waiting = [header(claimed, 1300) + TEXT]
    assert reader.read_batch() == [(1300, TEXT)]


def test_records_come_in_their_order_up_to_the_limit(made: tuple[MulticastReader, LittleSocket]) -> None:
    reader, little = made
    little.waiting = [header(20, kind) + b"text" for kind in (1300, 1307, 1320)]
    assert [kind for kind, _ in reader.read_batch(2)] == [1300, 1307]
    assert reader.read_batch(2) == [(1320, b"text")]
    assert reader.read_batch(2) == []


def test_a_record_may_be_empty_and_less_than_a_header_is_none(made: tuple[MulticastReader, LittleSocket]) -> None:
    reader, little = made
    little.waiting = [header(16, 1320), b"short", b""]
    assert reader.read_batch() == [(1320, b"")]


def test_the_longest_record_fits(made: tuple[MulticastReader, LittleSocket]) -> None:
    reader, little = made
    longest = b"x" * multicast.RECORD_LIMIT
    little.waiting = [header(0, 1309) + longest]
    assert reader.read_batch() == [(1309, longest)]
