"""Event arguments in Falco's spelling: numbers, errors, flags, descriptors, modes."""

from __future__ import annotations

from collections.abc import Iterable

from auditfalco.model.descriptor import device_number
from auditfalco.model.event import Argument
from auditfalco.normalise.paths import is_working_directory
from kernel_sources.tables import errno_name

FALCO_AT_FDCWD = -100


def integer(value: int) -> Argument:
    """A plain number."""
    return Argument(value, str(value))


def text(value: str) -> Argument:
    """A plain text."""
    return Argument(value, value)


def result(value: int) -> Argument:
    """A call's result: its number, or the error's name when it is negative."""
    return Argument(value, (errno_name(-value) if value < 0 else None) or str(value))


def descriptor(number: int, name: str | None = None, character: str = "f") -> Argument:
    """A file descriptor; `<f>name` when it is known what it stands for, as Falco prints it."""
    if number < 0:
        return result(number)
    return Argument(number, str(number) if name is None else f"<{character}>{name}")


def directory(register: int) -> Argument:
    """A directory descriptor argument as it stands in the register."""
    if is_working_directory(register):
        return Argument(FALCO_AT_FDCWD, "AT_FDCWD")
    return integer(signed32(register))


def mode(value: int) -> Argument:
    """A file mode, printed in octal with a leading zero."""
    octal = f"0{value:o}" if value else "0"
    return Argument(value, octal, octal)


def device(major: int, minor: int) -> Argument:
    """A device number, printed in hexadecimal."""
    number = device_number(major, minor)
    return Argument(number, f"{number:X}", f"{number:X}")


def flags(value: int, names: Iterable[tuple[str, int]]) -> Argument:
    """Flag bits and the names of those set, joined by "|"; the bare number when none has a name."""
    found = [name for name, bit in names if bit and value & bit == bit]
    return Argument(value, "|".join(found) if found else str(value))


def signed32(register: int) -> int:
    """A register's lower half as a signed number: descriptors and process ids are of type int."""
    value = register & 0xFFFFFFFF
    return value - (1 << 32) if value & 0x80000000 else value
