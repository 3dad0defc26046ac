"""Event arguments in Falco's spelling: numbers, errors, flags, descriptors, modes."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from auditfalco.model.descriptor import Descriptor, device_number
from auditfalco.model.event import Argument
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME, Parameter
from auditfalco.normalise.paths import is_working_directory
from kernel_sources.tables import errno_name, signal_name

FALCO_AT_FDCWD = -100

_PRINTABLE = bytes(byte if 0x20 <= byte < 0x7F else ord(".") for byte in range(256))

UNKNOWN_NAME = "<NA>"
"""What Falco resolves a user or group to that it does not know."""


def parameter_of(event_type: str, name: str) -> Parameter:
    """Falco's parameter of that name.

    Raises:
        KeyError: events of this type have none: the normaliser is wrong.
    """
    parameter = EVENT_TYPES_BY_NAME[event_type].parameter(name)
    if parameter is None:
        raise KeyError(f"{event_type} has no parameter {name}")
    return parameter


def number(parameter: Parameter, value: int) -> Argument:
    """A number as Falco prints the parameter: decimal, hexadecimal or octal, with the names of flags or of the value.

    For flags and enumerations `value` is in Falco's numbers; see :func:`translated`.
    """
    plain = based(value, parameter.base)
    if parameter.type.startswith("ENUMFLAGS"):
        name = next((name for name, known in parameter.values if known == value), None)
        return Argument(value, name or plain, plain)
    return Argument(value, value_names(value, parameter.values) or plain, plain)


def based(value: int, base: int) -> str:
    """A number's digits: octal with a leading zero, hexadecimal in capitals, as Falco prints them."""
    if base == 8:
        return f"0{value:o}" if value else "0"
    return f"{value:X}" if base == 16 else str(value)


def value_names(value: int, names: Iterable[tuple[str, int]]) -> str:
    """The names of the bits that are set, joined by "|"; of 0 the name that 0 has; "" where nothing has a name.

    As sinsp_evt does: names in their order, each taking its bits away, until one fits the rest.
    """
    found = []
    left = value
    for name, bit in names:
        if bit == left:
            found.append(name)
            break
        if bit and left & bit == bit:
            found.append(name)
            left &= ~bit
    return "|".join(found)


def translated(value: int, kernel: Mapping[str, int], parameter: Parameter) -> int:
    """The kernel's flags in Falco's bits.

    Args:
        value: as the caller passed it.
        kernel: the kernel's bits by the names that Falco uses.
        parameter: whose names and bits count; names that `kernel` lacks are never set.
    """
    bits = 0
    for name, bit in parameter.values:
        kernel_bits = kernel.get(name, 0)
        if kernel_bits and value & kernel_bits == kernel_bits:
            bits |= bit
    return bits


EMPTY_AS_NULL = frozenset({"BYTEBUF", "SOCKTUPLE", "FDLIST", "CHARBUFARRAY", "CHARBUFPAIRARRAY", "DYN"})


def empty(parameter: Parameter) -> Argument:
    """A parameter that is there and has nothing in it, as the arguments of a program that was given none."""
    printed = "NULL" if parameter.type in EMPTY_AS_NULL else UNKNOWN_NAME
    return Argument(None, printed, printed)


def enumerated(value: int, kernel: Mapping[str, int], parameter: Parameter) -> int:
    """The kernel's number in Falco's enumeration, by its name.

    Args:
        value: as the caller passed it.
        kernel: the kernel's numbers by the names that Falco uses.
        parameter: whose names and numbers count; one that ends in UNKNOWN, else 0, stands for numbers without a name.
    """
    names = {name for name, number in kernel.items() if number == value}
    unknown = next((number for name, number in parameter.values if name.endswith("UNKNOWN")), 0)
    return next((number for name, number in parameter.values if name in names), unknown)


def integer(value: int) -> Argument:
    """A plain number."""
    return Argument(value, str(value))


def text(value: str) -> Argument:
    """A plain text."""
    return Argument(value, value)


def resolved(value: int, name: str | None) -> Argument:
    """A user or group, with its name. The number prints signed: -1, "leave it as it is", is 4294967295."""
    return Argument(value, UNKNOWN_NAME if name is None else name, str(signed32(value)))


def process(pid: int, name: str | None) -> Argument:
    """A process, with its name; of one that is not known the number alone."""
    return Argument(pid, name or str(pid))


def signal(number: int) -> Argument:
    """A signal, with its name; those without one (0, the real-time ones) as a number."""
    return Argument(number, signal_name(number) or str(number))


def strings(values: Iterable[str]) -> Argument:
    """A list of strings, which Falco carries with a NUL behind each and prints with a full stop for it.

    So it does for every byte that is no printable ASCII; an empty list is NULL.
    """
    raw = b"".join(value.encode("utf-8", "surrogateescape") + b"\0" for value in values)
    shown = raw.translate(_PRINTABLE).decode("ascii") or "NULL"
    return Argument(raw, shown, shown)


def time_of(nanoseconds: int) -> Argument:
    """A time since the epoch, printed as date and time of the host's zone."""
    seconds = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(nanoseconds // 1_000_000_000))
    shown = f"{seconds}.{nanoseconds % 1_000_000_000:09d}"
    return Argument(nanoseconds, shown, shown)


def result(value: int) -> Argument:
    """A call's result: its number, or the error's name when it is negative."""
    return Argument(value, (errno_name(-value) if value < 0 else None) or str(value))


def descriptor(number: int, known: Descriptor | None) -> Argument:
    """A file descriptor; `<f>name` when it is known what it stands for, as Falco prints it."""
    if number < 0:
        return result(number)
    return Argument(number, str(number) if known is None or known.name is None else f"<{known.mark}>{known.name}")


def directory(register: int, known: Descriptor | None = None) -> Argument:
    """A directory descriptor argument as it stands in the register."""
    if is_working_directory(register):
        return Argument(FALCO_AT_FDCWD, "AT_FDCWD")
    return descriptor(signed32(register), known)


def mode(value: int) -> Argument:
    """A file mode, printed in octal with a leading zero."""
    octal = based(value, 8)
    return Argument(value, octal, octal)


def device(major: int, minor: int) -> Argument:
    """A device number, printed in hexadecimal."""
    number = device_number(major, minor)
    return Argument(number, f"{number:X}", f"{number:X}")


def flags(value: int, names: Iterable[tuple[str, int]]) -> Argument:
    """Flag bits and the names of those set, joined by "|"; the bare number when none has a name."""
    return Argument(value, value_names(value, names) or str(value))


def signed32(register: int) -> int:
    """A register's lower half as a signed number: descriptors and process ids are of type int."""
    value = register & 0xFFFFFFFF
    return value - (1 << 32) if value & 0x80000000 else value


def signed64(register: int) -> int:
    """A register as a signed number."""
    return register - (1 << 64) if register & 1 << 63 else register
