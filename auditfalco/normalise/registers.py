"""Calls whose event is told by their registers: a table says which parameter stands in which of the four.

How a register is read follows from the type that Falco gives the parameter. Flags and enumerations need the kernel's
numbers by name, since Falco has its own. What is only behind a pointer, or in the fifth or sixth argument, no record
shows, and the parameter stays absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Callable, Union

from auditfalco.model.event import Argument, Event
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME, Parameter
from auditfalco.normalise import arguments
from auditfalco.normalise.call import Builder, Call
from kernel_sources.tables import syscall_number

Numbers = Union[Mapping[str, int], Callable[[str], Mapping[str, int]]]
"""The kernel's numbers by name, or the function that gives those of a machine."""

Source = Union[int, "tuple[int, Numbers]"]
"""The register (0 to 3) of a parameter; with the kernel's numbers for flags and enumerations."""

_UNSET_16, _UNSET_32 = 0xFFFF, 0xFFFFFFFF


def told_by_registers(**parameters: Source) -> Builder:
    """A builder that tells the result, where the event has one, and each parameter from its register."""

    def build(call: Call, event: Event) -> None:
        event_type = EVENT_TYPES_BY_NAME[event.type]
        if event_type.parameter("res") is not None:
            call.tell_result(event)
        for name, source in parameters.items():
            register, numbers = source if isinstance(source, tuple) else (source, None)
            _tell(call, event, arguments.parameter_of(event.type, name), call.facts.args[register], numbers)

    return build


def _tell(call: Call, event: Event, parameter: Parameter, value: int, numbers: Numbers | None) -> None:
    kind, name = parameter.type, parameter.name
    if kind == "UID":
        call.tell_user(event, name, identity(call, value))
    elif kind == "GID":
        call.tell_group(event, name, identity(call, value))
    elif kind == "PID":
        call.tell_process(event, name, arguments.signed32(value))
    elif kind == "FD":
        event.fd_number = arguments.signed32(value)
        event.descriptor = call.tell_descriptor(event, name, event.fd_number)
    elif kind == "SIGTYPE":
        event.arguments[name] = arguments.signal(value & 0xFF)
    else:
        event.arguments[name] = _number(call, parameter, value, numbers)


def _number(call: Call, parameter: Parameter, value: int, numbers: Numbers | None) -> Argument:
    return told_number(parameter, call.facts.arch or "", call.facts.bits, value, numbers)


def told_number(
    parameter: Parameter, machine: str, bits: int | None, value: int, numbers: Numbers | None = None
) -> Argument:
    """What a register says of a parameter that is a number, flags or an enumeration.

    Args:
        parameter: Falco's.
        machine: whose registers they are; `bits` is their width.
        value: what the register holds.
        numbers: the kernel's numbers by name, for flags and enumerations that Falco has numbers of its own for.
    """
    if callable(numbers):
        numbers = numbers(machine)
    if numbers is not None:
        known = arguments.enumerated if parameter.type.startswith("ENUM") else arguments.translated
        return arguments.number(parameter, known(value & 0xFFFFFFFF, numbers, parameter))
    return arguments.number(parameter, _sized(parameter.type, value, bits))


def sized(call: Call, kind: str, value: int) -> int:
    """A register as a number of one of Falco's types."""
    return _sized(kind, value, call.facts.bits)


def _sized(kind: str, value: int, bits: int | None) -> int:
    if kind == "INT32":
        return arguments.signed32(value)
    if kind == "INT64":
        return arguments.signed32(value) if bits == 32 else arguments.signed64(value)
    width = next((width for width in (8, 16, 32) if kind.endswith(str(width))), 64)
    return value & (1 << width) - 1


def identity(call: Call, value: int) -> int:
    """A user or group id argument, 0xFFFFFFFF for -1.

    32-bit machines have each of these calls twice, and the elder one takes 16 bits (kernel/uid16.c).
    """
    if _takes_16_bits(call.facts.arch or "", call.facts.name or ""):
        return _UNSET_32 if value & _UNSET_16 == _UNSET_16 else value & _UNSET_16
    return value & _UNSET_32


def _takes_16_bits(machine: str, call: str) -> bool:
    return not call.endswith("32") and syscall_number(machine, f"{call}32") is not None
