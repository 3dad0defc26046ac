"""Executions that the process connector announces and no record tells."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.agent.pipeline import Pipeline
from auditfalco.agent.waiting import Batch
from auditfalco.fields.binder import EventBinder
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.model.event import Event
from auditfalco.normalise.executions_seen import HOLD_SECONDS, Executions
from auditfalco.state.host import HostState
from auditfalco.state.images import announce
from kernel_sources.connector import Exec, Fork

NOW = 1_700_000_000_000_000_000
MS = 1_000_000
LOADER = "/lib64/ld-linux-x86-64.so.2"


class Told:
    """Executions of one process, with a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.host = HostState("testbox")
        self.executions = Executions(self.host, lambda: self.now)
        self.executions.engaged = lambda: True
        self.process = self.host.processes.obtain(500, NOW)

    def executes(self, at_ms: int, *files: str) -> None:
        """The process executes something, for which these files are opened."""
        for file in files:
            self.executions.opened(self.process, file)
        announce(self.process, NOW + at_ms * MS)
        self.executions.announced(self.process)

    def recorded(self, at_ms: int) -> Event:
        """A record of an execution comes."""
        event = Event("execve", NOW + at_ms * MS)
        event.process, event.result = self.process, 0
        image = self.host.processes.confirm_exec(self.process, event.time_ns)
        image.filled, image.comm = True, "recorded"
        return event

    def after(self, seconds: float) -> list[Event]:
        """What is told when some time has passed."""
        self.now += seconds
        return list(self.executions.due())


@pytest.fixture
def told() -> Told:
    return Told()


def read(text: str, event: Event, host: HostState) -> Any:
    return EventBinder(host)(CATALOGUE.resolve(text, None))(event)


def test_what_no_record_tells_is_an_event_after_a_moment(told: Told) -> None:
    told.executes(0, "/usr/bin/id", LOADER)
    assert told.after(HOLD_SECONDS / 2) == []
    (event,) = told.after(HOLD_SECONDS)
    assert (event.type, event.time_ns, event.sources) == ("execve", NOW, ("connector", "fanotify"))
    assert read("proc.name", event, told.host) == "id"
    assert read("proc.exepath", event, told.host) == "/usr/bin/id"
    assert event.arguments["res"].text == "0"
    assert told.after(1.0) == []


@pytest.mark.parametrize(
    ("files", "name", "exe"),
    [
        (["/usr/bin/id", LOADER], "id", "/usr/bin/id"),
        (["/tmp/script", "/bin/sh", LOADER], "script", "/bin/sh"),
        (["/opt/static"], "static", "/opt/static"),
        ([LOADER], "ld-linux-x86-64", LOADER),
        ([], None, None),
    ],
)
def test_what_is_known_by_the_files_that_were_opened(
    told: Told, files: list[str], name: str | None, exe: str | None
) -> None:
    told.executes(0, *files)
    (event,) = told.after(1.0)
    assert (read("proc.name", event, told.host), read("proc.exepath", event, told.host)) == (name, exe)
    assert event.sources == (("connector", "fanotify") if files else ("connector",))


def test_what_a_record_tells_is_told_once(told: Told) -> None:
    told.executes(5)
    event = told.recorded(0)
    assert list(told.executions.admitted([event])) == [event]
    assert told.after(1.0) == []


def test_a_record_that_comes_later_is_about_what_was_told(told: Told) -> None:
    told.executes(5)
    assert len(told.after(1.0)) == 1
    assert list(told.executions.admitted([told.recorded(0)])) == []
    later = told.recorded(5000)
    assert list(told.executions.admitted([later])) == [later]


def test_two_executions_in_a_row_are_two(told: Told) -> None:
    told.executes(0, "/bin/sh")
    told.executes(20, "/usr/bin/id")
    first, second = told.after(1.0)
    assert (first.time_ns, second.time_ns) == (NOW, NOW + 20 * MS)


def test_while_audit_tells_nothing_is_kept(told: Told) -> None:
    told.executions.engaged = lambda: False
    told.executes(0, "/usr/bin/id")
    assert told.after(1.0) == []


def test_other_calls_go_on(told: Told) -> None:
    told.executes(0)
    event = Event("connect", NOW)
    event.process, event.result = told.process, 0
    assert list(told.executions.admitted([event])) == [event]


@pytest.mark.parametrize(
    ("engaged", "login_uids", "types"), [(True, (), ["execve"]), (False, (), []), (True, (7,), [])]
)
def test_in_the_pipeline(engaged: bool, login_uids: tuple[int, ...], types: list[str]) -> None:
    made: list[Event] = []
    pipeline = Pipeline(HostState("testbox"), made.append, login_uids=login_uids)
    pipeline.executions.engaged = lambda: engaged
    pipeline.take(Batch([Fork(1000, 400, 400, 500, 500), Exec(2000, 500, 500)], [], False))
    pipeline.finish()
    assert [event.type for event in made] == types
