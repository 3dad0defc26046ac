"""A sink with a queue and a writer thread of its own, so that no destination can hold up detection or another sink."""

from __future__ import annotations

import threading
from collections import deque
from typing import Protocol

from auditfalco.model.alert import Alert

DEFAULT_CAPACITY = 65_536


class Sink(Protocol):
    """One destination of alerts; called from its own thread only."""

    name: str

    def write(self, alert: Alert) -> None:
        """Deliver one alert; OSError when the destination fails."""

    def close(self) -> None:
        """Deliver what is buffered and release the destination."""


class QueuedSink:
    """Feeds a sink from a bounded queue, in order.

    Attributes:
        dropped: alerts not queued because `capacity` were waiting, or because the sink was closed.
        failed: alerts that the destination refused.
    """

    def __init__(self, sink: Sink, capacity: int = DEFAULT_CAPACITY) -> None:
        self.dropped = 0
        self.failed = 0
        self.last_error: OSError | None = None
        self._sink = sink
        self._capacity = capacity
        self._waiting: deque[Alert] = deque()
        self._changed = threading.Condition()
        self._writing = False
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=f"sink {sink.name}", daemon=True)
        self._thread.start()

    @property
    def name(self) -> str:
        """The sink's name, for messages and counters."""
        return self._sink.name

    def put(self, alert: Alert) -> bool:
        """Queue an alert; False when the queue is full or closed, which is counted."""
        with self._changed:
            if self._closing or len(self._waiting) >= self._capacity:
                self.dropped += 1
                return False
            self._waiting.append(alert)
            self._changed.notify()
            return True

    def close(self, timeout: float = 5.0) -> int:
        """Stop, delivering what waits for at most `timeout` seconds; returns how many alerts could not be delivered."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout)
        with self._changed:
            return len(self._waiting) + self._writing

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closing:
                    self._changed.wait()
                if not self._waiting:
                    break
                alert = self._waiting.popleft()
                self._writing = True
            try:
                self._sink.write(alert)
            except OSError as error:
                self.failed += 1
                self.last_error = error
            self._writing = False
        try:
            self._sink.close()
        except OSError as error:
            self.last_error = error
