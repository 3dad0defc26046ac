"""What rules ask for beforehand."""

from __future__ import annotations

import pytest

from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME
from auditfalco.state.expectations import Expectations
from auditfalco.state.host import HostState


@pytest.mark.parametrize(
    ("name", "argument"),
    [("proc.env", None), ("proc.env", "HOME"), ("proc.aenv", "HOME"), ("evt.arg", "env"), ("evt.rawarg", "env")],
)
def test_environments(name: str, argument: str | None) -> None:
    host = HostState("testbox")
    host.expect("proc.name", None)
    host.expect("evt.type", "execve")
    assert (host.environments.wanted, host.expected.exits) == (False, False)
    host.expect(name, argument)
    assert host.environments.wanted


def test_arguments_by_name_and_by_position() -> None:
    expectations = Expectations()
    execve = EVENT_TYPES_BY_NAME["execve"]
    assert expectations.arguments(execve) == set()
    expectations.note("evt.arg", "vm_size")
    expectations.note("evt.arg", "fd")
    expectations.note("evt.rawarg", "7")
    assert expectations.arguments(execve) == {"vm_size", "fdlimit"}
    assert expectations.arguments(EVENT_TYPES_BY_NAME["open"]) == {"fd"}


def test_exits() -> None:
    expectations = Expectations()
    expectations.note("evt.type", "procexit")
    assert expectations.exits
