"""The types of values, and what a condition knows of a field that it reads.

The names are Falco's (libscap's ``ppm_param_type``); sizes and signs are those of driver/ppm_events_public.h.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

# What a field's value may be; None is "absent". CHARBUF is str (bytes that are not UTF-8 as surrogate escapes),
# BYTEBUF bytes, numbers int (DOUBLE float), BOOL bool, addresses packed bytes of length 4 or 16, lists tuples of
# these. The fields of Shape.PAIR give a pair of values, those of Shape.ANCESTORS a tuple.
Value = Any


class Family(Enum):
    """Types that compare alike."""

    NUMBER = "numeric"
    BOOLEAN = "boolean"
    TEXT = "string"
    BYTES = "buffer"
    ADDRESS = "ip address"
    NETWORK = "network"


@dataclass(frozen=True)
class ValueType:
    """One of Falco's types.

    Attributes:
        name: Falco's name.
        family: what it compares like.
        bits: width of a number; its constants wrap at it.
        signed: whether a number has a sign.
    """

    name: str
    family: Family
    bits: int = 64
    signed: bool = False


class Shape(Enum):
    """Fields whose value is more than one value, or that compare in a way of their own."""

    PLAIN = "plain"
    ANCESTORS = "ancestors"  # one value for each ancestor, from the parent upward
    PAIR = "pair"  # (client, server)
    NETWORK_MEMBER = "network member"  # an address that is compared with networks


@dataclass(frozen=True)
class FieldRef:
    """A field as a condition or an output line uses it, with what is needed to read and compare it.

    Attributes:
        name: the field's name in the catalogue (``evt.arg`` for ``evt.arg.path`` and ``evt.arg[1]`` both).
        argument: the argument's text, or None.
        type: the type of its values, or of its elements.
        is_list: whether its value is a tuple of such values that only ``in``, ``intersects`` and ``exists`` apply to.
        shape: how its value compares.
        transformable: whether transformers apply to it, and whether it compares with other fields.
        rhs_ok: whether it may be read on the right side, in ``val()``.
        text: how it was written, for messages and for the keys of ``output_fields``.
    """

    name: str
    argument: str | None
    type: ValueType
    is_list: bool = False
    shape: Shape = Shape.PLAIN
    transformable: bool = True
    rhs_ok: bool = True
    text: str = ""

    def __str__(self) -> str:
        """Return the field as it was written."""
        return self.text or (self.name if self.argument is None else f"{self.name}[{self.argument}]")


class Resolver(Protocol):
    """Whoever knows the fields."""

    def __call__(self, name: str, argument: str | None) -> FieldRef:
        """Return the field that ``name`` or ``name[argument]`` means.

        Raises:
            UnknownFieldError: there is no such field, or it wants (or does not take) an argument.
        """


def _types() -> dict[str, ValueType]:
    number, text = Family.NUMBER, Family.TEXT
    table = [
        *(ValueType(f"INT{bits}", number, bits, True) for bits in (8, 16, 32, 64)),
        *(ValueType(f"UINT{bits}", number, bits) for bits in (8, 16, 32, 64)),
        *(ValueType(f"FLAGS{bits}", number, bits) for bits in (8, 16, 32)),
        *(ValueType(f"ENUMFLAGS{bits}", number, bits) for bits in (8, 16, 32)),
        *(ValueType(name, number, 64, True) for name in ("ERRNO", "FD", "PID")),
        *(ValueType(name, number, 32) for name in ("UID", "GID", "MODE", "SIGSET")),
        ValueType("SIGTYPE", number, 8),
        ValueType("L4PROTO", number, 8),
        ValueType("SOCKFAMILY", number, 8),
        ValueType("SYSCALLID", number, 16),
        ValueType("PORT", number, 16),
        ValueType("RELTIME", number),
        ValueType("ABSTIME", number),
        ValueType("DOUBLE", number, 64, True),
        ValueType("BOOL", Family.BOOLEAN, 32),
        *(ValueType(name, text) for name in ("CHARBUF", "FSPATH", "FSRELPATH", "CHARBUFARRAY")),
        *(ValueType(name, Family.BYTES) for name in ("BYTEBUF", "SOCKADDR", "SOCKTUPLE", "FDLIST", "DYNAMIC")),
        *(ValueType(name, Family.ADDRESS) for name in ("IPADDR", "IPV4ADDR", "IPV6ADDR")),
        *(ValueType(name, Family.NETWORK) for name in ("IPNET", "IPV4NET", "IPV6NET")),
    ]
    return {value_type.name: value_type for value_type in table}


TYPES: dict[str, ValueType] = _types()
CHARBUF = TYPES["CHARBUF"]
UINT64 = TYPES["UINT64"]
