"""`fields`, `events` and `syscalls`: the catalogues as they are."""

from __future__ import annotations

import json
from typing import Any, Callable

from auditfalco.coverage.abis import host_machines
from auditfalco.coverage.unseen import LEVELS
from auditfalco.fields import catalogue_own
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME
from auditfalco.normalise.normaliser import BUILDERS
from kernel_sources.tables import URING_OPERATIONS, syscall_names

Command = Callable[..., Any]


def test_fields_as_json(command: Command) -> None:
    fields = {field["name"]: field for field in json.loads(command("fields", "--json").out)}
    assert list(fields) == [field.name for field in CATALOGUE]
    assert all(fields[field.name]["description"] == field.description for field in CATALOGUE)
    assert (fields["fd.types"]["is_list"], fields["proc.name"]["is_list"]) == (True, False)
    assert fields["proc.aname"]["argument"] == "[N]"
    assert fields["evt.arg"]["argument_required"] is True


def test_fields_say_what_they_are_made_of(command: Command) -> None:
    fields = {field["name"]: field for field in json.loads(command("fields", "--json").out)}
    always = ("proc.name", "proc.aname", "proc.args", "evt.arg", "evt.rawarg", "fd.name", "container.id", "user.name")
    assert all(fields[name]["served"] for name in always)
    assert fields["proc.args"]["sources"] == ["audit EXECVE", "procfs cmdline"]
    assert "reason" not in fields["proc.args"]
    assert fields["evt.cpu"]["served"] is False and "sources" not in fields["evt.cpu"]
    assert fields["evt.cpu"]["reason"] == "no audit record tells the processor"


def test_fields_for_people(command: Command) -> None:
    said = command("fields")
    assert said.code == 0
    for field in CATALOGUE:
        shown = (field.listed and not field.deprecated) or field in catalogue_own.FIELDS
        assert (f"  {field.name}{field.argument.value} " in said.out) == shown
    assert "from: audit EXECVE, procfs cmdline\n" in said.out
    assert "never set: no audit record tells the processor\n" in said.out
    falcos = command("run", "--list")
    assert [field.name for field in catalogue_own.FIELDS if field.name in falcos.out] == []


def test_events_as_json(command: Command) -> None:
    events = {event["name"]: event for event in json.loads(command("events", "--json").out)}
    assert set(events) == set(EVENT_TYPES_BY_NAME)
    assert {"name": "flags", "type": "FLAGS32"} in events["openat"]["params"]
    assert {name for name, event in events.items() if event["arguments_told"]} <= {*BUILDERS, "procexit"}
    assert events["rename"]["told"] == ["res", "oldpath", "newpath"]
    assert events["umask"]["told"] == []


def test_events_for_people(command: Command) -> None:
    said = command("events").out
    assert "\nsetsid(PID res)\n" in said
    assert "\nrenameat2: res, olddirfd, oldpath, newdirfd, newpath (not: flags)\n" in said


def test_syscalls_as_json(command: Command) -> None:
    calls = {(call["abi"], call["name"]): call for call in json.loads(command("syscalls", "--json").out)}
    machines = host_machines()
    assert {abi for abi, _ in calls} == {*machines, "io_uring"}
    for machine in machines:
        assert {name for abi, name in calls if abi == machine} == set(syscall_names(machine).values())
    assert {name for abi, name in calls if abi == "io_uring"} == set(URING_OPERATIONS)
    execve = calls[machines[0], "execve"]
    assert (execve["event_type"], execve["falco"], execve["missing"]) == ("execve", "parameters", False)
    assert {"exe", "args"} <= set(execve["told"])
    umask = calls[machines[0], "umask"]
    assert (umask["event_type"], umask["falco"], umask["told"]) == ("umask", "name", [])
    read = calls["io_uring", "read"]
    assert (read["event_type"], read["falco"], read["missing"], read["risk"]) == (None, None, True, "high")


def test_missing_syscalls(command: Command) -> None:
    every = json.loads(command("syscalls", "--json").out)
    missing = json.loads(command("syscalls", "--missing", "--json").out)
    assert sorted(missing, key=str) == sorted((call for call in every if call["missing"]), key=str)
    levels = [LEVELS.index(call["risk"]) for call in missing]
    assert levels == sorted(levels)
    assert all(call["reason"] for call in missing)
    assert all(call["missing"] for call in every if call["event_type"] is None)


def test_syscalls_for_people(command: Command) -> None:
    lines = command("syscalls").out.splitlines()
    assert lines[0] == f"{host_machines()[0]}:"
    assert any(line.split()[1:3] == ["renameat2", "renameat2"] and line.endswith("(not: flags)") for line in lines)
    assert any(line.split()[1:3] == ["umask", "umask"] and "(name and process alone)" in line for line in lines)
    assert any(line.split()[1:4] == ["read", "no", "event:"] for line in lines)
    missing = command("syscalls", "--missing").out
    assert missing.startswith("high ")
    assert "io_uring read, " in missing
