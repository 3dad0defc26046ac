"""The table of arguments in registers says what the normaliser does with them."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.coverage.abis import host_machines
from auditfalco.coverage.held import HELD
from auditfalco.model.syscallnames import calls_of
from kernel_sources.tables import machine_number, syscall_number

_TRIED = (0, 1, 2, 3, 5, 6, 9, 16, 0o1000, 0o4755, 0x4206, 0x10000000)


@pytest.mark.parametrize(("event_type", "parameter"), sorted(HELD))
def test_an_argument_follows_its_register_and_no_other(
    machine: Any, records: Any, event_type: str, parameter: str
) -> None:
    register = HELD[event_type, parameter].register
    calls = [(abi, syscall_number(abi, name)) for abi in host_machines() for name in calls_of(event_type)]
    for abi, number in calls:
        if number is None:
            continue

        def told(index: int, value: int, abi: str = abi, number: int = number) -> Any:
            registers = ["0"] * 4
            registers[index] = f"{value:x}"
            changes = {"arch": f"{machine_number(abi):x}"}
            event = machine.event(records.syscall(number, registers, exit=-1, **changes))
            return event.arguments[parameter].value

        nothing = told(register, 0)
        assert {told(register, value) for value in _TRIED} > {nothing}
        others = [index for index in range(4) if index != register]
        assert {told(index, value) for index in others for value in _TRIED} == {nothing}
