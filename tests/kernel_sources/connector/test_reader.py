"""The reader of process events, fed by hand: subscription, losses, what is left out."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator

import pytest

from kernel_sources.connector import Exec, Fork, ProcessEvent, ProcessEventReader, reader
from kernel_sources.errors import NotPermitted, NotSupported

FORK, EXEC, EXIT = 0x1, 0x2, 0x80000000


class LittleSocket:
    """Stands in for ``NetlinkSocket``: hands out prepared datagrams and answers subscriptions as the kernel does.

    Its descriptor is a pipe's that is always readable.
    """

    answer: int | None = 0
    """Errno of the acknowledgement; None for a kernel that stays silent."""

    def __init__(self, family: int, **options: object) -> None:
        self.family = family
        self.waiting: list[bytes] = []
        self.sent: list[bytes] = []
        self.closed = False
        self.overruns = self.forged = 0
        self.receive_buffer = 1
        self._ends = os.pipe()
        os.write(self._ends[1], b"x")

    def fileno(self) -> int:
        return self._ends[0]

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            for end in self._ends:
                os.close(end)

    def send(self, message_type: int, payload: bytes, *, flags: int) -> int:
        _, _, _, token, length, _ = reader.CONNECTOR_HEADER.unpack_from(payload)
        data = payload[reader.CONNECTOR_HEADER.size :]
        assert len(data) == length
        self.sent.append(data)
        if data == struct.pack("=I", 1) and self.answer is not None:
            self.waiting.append(datagram(0, 0, struct.pack("=I", self.answer), acknowledged=token + 1))
        return 1

    def receive_into(self, buffer: bytearray) -> int | None:
        if not self.waiting:
            return None
        data = self.waiting.pop(0)
        buffer[: len(data)] = data
        return len(data)


def datagram(sequence: int, kind: int, data: bytes, *, cpu: int = 0, acknowledged: int = 0) -> bytes:
    event = struct.pack("=IIQ", kind, cpu, 5) + data.ljust(24, b"\0")
    connector = struct.pack("=IIIIHH", 1, 1, sequence, acknowledged, len(event), 0)
    return struct.pack("=IHHII", 16 + len(connector) + len(event), 3, 0, 0, 0) + connector + event


def fork(sequence: int, cpu: int = 0) -> bytes:
    return datagram(sequence, FORK, struct.pack("=4i", 1, 1, 2, 2), cpu=cpu)


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[LittleSocket]]:
    """The sockets that readers made, in their order."""
    made: list[LittleSocket] = []

    def make(family: int, **options: object) -> LittleSocket:
        made.append(LittleSocket(family, **options))
        return made[-1]

    monkeypatch.setattr(reader, "NetlinkSocket", make)
    yield made
    for each in made:
        each.close()


def read_all(opened: ProcessEventReader, *datagrams: bytes, sockets: list[LittleSocket]) -> list[ProcessEvent]:
    sockets[-1].waiting.extend(datagrams)
    return opened.read_batch()


def test_it_subscribes_and_unsubscribes(sockets: list[LittleSocket]) -> None:
    with ProcessEventReader():
        assert sockets[0].sent == [struct.pack("=I", 1)]
    assert sockets[0].sent == [struct.pack("=I", 1), struct.pack("=I", 2)]
    assert sockets[0].closed


def test_closing_twice_unsubscribes_once(sockets: list[LittleSocket]) -> None:
    opened = ProcessEventReader()
    opened.close()
    opened.close()
    assert sockets[0].sent.count(struct.pack("=I", 2)) == 1


def test_a_refused_subscription_closes_the_socket(sockets: list[LittleSocket], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LittleSocket, "answer", 1)  # EPERM
    with pytest.raises(NotPermitted):
        ProcessEventReader()
    assert sockets[0].closed


def test_a_kernel_that_stays_silent_has_no_process_events(
    sockets: list[LittleSocket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LittleSocket, "answer", None)
    with pytest.raises(NotSupported):
        ProcessEventReader(timeout=0.05)
    assert sockets[0].closed


def test_kinds_are_left_out_by_newer_kernels(sockets: list[LittleSocket], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "kernel_release", lambda: (6, 6))
    with ProcessEventReader((Fork, Exec)) as opened:
        assert opened.filtered
        assert sockets[0].sent[1] == struct.pack("=II", 1, FORK | EXEC)


def test_kinds_are_left_out_by_us_where_the_kernel_cannot(
    sockets: list[LittleSocket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "kernel_release", lambda: (6, 1))
    with ProcessEventReader((Exec,)) as opened:
        assert not opened.filtered
        assert len(sockets[0].sent) == 1
        exec_event = datagram(2, EXEC, struct.pack("=2i", 7, 7))
        assert read_all(opened, fork(1), exec_event, fork(4), sockets=sockets) == [Exec(5, 7, 7)]
        assert opened.lost == 1  # counted over all kinds


def test_gaps_are_counted_for_each_cpu(sockets: list[LittleSocket]) -> None:
    with ProcessEventReader() as opened:
        events = read_all(
            opened,
            *(fork(sequence, cpu) for sequence, cpu in [(7, 0), (100, 1), (8, 0), (103, 1), (9, 0), (104, 1)]),
            sockets=sockets,
        )
        assert len(events) == 6
        assert opened.lost == 2


def test_numbers_wrap_without_a_loss(sockets: list[LittleSocket]) -> None:
    with ProcessEventReader() as opened:
        read_all(opened, fork(0xFFFFFFFE), fork(0xFFFFFFFF), fork(0), fork(2), sockets=sockets)
        assert opened.lost == 1


def test_a_number_that_goes_back_is_no_loss(sockets: list[LittleSocket]) -> None:
    with ProcessEventReader() as opened:
        read_all(opened, fork(1000), fork(5), fork(6), sockets=sockets)
        assert opened.lost == 0


def test_acknowledgements_of_others_and_junk_are_passed_over(sockets: list[LittleSocket]) -> None:
    with ProcessEventReader() as opened:
        others = datagram(4, 0, struct.pack("=I", 0), acknowledged=99)
        short = struct.pack("=IHHII", 20, 3, 0, 0, 0) + b"junk"
        cut = fork(5)[: 16 + 20 + 16 + 4]
        assert read_all(opened, fork(3), others, short, cut, fork(6), sockets=sockets) == [Fork(5, 1, 1, 2, 2)] * 2
        assert opened.malformed == 2
        assert opened.lost == 0


def test_a_batch_ends_at_its_limit(sockets: list[LittleSocket]) -> None:
    with ProcessEventReader() as opened:
        sockets[0].waiting.extend(fork(sequence) for sequence in range(5))
        assert len(opened.read_batch(3)) == 3
        assert len(opened.read_batch(3)) == 2
        assert opened.read_batch(3) == []


@pytest.mark.parametrize(
    ("text", "release"), [("6.18.44-fc", (6, 18)), ("5.14.0-70.el9", (5, 14)), ("7", (0, 0)), ("a.b", (0, 0))]
)
def test_the_release_of_the_kernel(text: str, release: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    told = os.uname_result(("Linux", "host", text, "", "x86_64"))
    monkeypatch.setattr("kernel_sources.connector.reader.os.uname", lambda: told)
    assert reader.kernel_release() == release
