"""File events on their way from fanotify to events: whose they are, and what audit tells of them too."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from auditfalco.model.event import Event
from auditfalco.model.process import Process
from auditfalco.normalise.normaliser import Normaliser
from auditfalco.normalise.sightings import Sighting, Sightings
from auditfalco.state.host import HostState
from kernel_sources.fanotify import FileEvent


class FileEvents:
    """Turns file events into events, each open once, whichever sensors tell of it.

    Args:
        host: the state that they are seen against.
        normaliser: makes the events.
        login_uids: when given, only processes with one of these login uids are seen.
        executed: told of files that were opened in order to be executed.

    Attributes:
        named: gives the path by which rules name a file, by device and inode: it may have been opened by another one.
        audit_alone: told of each event that records tell and fanotify did not.
        fanotify_alone: told of each open that fanotify tells and records did not.
    """

    def __init__(
        self,
        host: HostState,
        normaliser: Normaliser,
        login_uids: Collection[int] = (),
        executed: Callable[[Process, str], None] | None = None,
    ) -> None:
        self._host = host
        self._normaliser = normaliser
        self._login_uids = frozenset(login_uids)
        self.named: Callable[[tuple[int, int]], str | None] = lambda number: None
        self.audit_alone: Callable[[Event], None] = lambda event: None
        self.fanotify_alone: Callable[[Sighting], None] = lambda sighting: None
        self._executed = executed
        self._sightings = Sightings()

    @property
    def evictions(self) -> int:
        """What was forgotten for want of room."""
        return self._sightings.evictions

    def take(self, events: Iterable[FileEvent]) -> None:
        """Take in what was read from fanotify, before the records that were readable at that time."""
        for event in events:
            process = self._process(event)
            if process is None:
                continue
            if event.executed and self._executed is not None:
                self._executed(process, event.path)
            else:
                self._sightings.saw(process, event, self.named((event.device, event.inode)))

    def admitted(self, events: Iterable[Event]) -> Iterator[Event]:
        """Those of the events that records tell which were none already; see :meth:`Sightings.admits`."""
        for event in events:
            if self._sightings.admits(event):
                if event.sources == ("audit",):
                    self.audit_alone(event)
                yield event

    def due(self) -> Iterator[Event]:
        """The events of what records should have told by now, and have not."""
        return self._events(self._sightings.due())

    def close(self) -> Iterator[Event]:
        """The events of what still waits for records."""
        return self._events(self._sightings.close())

    def in_scope(self, process: Process | None) -> bool:
        """Whether a process is to be seen, by its login uid as records have told it, or its parent's."""
        return not self._login_uids or (process is not None and process.login_uid in self._login_uids)

    def _events(self, sightings: Iterable[Sighting]) -> Iterator[Event]:
        for sighting in sightings:
            if self.in_scope(sighting.process):
                yield self._normaliser.opened(sighting)
                self.fanotify_alone(sighting)

    def _process(self, event: FileEvent) -> Process | None:
        """Who did it; None for what is not to be seen."""
        if not event.pid:
            return None
        process = self._host.processes.seen(event.pid, event.time_ns, event.gone)
        if self._login_uids and not event.gone:
            login_uid = self._host.login_uid_now(event.pid)
            if login_uid is not None:
                process.login_uid = login_uid
                return process if login_uid in self._login_uids else None
        return process
