"""Which parameters are told, found by trying."""

from __future__ import annotations

import pytest

from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME
from auditfalco.model.syscallnames import calls_of
from auditfalco.normalise.normaliser import BUILDERS
from auditfalco.normalise.told import told_parameters
from kernel_sources.tables import syscall_number

MACHINES = ("x86_64", "i386", "aarch64", "arm")


@pytest.mark.parametrize("event_type", sorted(BUILDERS))
def test_every_builder_tells_something(event_type: str) -> None:
    """The result at least, of every call that one of these machines has and that Falco has parameters of."""
    told = told_parameters(event_type)
    exists = any(syscall_number(machine, call) is not None for call in calls_of(event_type) for machine in MACHINES)
    names = [parameter.name for parameter in EVENT_TYPES_BY_NAME[event_type].parameters]
    assert bool(told) == (exists and bool(names))
    assert [name for name in names if name in told] == list(told)


@pytest.mark.parametrize(
    ("event_type", "untold"),
    [
        ("openat", []),
        ("renameat2", ["flags"]),
        ("finit_module", ["uargs"]),
        ("copy_file_range", ["offout", "offin", "len"]),
        ("link", []),
        ("linkat", ["flags"]),
        ("symlinkat", []),
        ("mount", ["type"]),
        ("setresuid", []),
        ("kill", []),
    ],
)
def test_what_stands_behind_pointers_or_in_the_fifth_register_is_not_told(event_type: str, untold: list[str]) -> None:
    told = told_parameters(event_type)
    assert [one.name for one in EVENT_TYPES_BY_NAME[event_type].parameters if one.name not in told] == untold


def test_what_the_executed_file_tells_is_counted() -> None:
    assert {"exe", "args", "exe_ino", "exe_ino_ctime", "cap_effective", "pgid"} <= set(told_parameters("execve"))


def test_what_rules_must_ask_for_is_counted() -> None:
    assert {"env", "cgroups", "vm_size", "pgft_min", "fdlimit"} <= set(told_parameters("execve"))
    assert told_parameters("procexit") == ("status", "ret", "sig", "core", "reaper_tid")


@pytest.mark.parametrize("event_type", ["umask", "no_such_call", "signaldeliver"])
def test_of_other_events_nothing_is_told(event_type: str) -> None:
    assert told_parameters(event_type) == ()
