"""What checks of arguments prove of the registers that hold them (coverage.held).

A check is tried on what the normaliser makes of the numbers that a register can hold. Numbers are asked for one by one
where they are few, flags by their bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from auditfalco.coverage.abis import host_machines
from auditfalco.coverage.constraints import ANYTHING, Register, Succeeded, Ways
from auditfalco.coverage.held import HELD, Enumerated, Flags, Signal, Whole
from auditfalco.coverage.question import Question
from auditfalco.coverage.way_sets import any_of, one_way
from auditfalco.language.types import Family
from auditfalco.model.event import Argument
from auditfalco.model.eventtypes import Parameter
from auditfalco.normalise import arguments
from auditfalco.normalise.registers import Numbers, told_number
from kernel_sources.tables import machine_bits, machine_number

WORD = 0xFFFFFFFF
_LONG = (1 << 64) - 1
MOST_NUMBERS = 16

_DIGITS = frozenset("0123456789ABCDEF")
_OF_PARTS = frozenset({"contains", "startswith", "endswith", "icontains"})
_BASES = (8, 10, 16)


def proof(asked: Question) -> Ways | None:
    """The ways in which a check of an argument is true; None of another field, and of arguments in no register."""
    parameter = asked.parameter
    held = None if parameter is None else HELD.get((asked.event_type, parameter.name))
    if held is None or parameter is None:
        return None
    if isinstance(held, Signal):
        fitting = [number for number in range(0x100) if _holds(asked, arguments.signal(number))]
        return any_of([_numbers(held.register, fitting), one_way(Succeeded(False))])
    if isinstance(held, Flags):
        return _flags(asked, parameter, held)
    if isinstance(held, Enumerated):
        return _enumerated(asked, parameter, held)
    return _whole(asked, parameter, held)


def _holds(asked: Question, argument: Argument) -> bool:
    return asked.holds(argument.text if asked.field.name == "evt.arg" else argument.value)


def _numbers(register: int, numbers: Sequence[int]) -> Ways:
    """Any of some numbers."""
    if len(numbers) > MOST_NUMBERS:
        return ANYTHING
    return any_of(one_way(Register(register, "=", number & WORD)) for number in numbers)


def _enumerated(asked: Question, parameter: Parameter, held: Enumerated) -> Ways:
    fitting: set[int] = set()
    for machine in host_machines():
        named = set(_on(machine, held.numbers).values())
        nameless = next(number for number in range(len(named) + 1) if number not in named)
        told = {
            number: told_number(parameter, machine, _width(machine), number, held.numbers)
            for number in (*named, nameless)
        }
        if _holds(asked, told[nameless]):
            return ANYTHING
        fitting |= {number for number in named if _holds(asked, told[number])}
    return _numbers(held.register, sorted(fitting))


def _whole(asked: Question, parameter: Parameter, held: Whole) -> Ways:
    """Of numbers without a name the text is the digits, which only certain checks can fit."""
    if not asked.is_exact and not (asked.field.name == "evt.arg" and _asks_for_names(asked)):
        return ANYTHING
    candidates = {number for _, number in parameter.values}
    candidates.update(number for text in asked.texts for number in _readings(text))
    if asked.field.type.family is Family.NUMBER:
        candidates.update(number & _LONG for number in asked.numbers)
    fitting: set[int] = set()
    for machine in host_machines():
        bits = _width(machine)
        told = ((number, told_number(parameter, machine, bits, number)) for number in candidates)
        fitting |= {number for number, argument in told if _holds(asked, argument)}
    return _numbers(held.register, sorted(fitting))


def _asks_for_names(asked: Question) -> bool:
    """Whether all constants have a character that no digits have."""
    whole = asked.check.operator in _OF_PARTS and not asked.check.modifier
    return whole and all(set(text.upper()) - _DIGITS - {"-"} for text in asked.texts)


def _readings(text: str) -> Sequence[int]:
    """The numbers, as a register holds them, whose digits a text may be."""
    readings = set()
    for base in _BASES:
        try:
            readings.add(int(text, base) & _LONG)
        except ValueError:
            continue
    return sorted(readings)


def _flags(asked: Question, parameter: Parameter, held: Flags) -> Ways:
    """Names of flags: a text that contains one has been given its bits."""
    exact_part = asked.field.name == "evt.arg" and asked.check.operator == "contains" and not asked.check.modifier
    if not exact_part or not _asks_for_names(asked) or any("|" in text for text in asked.texts):
        return ANYTHING
    sought = [name for name, _ in parameter.values if any(text in name for text in asked.texts)]
    if any(name in held.unproven or not dict(parameter.values)[name] for name in sought):
        return ANYTHING
    bits = 0
    for machine in host_machines():
        for name in sought:
            bits |= _bits(name, parameter, None if held.numbers is None else _on(machine, held.numbers))
    return one_way(Register(held.register, "&", bits)) if bits else frozenset()


def _bits(name: str, parameter: Parameter, kernel: Mapping[str, int] | None) -> int:
    """The kernel's bits of which one is set where a name is printed: those of all names that have a bit of Falco's."""
    of_falco = dict(parameter.values)[name]
    if kernel is None:
        return of_falco
    if name in ("O_RDWR", "O_WRONLY"):
        return kernel[name]
    bits = 0
    for other, number in parameter.values:
        bits |= kernel.get(other, 0) if number & of_falco else 0
    return bits


def _on(machine: str, numbers: Numbers) -> Mapping[str, int]:
    return numbers(machine) if callable(numbers) else numbers


def _width(machine: str) -> int | None:
    """The width of a machine's registers."""
    number = machine_number(machine)
    return None if number is None else machine_bits(number)
