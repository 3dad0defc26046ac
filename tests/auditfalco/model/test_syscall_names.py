"""Calls of several widths, and the one event type that they are."""

from __future__ import annotations

import pytest

from auditfalco.coverage.needs import syscalls
from auditfalco.language.eventset import EventSet
from auditfalco.model.syscallnames import calls_of, event_type_of
from kernel_sources.tables import syscall_number


@pytest.mark.parametrize(
    ("call", "event_type"),
    [
        ("openat", "openat"),
        ("setuid32", "setuid"),
        ("setresgid32", "setresgid"),
        ("pread64", "pread"),
        ("sendfile64", "sendfile"),
        ("prlimit64", "prlimit"),
        ("execve", "execve"),
        ("no_such_call32", "no_such_call32"),
    ],
)
def test_event_type_of_a_call(call: str, event_type: str) -> None:
    assert event_type_of(call) == event_type


def test_calls_of_an_event_type() -> None:
    assert {"setuid", "setuid32"} <= set(calls_of("setuid"))
    assert all(event_type_of(call) == "setuid" for call in calls_of("setuid"))
    assert "openat64" not in syscalls(EventSet(frozenset({"openat"})))


def test_both_widths_are_asked_for() -> None:
    asked = syscalls(EventSet(frozenset({"setuid", "pread"})))
    numbers = {machine: {syscall_number(machine, call) for call in asked} - {None} for machine in ("x86_64", "i386")}
    assert numbers == {"x86_64": {105, 17}, "i386": {23, 213, 180}}
