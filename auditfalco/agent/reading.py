"""The reader: a thread that does nothing but receive.

Kernel sockets have no back-pressure; what is not received in time is lost. So one thread takes everything as it comes
and queues it, and when the queue is full it lets the sockets' own large buffers fill before anything is lost.
"""

from __future__ import annotations

import os
import queue
import select
import threading
from typing import NamedTuple

from auditfalco.agent.sensors import Sensors
from auditfalco.agent.unapplied import Unapplied
from kernel_sources.connector import ProcessEvent

LONGEST_WAIT_MS = 100

MOST_RECORDS = 2048
"""Records taken in one go."""

WAITING_BATCHES = 64
"""Batches that may wait for the engine."""

AHEAD = 16
"""Waiting batches from which on the engine has no time to lose."""


class Batch(NamedTuple):
    """What was readable at one moment.

    `process_events` were all sent by the kernel before the last of `records` could be read: they are to be applied
    first. `records` are (type, text) pairs. `mounts_changed` says that the mount table is not what it was,
    `events_lost` that process events are missing.
    """

    process_events: list[ProcessEvent]
    records: list[tuple[int, bytes]]
    mounts_changed: bool
    events_lost: bool = False


class Reader:
    """Reads the sensors into a queue until stopped.

    Attributes:
        batches: what was read, in order.
        failure: the error that ended the reading, None while all is well.
        unapplied: the process events in `batches`, and of a batch in work those that its taker has not reported.
    """

    def __init__(self, sensors: Sensors, mounts_path: str) -> None:
        self.batches: queue.Queue[Batch] = queue.Queue(WAITING_BATCHES)
        self.failure: OSError | None = None
        self.unapplied = Unapplied(self._read_events)
        self._sensors = sensors
        self._lost = 0
        self._mounts = os.open(mounts_path, os.O_RDONLY | os.O_CLOEXEC)
        self._stop_read, self._stop_write = os.pipe2(os.O_CLOEXEC)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)

    def is_ahead(self) -> bool:
        """Whether so much was read that the engine has no time to lose."""
        return self.batches.qsize() >= AHEAD

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """End the reading and release the descriptors."""
        self._stopping.set()
        os.write(self._stop_write, b"x")
        while self._thread.is_alive():
            self._make_room()
            self._thread.join(0.05)
        for descriptor in (self._mounts, self._stop_read, self._stop_write):
            os.close(descriptor)

    def _make_room(self) -> None:
        try:
            self.batches.get_nowait()
        except queue.Empty:
            return

    def _run(self) -> None:
        try:
            self._read_until_stopped()
        except OSError as error:
            self.failure = error

    def _read_until_stopped(self) -> None:
        sensors = self._sensors
        poll = select.poll()
        for descriptor in sensors.descriptors():
            poll.register(descriptor, select.POLLIN)
        # A change of the mount table is announced as an exceptional condition (proc(5), /proc/pid/mounts).
        poll.register(self._mounts, select.POLLPRI)
        poll.register(self._stop_read, select.POLLIN)
        while not self._stopping.is_set():
            # What the engine has read itself, to be sure of what it saw in /proc, wakes nobody.
            ready = {descriptor for descriptor, _ in poll.poll(LONGEST_WAIT_MS)}
            records = sensors.reader.read_batch(MOST_RECORDS)
            # The connector is drained after the records: whatever forked before one of them was written is then in
            # hand.
            events = self.unapplied.take()
            changed = self._mounts in ready
            if records or events or changed:
                self.batches.put(Batch(events, records, changed, self._lost_events()))

    def _read_events(self) -> list[ProcessEvent]:
        connector = self._sensors.connector
        return connector.read_batch(MOST_RECORDS) if connector is not None else []

    def _lost_events(self) -> bool:
        """Whether process events were lost since this was asked last."""
        connector = self._sensors.connector
        before, self._lost = self._lost, connector.lost + connector.overruns if connector is not None else 0
        return self._lost > before
