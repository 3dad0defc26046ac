"""A queue before each destination: order, its bound, destinations that fail, hang or are slow to close."""

from __future__ import annotations

import io
import threading

import pytest

from auditfalco.model.alert import Alert
from auditfalco.outputs.form import AlertForm
from auditfalco.outputs.queued import QueuedSink
from auditfalco.outputs.stream import StreamSink

LONG_ENOUGH = 30.0  # seconds; only a bug waits so long


def alert(number: int) -> Alert:
    """An alert that can be told from others."""
    return Alert(number, f"rule {number}", "Notice", f"output {number}", {}, "syscall", "testbox")


class Collector:
    """A destination that holds back until it is let go, and refuses some alerts."""

    name = "collector"

    def __init__(self, refused: tuple[int, ...] = (), close_fails: bool = False) -> None:
        self.written: list[int] = []
        self.closed = False
        self.busy = threading.Event()
        self.released = threading.Event()
        self._refused = refused
        self._close_fails = close_fails

    def write(self, alert: Alert) -> None:
        self.busy.set()
        assert self.released.wait(LONG_ENOUGH)
        if alert.time_ns in self._refused:
            raise OSError(28, "No space left on device")
        self.written.append(alert.time_ns)

    def close(self) -> None:
        self.closed = True
        if self._close_fails:
            raise OSError(5, "Input/output error")


def test_alerts_are_delivered_in_order_and_the_destination_is_closed() -> None:
    sink = Collector()
    sink.released.set()
    queue = QueuedSink(sink)
    assert all(queue.put(alert(number)) for number in range(1000))
    assert queue.close(LONG_ENOUGH) == 0
    assert (sink.written, sink.closed) == (list(range(1000)), True)
    assert (queue.dropped, queue.failed, queue.last_error, queue.name) == (0, 0, None, "collector")


def test_a_full_queue_drops_the_newest_and_counts_them() -> None:
    sink = Collector()
    queue = QueuedSink(sink, capacity=3)
    queue.put(alert(0))
    assert sink.busy.wait(LONG_ENOUGH)
    assert [queue.put(alert(number)) for number in range(1, 6)] == [True, True, True, False, False]
    assert queue.dropped == 2
    sink.released.set()
    assert queue.close(LONG_ENOUGH) == 0
    assert sink.written == [0, 1, 2, 3]


def test_a_destination_that_refuses_some_gets_the_others() -> None:
    sink = Collector(refused=(1, 3))
    sink.released.set()
    queue = QueuedSink(sink)
    for number in range(5):
        queue.put(alert(number))
    assert queue.close(LONG_ENOUGH) == 0
    assert (sink.written, queue.failed) == ([0, 2, 4], 2)
    assert queue.last_error is not None
    assert queue.last_error.errno == 28


def test_closing_does_not_wait_for_a_destination_that_hangs() -> None:
    sink = Collector()
    queue = QueuedSink(sink)
    for number in range(4):
        queue.put(alert(number))
    assert sink.busy.wait(LONG_ENOUGH)
    assert queue.close(timeout=0.01) == 4
    assert (sink.written, sink.closed) == ([], False)
    sink.released.set()


def test_an_error_on_closing_is_kept() -> None:
    sink = Collector(close_fails=True)
    queue = QueuedSink(sink)
    assert queue.close(LONG_ENOUGH) == 0
    assert queue.last_error is not None
    assert queue.last_error.errno == 5


def test_nothing_is_taken_any_more_once_closed() -> None:
    sink = Collector()
    sink.released.set()
    queue = QueuedSink(sink)
    queue.close(LONG_ENOUGH)
    assert not queue.put(alert(1))
    assert queue.dropped == 1


class TestStream:
    @pytest.mark.parametrize("buffered", [False, True])
    def test_one_line_an_alert(self, buffered: bool) -> None:
        raw = io.BytesIO()
        stream = io.BufferedWriter(raw)  # type: ignore[arg-type]
        sink = StreamSink(stream, AlertForm(iso_time=True), buffered)
        sink.write(alert(1))
        assert bool(raw.getvalue()) is not buffered
        sink.write(alert(2))
        sink.close()
        assert raw.getvalue() == (
            b"1970-01-01T00:00:00.000000001+0000: Notice output 1\n"
            b"1970-01-01T00:00:00.000000002+0000: Notice output 2\n"
        )
        assert not stream.closed

    def test_text_that_is_not_utf_8_is_written_all_the_same(self) -> None:
        raw = io.BytesIO()
        hostile = Alert(0, "r", "Notice", "\udcff\nforged", {}, "syscall", "h")
        StreamSink(raw, AlertForm(iso_time=True)).write(hostile)
        assert raw.getvalue() == "1970-01-01T00:00:00.000000000+0000: Notice \ufffd\\nforged\n".encode()

    def test_a_closed_stream_is_a_failed_destination(self) -> None:
        raw = io.BytesIO()
        raw.close()
        sink = StreamSink(raw, AlertForm())
        with pytest.raises(OSError, match="closed"):
            sink.write(alert(1))
        queue = QueuedSink(sink)
        queue.put(alert(1))
        queue.put(alert(2))
        assert queue.close(LONG_ENOUGH) == 0
        assert queue.failed == 2
