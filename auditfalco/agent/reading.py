"""The reader: a thread that does nothing but receive.

Kernel sockets have no back-pressure; what is not received in time is lost. So one thread takes everything as it comes
and queues it. When the queue gets long, events of little worth are shed (agent.shedding); when it is full even so, the
sockets' own large buffers fill before anything is lost. An audit socket whose buffer has overflowed gets nothing more
until it has been read empty (``netlink_overrun()`` in net/netlink/af_netlink.c): then speed is worth more than opens.
"""

from __future__ import annotations

import errno
import os
import queue
import select
import threading
import time

from auditfalco.agent.gate.gate import Gate
from auditfalco.agent.sensors import Sensors
from auditfalco.agent.shedding import Shedder, least_worth
from auditfalco.agent.unapplied import Unapplied
from auditfalco.agent.waiting import Batch, WaitingBatches
from auditfalco.coverage.worth import CONNECTIONS
from kernel_sources.connector import ProcessEvent
from kernel_sources.errors import Malformed
from kernel_sources.fanotify import FileEvent

LONGEST_WAIT_MS = 100

MOST_RECORDS = 2048
"""Records taken in one go."""

OVERRUN_SECONDS = 2.0
"""For so long after the receive buffer overflowed opens are shed, so that it can be emptied."""

MOST_FILE_EVENTS = 1024
"""File events taken in one go; each costs some system calls of ours, and the records must not wait for long."""

AHEAD = 16
"""Waiting batches from which on the engine has no time to lose."""


class Reader:
    """Reads the sensors into a queue until stopped.

    Attributes:
        batches: what was read, in order.
        failure: the error that ended the reading, None while all is well.
        shedder: what it drops under pressure.
        unapplied: the process events in `batches`, and of a batch in work those that its taker has not reported.
    """

    def __init__(self, sensors: Sensors, mounts_path: str, gate: Gate | None = None) -> None:
        self._gate = gate
        self.batches = WaitingBatches()
        self.shedder = Shedder()
        self.failure: OSError | None = None
        self.unapplied = Unapplied(self._read_events)
        self._sensors = sensors
        self._lost = 0
        self._overruns = 0
        self._overrun_at = float("-inf")
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
            self.batches.get()
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
        gate_number = self._gate.fileno() if self._gate is not None else -1
        if gate_number >= 0:
            poll.register(gate_number, select.POLLIN)
        while not self._stopping.is_set():
            # What the engine has read itself, to be sure of what it saw in /proc, wakes nobody.
            ready = {descriptor for descriptor, _ in poll.poll(LONGEST_WAIT_MS)}
            records = self.shedder.sift(sensors.reader.read_batch(MOST_RECORDS), self._least_worth())
            files = self._read_files()
            admissions = self._gate.read_batch() if self._gate is not None else []
            if gate_number >= 0 and self._gate is not None and self._gate.ended:
                poll.unregister(gate_number)
                gate_number = -1
            # The connector is drained after the others: whatever forked before one of them was written is then in
            # hand.
            events = self.unapplied.take()
            changed = self._mounts in ready
            if changed and self._gate is not None:
                self._gate.mounts_changed()  # at once: the first program of a container follows soon
            if records or events or changed or files or admissions:
                self.batches.put(Batch(events, records, changed, self._lost_events(), files, admissions))

    def _least_worth(self) -> int:
        """The least worth of events that are kept now."""
        now = time.monotonic()
        before, self._overruns = self._overruns, self._sensors.reader.overruns
        if self._overruns > before:
            self._overrun_at = now
        least = least_worth(self.batches.size / self.batches.capacity)
        return max(least, CONNECTIONS) if now - self._overrun_at < OVERRUN_SECONDS else least

    def _read_events(self) -> list[ProcessEvent]:
        connector = self._sensors.connector
        return connector.read_batch(MOST_RECORDS) if connector is not None else []

    def _read_files(self) -> list[FileEvent]:
        files = self._sensors.files
        if files is None:
            return []
        try:
            return files.read_batch(MOST_FILE_EVENTS)
        except Malformed as error:
            raise OSError(errno.EPROTO, str(error)) from error

    def _lost_events(self) -> bool:
        """Whether process events were lost since this was asked last."""
        connector = self._sensors.connector
        before, self._lost = self._lost, connector.lost + connector.overruns if connector is not None else 0
        return self._lost > before
