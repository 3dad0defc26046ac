"""Audit logs read as events: what `replay` and `decode` share.

Hermetic: the state is built from the log alone, never from the machine it is read on. Each node of a merged log has a
state of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from auditfalco.model.event import Event
from auditfalco.normalise.normaliser import Normaliser
from auditfalco.state.host import HostState
from kernel_sources.audit.assembler import Assembler
from kernel_sources.audit.logfile import LogCount, read_logs
from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.audit.record import Record

MOST_HOSTS = 64
"""Nodes whose state is kept; a log that names more has the one first met forgotten."""

_LOG_TIME_ALONE = 0.0
"""The assembler's clock for logs: a constant, so that the time in the records decides alone."""

UNNAMED_HOST = "localhost"
"""evt.hostname for a log that names no node."""


class Archive:
    """Reads logs into events.

    Attributes:
        count: lines, records, and what was skipped.
        hosts: the state of each node, by name.
        other: raw events that are about no system call.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self.count = LogCount()
        self.hosts: dict[str, HostState] = {}
        self._paths = paths
        self._normalisers: dict[str, Normaliser] = {}
        self._assembler = Assembler()
        self._other_before = 0

    def events(self) -> Iterator[tuple[Event, HostState]]:
        """Every event with the state it is seen against, in the order in which they are completed.

        Raises:
            UnreadableLog: at the first log that cannot be read; the events before it have been given.
        """
        yield from self.events_of(read_logs(self._paths, self.count))

    def events_of(self, records: Iterable[Record]) -> Iterator[tuple[Event, HostState]]:
        """The events of records from elsewhere, as `events`."""
        for record in records:
            yield from self._normalised(self._assembler.feed(record, _LOG_TIME_ALONE))
        yield from self._normalised(self._assembler.close())
        for node, normaliser in self._normalisers.items():
            for event in normaliser.close():
                yield event, self.hosts[node]

    @property
    def other(self) -> int:
        """Raw events that are about no system call, and so are no events here."""
        return self._other_before + sum(normaliser.skipped for normaliser in self._normalisers.values())

    @property
    def lost(self) -> int:
        """Events that the logs' serial numbers say are missing."""
        return self._assembler.lost

    def closing_lines(self) -> list[str]:
        """What reading came to, for a person: skipped lines with their places, and loss."""
        lines = [str(fault) for fault in self.count.faults]
        if self.count.skipped > len(lines):
            lines.append(f"… and {self.count.skipped - len(lines)} more lines that are no records")
        lines.append(
            f"{self.count.lines} lines, {self.count.records} records, {self.count.skipped} skipped;"
            f" {self.other} events about no system call; {self.lost} events missing by their serial numbers"
        )
        return lines

    def _normalised(self, raws: Iterable[RawEvent]) -> Iterator[tuple[Event, HostState]]:
        for raw in raws:
            host = self.hosts.get(raw.node)
            if host is None:
                if len(self.hosts) >= MOST_HOSTS:
                    self._forget(next(iter(self.hosts)))
                host = self.hosts[raw.node] = HostState(raw.node or UNNAMED_HOST)
                self._normalisers[raw.node] = Normaliser(host)
            for event in self._normalisers[raw.node].events(raw):
                yield event, host
                end = self._normalisers[raw.node].exit_told(raw, event)
                if end is not None:
                    yield end, host

    def _forget(self, node: str) -> None:
        del self.hosts[node]
        self._other_before += self._normalisers.pop(node).skipped
