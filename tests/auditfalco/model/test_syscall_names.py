"""Calls of several widths, and the one event type that they are."""

from __future__ import annotations

import pytest

from auditfalco.coverage.needs import syscalls
from auditfalco.language.eventset import EventSet
from auditfalco.model.eventtypes import is_event_type
from auditfalco.model.syscallnames import calls_of, event_type_of
from kernel_sources.tables import syscall_names, syscall_number


@pytest.mark.parametrize(
    ("call", "event_type"),
    [
        ("openat", "openat"),
        ("setuid32", "setuid"),
        ("setresgid32", "setresgid"),
        ("pread64", "pread"),
        ("sendfile64", "sendfile"),
        ("prlimit64", "prlimit"),
        ("_llseek", "llseek"),
        ("ugetrlimit", "getrlimit"),
        ("fadvise64_64", "fadvise64"),
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


FALCO_HAS_NO_NAME_FOR = {
    "x86_64": {"putpmsg", "afs_syscall", "tuxcall", "security", "vserver"},
    "i386": {
        *("break", "stty", "gtty", "ftime", "prof", "lock", "mpx", "ulimit", "profil", "vm86old"),
        *("afs_syscall", "putpmsg", "vserver"),
    },
    "aarch64": set(),
}
"""Numbers that the kernel has given up or never used, in kernel_sources' tables all the same."""


@pytest.mark.parametrize("machine", FALCO_HAS_NO_NAME_FOR)
def test_every_call_of_a_table_is_an_event_type_and_asked_for_by_it(machine: str) -> None:
    for call in syscall_names(machine).values():
        if call in FALCO_HAS_NO_NAME_FOR[machine]:
            assert not is_event_type(event_type_of(call))
        else:
            assert call in calls_of(event_type_of(call))
            assert is_event_type(event_type_of(call)), call
