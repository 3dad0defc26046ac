"""procexit: the end of a process as an event."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.agent.pipeline import Pipeline
from auditfalco.agent.waiting import Batch
from auditfalco.fields.binder import EventBinder
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.model.event import Event
from auditfalco.model.process import Image, Process
from auditfalco.normalise.exits import exit_event
from auditfalco.state.host import HostState
from kernel_sources.connector import Exit, Fork

START = 1_700_000_000_000_000_000
GETPID, EXIT_GROUP, SETUID = 39, 231, 105


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (0, {"status": "0", "ret": "0", "sig": "0", "core": "0"}),
        (0x300, {"status": "768", "ret": "3", "sig": "0", "core": "0"}),
        (9, {"status": "9", "ret": "0", "sig": "SIGKILL", "core": "0"}),
        (0x8B, {"status": "139", "ret": "0", "sig": "SIGSEGV", "core": "1"}),
    ],
)
def test_status(texts: Any, status: int, expected: dict[str, str]) -> None:
    assert texts(exit_event(Process(500, START, None, Image()), START, status, ())) == {**expected, "reaper_tid": "0"}


def test_who_takes_over_the_children() -> None:
    init, parent = Process(1, START, None, Image()), Process(500, START, None, Image())
    init.comm = "init"
    child = Process(501, START, init, Image())
    argument = exit_event(parent, START, 0, [child]).arguments["reaper_tid"]
    assert (argument.value, argument.text) == (1, "init")
    child.parent = parent
    assert "reaper_tid" not in exit_event(parent, START, 0, [child]).arguments


def test_its_direction_is_that_of_falco(machine: Any, records: Any) -> None:
    process = machine.event(records.syscall(GETPID)).process
    event = machine.normaliser.exit(process, START, 0, ())
    read = EventBinder(machine.host)(CATALOGUE.resolve("evt.dir", None))
    assert (event.number, event.type, read(event)) == (2, "procexit", ">")


class TestLive:
    def events(self, expect: bool) -> list[Event]:
        """What the pipeline makes of a process that is forked and ends."""
        host, events = HostState("testbox"), []
        if expect:
            host.expect("evt.type", "procexit")
        pipeline = Pipeline(host, events.append)
        told = [
            Fork(1000, 400, 400, 500, 500),
            Exit(2000, 501, 500, 0, 17, 400, 400),
            Exit(3000, 500, 500, 256, 17, 400, 400),
        ]
        pipeline.take(Batch(told, [], False))
        assert events == []  # records from before may come yet
        pipeline.finish()
        assert host.processes.alive(500) is None
        return events

    def test_an_end_is_told_where_rules_ask(self) -> None:
        (event,) = self.events(expect=True)
        assert (event.type, event.process.pid, event.arguments["ret"].value) == ("procexit", 500, 1)

    def test_and_nowhere_else(self) -> None:
        assert self.events(expect=False) == []


class TestLogs:
    def test_the_status_that_a_process_chose(self, machine: Any, records: Any) -> None:
        machine.host.expect("evt.type", "procexit")
        raw = machine.raw(records.syscall(EXIT_GROUP, ("103", "0", "0", "0"), exit=None))
        event = machine.normaliser.event(raw)
        end = machine.normaliser.exit_told(raw, event)
        assert (end.type, end.arguments["status"].value, end.process) == ("procexit", 0x300, event.process)
        assert not end.process.is_alive

    def test_other_calls_end_nothing(self, machine: Any, records: Any) -> None:
        machine.host.expect("evt.type", "procexit")
        raw = machine.raw(records.syscall(GETPID))
        event = machine.normaliser.event(raw)
        assert machine.normaliser.exit_told(raw, event) is None
        assert event.process.is_alive

    def test_no_event_unless_rules_ask(self, machine: Any, records: Any) -> None:
        raw = machine.raw(records.syscall(EXIT_GROUP, exit=None))
        event = machine.normaliser.event(raw)
        assert machine.normaliser.exit_told(raw, event) is None
        assert not event.process.is_alive
