"""The constants of a condition, read as the type they are compared with.

Source of the odd cases: libsinsp's value_parser.cpp and utils.cpp (sinsp_numparser), which read numbers with scanf.
"""

from __future__ import annotations

import re
import socket
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

from auditfalco.errors import ConditionTypeError
from auditfalco.language.types import Family, Value, ValueType

MAX_LENGTH = 255  # bytes; libsinsp refuses constants that do not fit its buffer of 256
_INTEGER = re.compile(r"[ \t\n\v\f\r]*([+-]?[0-9]+)")
_PORT = re.compile(r"[0-9]+")
_MASK = re.compile(r"[+-]?[0-9]+")
_HEXADECIMAL = re.compile(r"(?:[0-9a-fA-F]{2})*")


class Network(NamedTuple):
    """An IP network: the bits of `address` under `mask` are the network's; `length` is that of an address in bytes."""

    length: int
    address: int
    mask: int

    def holds(self, packed: bytes) -> bool:
        """Tell whether an address, packed, is inside; one of the other IP version never is."""
        return len(packed) == self.length and int.from_bytes(packed, "big") & self.mask == self.address


def read(text: str, value_type: ValueType, operator: str) -> Value:
    """Return what a constant stands for beside a value of `value_type`.

    Args:
        operator: the operator between them; some read their constant in a way of their own.

    Raises:
        ConditionTypeError: the constant cannot be one of that type.
    """
    raw = text.encode("utf-8", "surrogateescape")
    if len(raw) > MAX_LENGTH:
        raise ConditionTypeError(f"filter parameter too long: {len(raw)} bytes, at most {MAX_LENGTH} are allowed")
    family = value_type.family
    if family is Family.BYTES:
        return _octets(text, raw) if operator in ("bcontains", "bstartswith") else raw
    if b"\0" in raw:
        raise ConditionTypeError("filter value cannot contain a NUL byte (\\x00)")
    if family is Family.TEXT:
        return text
    if family is Family.BOOLEAN:
        if text not in ("true", "false"):
            raise ConditionTypeError(f"unrecognized boolean value {text}")
        return text == "true"
    if family is Family.ADDRESS:
        return address(text)
    if family is Family.NETWORK:
        return network(text)
    return port(text) if value_type.name == "PORT" else number(text, value_type)


def number(text: str, value_type: ValueType) -> int:
    """Return a decimal number, cut to the width of its type as a cast in C does after a read that saturates.

    Raises:
        ConditionTypeError: the text is no decimal integer, or something follows it.
    """
    match = _INTEGER.fullmatch(text)
    if match is None:
        raise ConditionTypeError(f"{text} is not a valid number")
    value = int(match.group(1)) if len(text) < 64 else (1 << 70) * (-1 if "-" in text else 1)
    if value_type.signed:
        value = max(-(1 << 63), min(value, (1 << 63) - 1))
    elif abs(value) >= 1 << 64:
        value = (1 << 64) - 1
    bits = value_type.bits
    value &= (1 << bits) - 1
    if value_type.signed and value >> (bits - 1):
        value -= 1 << bits
    return value


def port(text: str) -> int:
    """Return a port number given by number or by the name of a service, as this machine's services(5) has it.

    Raises:
        ConditionTypeError: neither.
    """
    if _PORT.fullmatch(text):
        if len(text) > 10 or int(text) > 0x7FFFFFFF:
            raise ConditionTypeError(f"port {text} is out of range")
        return int(text) & 0xFFFF
    try:
        return socket.getservbyname(text)
    except (OSError, UnicodeError):
        raise ConditionTypeError(f"unrecognized protocol {text}") from None


def address(text: str) -> bytes:
    """Return an IP address, packed; the version is 4 if there is a dot and no colon.

    Raises:
        ConditionTypeError: the text is no address.
    """
    version = "IPv4" if "." in text and ":" not in text else "IPv6"
    try:
        return IPv4Address(text).packed if version == "IPv4" else IPv6Address(text.partition("%")[0]).packed
    except ValueError:
        raise ConditionTypeError(f"unrecognized {version} address {text}") from None


def network(text: str) -> Network:
    """Return an IP network; host bits may be set and are dropped.

    Raises:
        ConditionTypeError: no ``/``, no address before it, or no length of 0…32 (version 4), 1…128 (version 6) after
        it.
    """
    host, slash, length = text.partition("/")
    if not slash:
        raise ConditionTypeError(f"unrecognized IP network {text}")
    packed = address(host)
    if not _MASK.fullmatch(length) or len(length) > 5:
        raise ConditionTypeError(f"invalid netmask {length}")
    bits = len(packed) * 8
    kept = int(length)
    if not (0 if bits == 32 else 1) <= kept <= bits:
        raise ConditionTypeError(f"invalid {'v6 ' if bits == 128 else ''}netmask {length}")
    mask = ((1 << kept) - 1) << (bits - kept)
    return Network(len(packed), int.from_bytes(packed, "big") & mask, mask)


def _octets(text: str, raw: bytes) -> bytes:
    if not _HEXADECIMAL.fullmatch(text):
        raise ConditionTypeError("bcontains and bstartswith operator support hex strings only")
    return bytes.fromhex(text)
