"""Opens that fanotify and audit both tell of, or one of them."""

from __future__ import annotations

import os

import pytest

from auditfalco.model.descriptor import Descriptor
from auditfalco.model.event import Event
from auditfalco.model.names import Names
from auditfalco.model.process import Image, Process
from auditfalco.normalise import sightings as module
from auditfalco.normalise.sightings import HOLD_SECONDS, KEPT_SECONDS, Sighting, Sightings
from kernel_sources.fanotify import CLOSE_NOWRITE, CLOSE_WRITE, OPEN, OPEN_EXEC, FileEvent

NOW = 1_700_000_000_000_000_000
MS = 1_000_000
PATH = "/etc/shadow"


def seen(at_ms: int = 0, mask: int = OPEN, path: str = PATH, inode: int = 7, minor: int = 1) -> FileEvent:
    return FileEvent(NOW + at_ms * MS, mask, 500, path, os.makedev(8, minor), inode, 0o100640)


def recorded(
    process: Process, at_ms: int = 0, name: str | None = PATH, inode: int | None = 7, device: tuple[int, int] = (8, 1)
) -> Event:
    event = Event("openat", NOW + at_ms * MS)
    event.process, event.fd_number = process, 3
    event.descriptor = Descriptor("file", name, name, device, inode)
    return event


class Told:
    """A table of sightings with a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.table = Sightings(lambda: self.now)

    def after(self, seconds: float) -> list[Sighting]:
        """What is told when some time has passed."""
        self.now += seconds
        return list(self.table.due())


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def process() -> Process:
    return Process(500, NOW, None, Image())


def test_what_both_tell_is_one_event_and_says_so(told: Told, process: Process) -> None:
    told.table.saw(process, seen())
    event = recorded(process)
    assert told.table.admits(event)
    assert event.sources == ("audit", "fanotify")
    assert told.after(1.0) == []


def test_what_fanotify_alone_tells_is_an_event_after_a_moment(told: Told, process: Process) -> None:
    told.table.saw(process, seen())
    assert told.after(HOLD_SECONDS / 2) == []
    (sighting,) = told.after(HOLD_SECONDS)
    assert (sighting.path, sighting.inode, sighting.device, sighting.sources) == (PATH, 7, (8, 1), ("fanotify",))
    assert told.after(1.0) == []


def test_records_that_come_later_are_about_what_was_told(told: Told, process: Process) -> None:
    told.table.saw(process, seen())
    assert len(told.after(1.0)) == 1
    assert not told.table.admits(recorded(process))


def test_records_of_a_later_open_are_not(told: Told, process: Process) -> None:
    told.table.saw(process, seen())
    assert len(told.after(1.0)) == 1
    later = recorded(process, at_ms=500)
    assert told.table.admits(later)
    assert later.sources == ("audit",)


def test_merged_opens_are_confirmed_together(told: Told, process: Process) -> None:
    told.table.saw(process, seen(at_ms=40))
    events = [recorded(process, at_ms) for at_ms in (10, 20, 30)]
    assert all(told.table.admits(event) for event in events)
    assert {event.sources for event in events} == {("audit", "fanotify")}


def test_an_open_after_a_confirmed_one_waits_for_its_own_records(told: Told, process: Process) -> None:
    told.table.saw(process, seen())
    assert told.table.admits(recorded(process))
    told.table.saw(process, seen(at_ms=50))
    assert [one.since_ns for one in told.after(1.0)] == [NOW + 50 * MS]


@pytest.mark.parametrize("other", [{"inode": 8}, {"device": (8, 2)}])
def test_other_files_are_others(told: Told, process: Process, other: dict[str, object]) -> None:
    told.table.saw(process, seen())
    event = recorded(process, **other)  # type: ignore[arg-type]
    assert told.table.admits(event)
    assert event.sources == ("audit",)
    assert len(told.after(1.0)) == 1


def test_other_processes_are_others(told: Told, process: Process) -> None:
    told.table.saw(process, seen())
    assert told.table.admits(recorded(Process(501, NOW, None, Image())))
    assert len(told.after(1.0)) == 1


def test_devices_of_overlays_do_not_tell_files_apart(told: Told, process: Process) -> None:
    told.table.saw(process, seen()._replace(device=os.makedev(0, 51)))
    event = recorded(process, device=(0, 99))
    assert told.table.admits(event)
    assert event.sources == ("audit", "fanotify")


def test_both_names_are_kept_where_they_differ(told: Told, process: Process) -> None:
    told.table.saw(process, seen())
    event = recorded(process, name="/tmp/link")
    told.table.admits(event)
    assert event.descriptor is not None
    assert isinstance(event.descriptor.name, Names)
    assert event.descriptor.name.all == ("/tmp/link", PATH)


def test_a_failed_open_is_nothing_that_fanotify_sees(told: Told, process: Process) -> None:
    told.table.saw(process, seen())
    event = recorded(process)
    event.fd_number = -1
    assert told.table.admits(event)
    assert event.sources == ("audit",)


def test_executed_files_are_no_opens(told: Told, process: Process) -> None:
    told.table.saw(process, seen(mask=OPEN | OPEN_EXEC))
    assert told.after(1.0) == []


@pytest.mark.parametrize(("mask", "writes"), [(0, None), (CLOSE_NOWRITE, False), (CLOSE_WRITE, True)])
def test_the_close_tells_writing_from_reading(told: Told, process: Process, mask: int, writes: bool | None) -> None:
    told.table.saw(process, seen())
    told.table.saw(process, seen(at_ms=10, mask=mask))
    (sighting,) = told.after(1.0)
    assert sighting.writes is writes


def test_a_close_alone_is_nothing(told: Told, process: Process) -> None:
    told.table.saw(process, seen(mask=CLOSE_NOWRITE))
    assert told.after(1.0) == []


class TestOperations:
    """io_uring: records that come late, or without the file."""

    def operation(self, process: Process, at_ms: int = 0, name: str | None = None) -> Event:
        event = recorded(process, at_ms, name, inode=None)
        event.io_uring = True
        return event

    def test_the_file_of_an_operation_without_one_is_the_sighting_s(self, told: Told, process: Process) -> None:
        told.table.saw(process, seen())
        assert not told.table.admits(self.operation(process, at_ms=3))
        (sighting,) = told.after(1.0)
        assert sighting.io_uring
        assert sighting.sources == ("audit", "fanotify")

    def test_its_name_may_come_after_the_sighting_was_told(self, told: Told, process: Process) -> None:
        told.table.saw(process, seen())
        assert len(told.after(1.0)) == 1
        assert not told.table.admits(self.operation(process, name=PATH))
        assert told.table.admits(self.operation(process, name="/etc/passwd"))

    def test_one_sighting_is_the_file_of_one_operation(self, told: Told, process: Process) -> None:
        told.table.saw(process, seen())
        assert not told.table.admits(self.operation(process))
        assert told.table.admits(self.operation(process))

    def test_a_system_call_without_a_file_is_left_as_it_is(self, told: Told, process: Process) -> None:
        told.table.saw(process, seen())
        assert told.table.admits(recorded(process, inode=None, name=None))
        assert len(told.after(1.0)) == 1


def test_what_was_told_long_ago_is_forgotten(told: Told, process: Process) -> None:
    told.table.saw(process, seen())
    assert len(told.after(1.0)) == 1
    told.after(KEPT_SECONDS)
    assert told.table.admits(recorded(process))
    assert told.table.evictions == 0


def test_the_table_is_bounded_and_loses_no_event(told: Told, process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SIGHTINGS", 10)
    for inode in range(15):
        told.table.saw(process, seen(inode=inode))
    early = told.after(0)
    assert told.table.evictions == 5
    late = told.after(1.0)
    assert sorted(one.inode for one in [*early, *late]) == list(range(15))


def test_nothing_is_left_at_the_end(told: Told, process: Process) -> None:
    told.table.saw(process, seen())
    assert len(list(told.table.close())) == 1
