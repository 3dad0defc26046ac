"""Events of opens that fanotify alone tells of."""

from __future__ import annotations

import os
from typing import Any

import pytest

from auditfalco.agent.pipeline import Pipeline
from auditfalco.agent.waiting import Batch
from auditfalco.fields.binder import EventBinder
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.model import openflags
from auditfalco.model.event import Event
from auditfalco.model.process import Image, Process
from auditfalco.normalise.normaliser import Normaliser
from auditfalco.normalise.sightings import Sighting
from auditfalco.state.host import HostState
from kernel_sources.fanotify import CLOSE_NOWRITE, CLOSE_WRITE, OPEN, FileEvent

NOW = 1_700_000_000_000_000_000


def read(text: str, event: Event) -> Any:
    """A field of an event."""
    return EventBinder(HostState("testbox"))(CATALOGUE.resolve(text, None))(event)


def file_event(mask: int = OPEN, path: str = "/etc/shadow", flags: tuple[int, ...] | None = None) -> FileEvent:
    return FileEvent(NOW, mask, 500, path, os.makedev(8, 1), 7, 0o100640, flags, False)


def event_of(event: FileEvent) -> Event:
    process = Process(500, NOW, None, Image())
    process.start_known = True
    return Normaliser(HostState("testbox")).opened(Sighting(process, event, 0.0))


def test_what_it_tells() -> None:
    event = event_of(file_event())
    assert (event.type, event.time_ns, event.sources, event.number) == ("openat", NOW, ("fanotify",), 1)
    assert (read("fd.name", event), read("fd.nameraw", event), read("proc.pid", event)) == ("/etc/shadow",) * 2 + (500,)
    assert (read("evt.res", event), read("evt.failed", event), read("evt.sensors", event)) == (
        "SUCCESS",
        False,
        "fanotify",
    )
    assert (read("fd.dev", event), read("fd.ino", event)) == (8 << 8 | 1, 7)
    assert read("fd.typechar", event) == "f"


@pytest.mark.parametrize(
    ("mask", "flags", "reads", "writes", "known"),
    [
        (OPEN, None, True, True, False),
        (OPEN, (os.O_RDONLY,), True, False, True),
        (OPEN, (os.O_WRONLY | os.O_APPEND,), False, True, True),
        (OPEN, (os.O_RDONLY, os.O_WRONLY), True, True, True),
        (OPEN | CLOSE_NOWRITE, (), True, False, True),
        (OPEN | CLOSE_WRITE, (), True, True, True),
        (OPEN | CLOSE_WRITE, (os.O_RDONLY,), True, True, True),
    ],
)
def test_reading_and_writing(mask: int, flags: tuple[int, ...] | None, reads: bool, writes: bool, known: bool) -> None:
    event = event_of(file_event(mask, flags=flags))
    assert (read("evt.is_open_read", event), read("evt.is_open_write", event)) == (reads, writes)
    assert ("flags" in event.arguments) is known


def test_a_file_without_a_name_any_more_keeps_the_one_it_had() -> None:
    assert read("fd.name", event_of(file_event(path="/tmp/x (deleted)"))) == "/tmp/x"


def test_what_has_no_place_in_the_tree_has_no_name() -> None:
    assert read("fd.name", event_of(file_event(path="anon_inode:[x]"))) is None


class TestPipeline:
    """File events and records on their way through the agent."""

    def events(self, *batches: Batch, login_uids: tuple[int, ...] = ()) -> list[Event]:
        made: list[Event] = []
        pipeline = Pipeline(HostState("testbox"), made.append, login_uids=login_uids)
        for batch in batches:
            pipeline.take(batch)
        pipeline.finish()
        return made

    def records(self, machine: Any, records: Any) -> list[tuple[int, bytes]]:
        lines = (
            records.syscall(257, ("ffffff9c", "1", "0", "0"), exit=3, auid=1000),
            records.cwd("/root"),
            records.path(0, "/etc/shadow", inode=7),
        )
        return [(number, b"audit(1700000000.000:1): " + text.encode()) for number, text in (*lines, (1320, ""))]

    def test_an_open_that_both_tell_of(self, machine: Any, records: Any) -> None:
        (event,) = self.events(Batch([], self.records(machine, records), False, False, [file_event()]))
        assert event.sources == ("audit", "fanotify")
        assert event.descriptor is not None
        assert event.fd_number == 3
        assert event.open_flags == openflags.O_RDONLY

    def test_an_open_that_fanotify_alone_tells_of(self) -> None:
        (event,) = self.events(Batch([], [], False, False, [file_event()]))
        assert event.sources == ("fanotify",)

    def test_an_open_that_audit_alone_tells_of(self, machine: Any, records: Any) -> None:
        (event,) = self.events(Batch([], self.records(machine, records), False))
        assert event.sources == ("audit",)

    def test_other_login_uids_are_left_out(self, machine: Any, records: Any) -> None:
        """What process it was, and whose, records have told before."""
        before = Batch([], self.records(machine, records), False)
        seen = Batch([], [], False, False, [file_event(path="/etc/gshadow")._replace(inode=8)])
        assert len(self.events(before, seen, login_uids=(1000,))) == 2
        assert len(self.events(before, seen, login_uids=(1001,))) == 1
