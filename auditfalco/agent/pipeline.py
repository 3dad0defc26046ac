"""The engine's half of the daemon: from batches of kernel messages to alerts."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from auditfalco.agent.clock import WallClock
from auditfalco.agent.file_events import FileEvents
from auditfalco.agent.shedding import SHED
from auditfalco.agent.unapplied import Unapplied
from auditfalco.agent.waiting import Batch
from auditfalco.model.event import Event
from auditfalco.model.process import Process
from auditfalco.normalise.executions_seen import Executions
from auditfalco.normalise.normaliser import Normaliser
from auditfalco.state.host import HostState
from kernel_sources.audit.assembler import Assembler
from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.audit.record import Record
from kernel_sources.connector import Comm, Exec, Exit, Fork, ProcessEvent, Sid
from kernel_sources.errors import Malformed
from kernel_sources.tables.record_types import CONFIG_CHANGE

END_DELAY = 0.1
"""Seconds that the event of a process's end waits: the connector is faster than the audit records from before it."""


class _End(NamedTuple):
    """A process that has ended, and the children that it left behind."""

    process: Process
    time_ns: int
    status: int
    children: list[Process]


class Pipeline:
    """Applies batches to one host's state and hands every event to `consume`.

    Args:
        host: the state.
        consume: called with each event, state as of the event.
        entered: called with a process that was found to run in a container.
        unapplied: told of every process event that has been applied.
        configured: called with each raw event about audit's own configuration.
        login_uids: file events of processes with another login uid are left out; of all, when it is empty.

    Attributes:
        events: events made.
        malformed: records that could not be read.
        heard: whether any audit record has come at all.
    """

    def __init__(
        self,
        host: HostState,
        consume: Callable[[Event], None],
        entered: Callable[[Process], None] | None = None,
        unapplied: Unapplied | None = None,
        configured: Callable[[RawEvent], None] | None = None,
        login_uids: Collection[int] = (),
    ) -> None:
        self.host = host
        self.assembler = Assembler()
        self.normaliser = Normaliser(host)
        self.executions = Executions(host)
        self.files = FileEvents(host, self.normaliser, login_uids, self.executions.opened)
        self.events = 0
        self.malformed = 0
        self.heard = False
        self._ended: deque[tuple[float, _End]] = deque()
        self._clock = WallClock()
        self._unapplied = unapplied or Unapplied()
        self._consume = consume
        self._entered = entered
        self._configured = configured

    def take(self, batch: Batch) -> None:
        """Handle one batch: what the connector tells first, then what fanotify has seen, then the records."""
        if batch.process_events:
            moved_ns = self._clock.update()
            if moved_ns:
                self.host.processes.clock_set(moved_ns)
            self._unapplied.begin(batch.process_events)
            for self._unapplied.position, event in enumerate(batch.process_events):
                self._apply(event, self._clock.offset_ns)
        if batch.events_lost:
            self.host.recover(time.time_ns())
        for admission in batch.admissions:
            self.host.admissions.add(admission._replace(time_ns=admission.time_ns + self._clock.offset_ns))
        self.files.take(batch.file_events)
        self._handle_records(batch.records)
        self._tell_unrecorded()

    def _handle_records(self, records: list[tuple[int, bytes]]) -> None:
        now = time.monotonic()
        for record_type, text in records:
            self.heard = True
            try:
                record = Record.from_netlink(record_type, text)
            except Malformed:
                self.malformed += 1
                continue
            if record_type == SHED:
                self.assembler.skip(record.key, now)
                continue
            for raw in self.assembler.feed(record, now):
                self._handle(raw)

    def idle(self) -> None:
        """Let go of events that have waited too long for their last record; to be called now and then."""
        for raw in self.assembler.flush(time.monotonic()):
            self._handle(raw)
        self._pass_recorded(self.normaliser.overdue(time.time_ns()))
        self._tell_unrecorded()

    def finish(self) -> None:
        """Handle what is still open."""
        for raw in self.assembler.close():
            self._handle(raw)
        self._pass_recorded(self.normaliser.close())
        self._tell_executions(everything=True)
        self._pass_on(self.files.close())
        self._tell_ends(everything=True)

    def _handle(self, raw: RawEvent) -> None:
        if self._configured is not None and any(record.type == CONFIG_CHANGE for record in raw.records):
            self._configured(raw)
        self._pass_recorded(self.normaliser.events(raw))

    def _pass_recorded(self, events: Iterable[Event]) -> None:
        """Hand on what records tell, but for what another sensor has told already."""
        self._pass_on(self.files.admitted(self.executions.admitted(events)))

    def _tell_unrecorded(self) -> None:
        """Hand on what records should have told by now, and have not."""
        self._tell_executions()  # what a process runs, before what it opens
        self._pass_on(self.files.due())
        self._tell_ends()

    def _tell_executions(self, everything: bool = False) -> None:
        self._pass_on(
            self.normaliser.numbered(event)
            for event in self.executions.due(everything)
            if self.files.in_scope(event.process)
        )

    def _pass_on(self, events: Iterable[Event]) -> None:
        for event in events:
            self.events += 1
            process = event.process
            if process is not None and self._entered is not None:
                self._entered(process)
            self._consume(event)

    def _apply(self, event: ProcessEvent, offset: int) -> None:
        """Bring the process table up to date; `offset` turns the kernel's monotonic time into time since the epoch."""
        processes = self.host.processes
        time_ns = event.timestamp_ns + offset
        if isinstance(event, Fork):
            if event.is_thread:
                processes.thread_started(event.child_tgid, event.child_pid)
            else:
                processes.forked(event.parent_tgid, event.child_pid, time_ns)
        elif isinstance(event, Exec):
            processes.executed(event.tgid, time_ns)
            process = processes.alive(event.tgid)
            if process is not None:
                self.host.describe_container(process, time_ns)  # its engine may forget it soon
                self.executions.announced(process)
                if self._entered is not None:
                    self._entered(process)
        elif isinstance(event, Exit):
            if event.is_thread:
                processes.thread_ended(event.tgid, event.pid, time_ns)
            else:
                self._apply_exit(event, time_ns)
        elif isinstance(event, Comm):
            if event.pid == event.tgid:
                processes.renamed(event.tgid, event.comm, time_ns)
            else:
                processes.thread_renamed(event.tgid)
        elif isinstance(event, Sid):
            processes.session_started(event.tgid)

    def _apply_exit(self, event: Exit, time_ns: int) -> None:
        processes = self.host.processes
        process = processes.alive(event.tgid)
        children = list(process.children.values()) if process is not None else []
        processes.exited(event.tgid, time_ns, event.parent_tgid)
        if process is not None and process.exit_ns == time_ns and self.host.expected.exits:
            self._ended.append((time.monotonic(), _End(process, time_ns, event.code, children)))

    def _tell_ends(self, everything: bool = False) -> None:
        """Make the events of ends that are long enough ago for the records before them to have been handled."""
        due = time.monotonic() - END_DELAY
        while self._ended and (everything or self._ended[0][0] <= due):
            end = self._ended.popleft()[1]
            self.host.processes.catch_up(end.process, end.time_ns)
            self._pass_on([self.normaliser.exit(end.process, end.time_ns, end.status, end.children)])
