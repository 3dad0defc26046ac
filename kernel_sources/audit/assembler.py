"""Records put together to events, whatever order they come in.

An event ends with its EOE record. Where that is missing (logs that dropped it, a lost record, ``exclude`` rules) the
event is let go after two seconds, by the time in the records themselves as auditd's own tools do it, or by the clock of
the caller, for a live stream that falls idle has no later record. PROCTITLE comes last but for EOE, yet it closes
nothing: ausearch prints the records of an event in reverse.

Events come out in the order in which they are completed, and those let go together in the order in which they began.
"""

from __future__ import annotations

from collections import OrderedDict, deque

from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.audit.record import EventKey, Record
from kernel_sources.audit.serials import Loss, SerialTracker
from kernel_sources.tables import record_types

TIMEOUT_SECONDS = 2.0
"""How long an event without EOE is waited for (``end_of_event_timeout`` of auditd.conf)."""

MAX_OPEN = 4096
"""Events of one node that may be open at a time."""

MAX_NODES = 64
"""Nodes whose events are put together at a time."""

MAX_RECORDS = 4096
"""Records of one event, by and large: the longest argument list (6 MiB) takes about 1,700."""

MAX_HELD = 1 << 16
"""Records in all open events together, by and large."""

MAX_LOSSES = 1024
"""Losses kept for :meth:`Assembler.take_losses`, and partial events for :meth:`Assembler.take_partial_times`."""

_EOE = record_types.EOE
_CHECK_EVERY = 64
_HEADS = (record_types.SYSCALL, record_types.URINGOP)
"""An event that ends with an EOE begins with one of these (``audit_log_exit()`` in kernel/auditsc.c)."""


class _Stream:
    """What is open of one node.

    ``clock`` is the newest time in its records, ``ended`` in those of events that an EOE closed; milliseconds since the
    epoch.
    """

    __slots__ = ("clock", "ended", "open", "serials")

    def __init__(self, node: str) -> None:
        self.open: OrderedDict[EventKey, RawEvent] = OrderedDict()
        self.serials = SerialTracker(node)
        self.clock = 0
        self.ended = 0


class Assembler:
    """Puts records together to events, and notices serials that are missing.

    Not thread-safe. Give every call the same clock (wall or monotonic, in seconds); for a log a constant will do, as
    the time in the records then decides alone.

    Args:
        timeout: seconds after which an event without EOE is let go and a missing serial counts as lost.
        max_open: events of one node that may be open; the oldest is let go when there are more.
        detect_loss: False for input that was filtered, such as the output of ausearch, where gaps mean nothing.

    Attributes:
        records: records taken.
        events: events given out.
        timeouts: events let go for want of an EOE.
        evicted: events let go for want of room.
        lost: events known to be lost by gaps in the serials.
        partial: events whose first or last records are known to be lost, while others of them came.
    """

    def __init__(self, timeout: float = TIMEOUT_SECONDS, max_open: int = MAX_OPEN, detect_loss: bool = True) -> None:
        self.records = 0
        self.events = 0
        self.timeouts = 0
        self.evicted = 0
        self.lost = 0
        self.partial = 0
        self._timeout = timeout
        self._max_open = max_open
        self._detect_loss = detect_loss
        self._streams: OrderedDict[str, _Stream] = OrderedDict()
        self._losses: deque[Loss] = deque(maxlen=MAX_LOSSES)
        self._partial_times: deque[int] = deque(maxlen=MAX_LOSSES)
        self._past_duplicates = 0
        self._past_restarts = 0
        self._latest: RawEvent | None = None
        self._given = 0

    def feed(self, record: Record, now: float) -> list[RawEvent]:
        """Take one record and return the events that are finished by it, in order; mostly none or one."""
        self.records += 1
        key = record.key
        event = self._latest
        # Mostly the next record of the same event, and then its key is the very same object.
        if event is None or event.records[0].key is not key:
            stream = self._streams.get(key.node)
            if stream is None:
                return self._add_stream(key.node, record, now)
            event = self._latest = stream.open.get(key)
            if event is None:
                return self._begin(stream, record, now)
        event.records.append(record)
        if record.type == _EOE:
            return [self._end(self._streams[key.node], event)]
        return [] if self.records % _CHECK_EVERY else self._make_room(event)

    def flush(self, now: float) -> list[RawEvent]:
        """Return the events that have been open too long by the caller's clock; call it while no records come."""
        finished: list[RawEvent] = []
        for stream in self._streams.values():
            finished += self._expire(stream, now)
        return finished

    def skip(self, key: EventKey, now: float) -> None:
        """Take note of an event that arrived and is not to be put together: its serial is not missing."""
        if key.node not in self._streams and len(self._streams) < MAX_NODES:
            self._streams[key.node] = _Stream(key.node)
        stream = self._streams.get(key.node)
        if stream is not None and self._detect_loss:
            time_ms = key.sec * 1000 + key.milli
            stream.clock = max(stream.clock, time_ms)
            self._note(stream.serials.observe(key.serial, time_ms, now, stream.clock))

    def close(self) -> list[RawEvent]:
        """Return everything that is still open, complete or not; the assembler may be used again."""
        finished: list[RawEvent] = []
        while self._streams:
            finished += self._drop_stream()
        return finished

    @property
    def duplicates(self) -> int:
        """Events begun although one of that serial had been finished before: repeated or very late records."""
        return self._past_duplicates + sum(stream.serials.duplicates for stream in self._streams.values())

    @property
    def restarts(self) -> int:
        """How often the serials began anew: hosts restarted."""
        return self._past_restarts + sum(stream.serials.restarts for stream in self._streams.values())

    @property
    def missing(self) -> int:
        """Events that are missing and not known to be lost yet: they may be late."""
        return sum(stream.serials.missing for stream in self._streams.values())

    @property
    def open_events(self) -> int:
        """How many events are waiting for further records."""
        return sum(len(stream.open) for stream in self._streams.values())

    def take_losses(self) -> list[Loss]:
        """Return the losses found since the last call, oldest first; at most :data:`MAX_LOSSES` are kept."""
        losses = list(self._losses)
        self._losses.clear()
        return losses

    def take_partial_times(self) -> list[int]:
        """Return when the partial events found since the last call were, nanoseconds since the epoch."""
        times = list(self._partial_times)
        self._partial_times.clear()
        return times

    def _begin(self, stream: _Stream, record: Record, now: float) -> list[RawEvent]:
        """Open an event, or finish it at once when its type says so."""
        # By the time before this record: after a quiet hour the next event must not cut off late records of the last.
        finished = self._expire(stream, now)
        time_ms = record.key.sec * 1000 + record.key.milli
        stream.clock = max(stream.clock, time_ms)
        known = stream.serials.duplicates
        if self._detect_loss:
            self._observe(stream, record, time_ms, now)
        if record.type == _EOE:
            # Its event was given out before, or lost: an end without anything before it is no event.
            self._given += 1
            if self._detect_loss and stream.serials.duplicates == known:
                self._note_partial(record.key)
            return finished
        event = RawEvent([record], False, now, stream.clock)
        if record_types.is_single_record(record.type):
            event.complete = True
            self.events += 1
            self._given += 1
            finished.append(event)
            return finished
        stream.open[record.key] = self._latest = event
        if len(stream.open) > self._max_open:
            self.evicted += 1
            finished.append(self._take(stream, next(iter(stream.open))))
        return finished

    def _make_room(self, event: RawEvent) -> list[RawEvent]:
        """Let go of an event that has grown beyond measure, and of the oldest ones while too many records are held."""
        stream = self._streams[event.node]
        finished = []
        if len(event.records) >= MAX_RECORDS:
            finished.append(self._take(stream, event.key))
        while stream.open and self.records - self._given > MAX_HELD:
            finished.append(self._take(stream, next(iter(stream.open))))
        self.evicted += len(finished)
        return finished

    def _observe(self, stream: _Stream, record: Record, time_ms: int, now: float) -> None:
        serial = record.key.serial
        if record_types.FIRST_DAEMON_MESSAGE <= record.type <= record_types.LAST_DAEMON_MESSAGE:
            return
        if record.type == record_types.KERNEL and record.fields.get("state") == "initialized":
            self._note(stream.serials.restart(serial, time_ms))
        else:
            self._note(stream.serials.observe(serial, time_ms, now, stream.clock))

    def _expire(self, stream: _Stream, now: float) -> list[RawEvent]:
        finished = []
        while stream.open:
            key, event = next(iter(stream.open.items()))
            if not event.expired(now, stream.clock, self._timeout):
                break
            self.timeouts += 1
            # While the ends of later events come, this one's is lost; where none come, they are excluded.
            if self._detect_loss and stream.ended > key.sec * 1000 + key.milli and any(map(event.first, _HEADS)):
                self._note_partial(key)
            finished.append(self._take(stream, key))
        self._note(stream.serials.expire(now, stream.clock, self._timeout))
        return finished

    def _end(self, stream: _Stream, event: RawEvent) -> RawEvent:
        event.complete = True
        stream.ended = stream.clock
        if self._detect_loss and not any(map(event.first, _HEADS)):
            self._note_partial(event.key)
        return self._take(stream, event.key)

    def _take(self, stream: _Stream, key: EventKey) -> RawEvent:
        event = stream.open.pop(key)
        if event is self._latest:
            self._latest = None
        self.events += 1
        self._given += len(event.records)
        return event

    def _note(self, losses: list[Loss]) -> None:
        for loss in losses:
            self.lost += loss.count
            self._losses.append(loss)

    def _note_partial(self, key: EventKey) -> None:
        self.partial += 1
        self._partial_times.append((key.sec * 1000 + key.milli) * 1_000_000)

    def _add_stream(self, node: str, record: Record, now: float) -> list[RawEvent]:
        finished = self._drop_stream() if len(self._streams) >= MAX_NODES else []
        stream = self._streams[node] = _Stream(node)
        return finished + self._begin(stream, record, now)

    def _drop_stream(self) -> list[RawEvent]:
        """Finish everything of the node that was met first."""
        stream = next(iter(self._streams.values()))
        finished = [self._take(stream, key) for key in list(stream.open)]
        self._note(stream.serials.close())
        self._past_duplicates += stream.serials.duplicates
        self._past_restarts += stream.serials.restarts
        self._streams.popitem(last=False)
        return finished
