"""`doctor`: its two forms and its exit code, on machines made up here."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Callable

import pytest

from auditfalco.cli import doctor
from auditfalco.coverage.machine.auditing import Auditing
from auditfalco.coverage.machine.machine import Machine
from auditfalco.coverage.machine.privileges import Privileges

Command = Callable[..., Any]
MACHINE = Machine(auditing=Auditing(buffer=1 << 26), privileges=Privileges(net=True))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[[Machine], None]:
    return lambda one: monkeypatch.setattr(doctor, "examine", lambda proc: one)


def able(one: Machine) -> Machine:
    return replace(one, privileges=replace(one.privileges, effective=frozenset({"CAP_AUDIT_READ"})))


def test_as_json(command: Command, machine: Callable[[Machine], None]) -> None:
    machine(able(MACHINE))
    said = command("doctor", "--json")
    document = json.loads(said.out)
    assert (said.code, document["can_run"]) == (0, True)
    assert all(set(check) == {"check", "state", "found", "mend"} for check in document["checks"])
    assert {check["state"] for check in document["checks"]} == {"ok", "warn"}


def test_for_people(command: Command, machine: Callable[[Machine], None]) -> None:
    machine(able(MACHINE))
    said = command("doctor")
    assert said.code == 0
    assert said.out.endswith("The agent can run here.\n")
    assert "\x1b" not in said.out
    assert "warn  audit rules: audit rules cannot be changed" in said.out


def test_a_machine_that_cannot(command: Command, machine: Callable[[Machine], None]) -> None:
    machine(MACHINE)
    said = command("doctor")
    assert said.code == 3
    assert "fail  capabilities: CAP_AUDIT_READ is missing" in said.out
    assert said.out.endswith("The agent cannot run here.\n")


def test_the_table_of_a_terminal(
    command: Command, machine: Callable[[Machine], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(replace(MACHINE, no_connector="[bold]\x1b[2J"))
    monkeypatch.setattr(doctor.sys.stdout.__class__, "isatty", lambda self: True, raising=False)
    said = command("doctor")
    assert said.code == 3
    assert "[bold]" in said.out and "\x1b[2J" not in said.out
