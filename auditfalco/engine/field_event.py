"""Events that are nothing but field values: for explanations, and for tests of rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from auditfalco.engine.times import is_time
from auditfalco.errors import AuditfalcoError
from auditfalco.language.operands import Getter
from auditfalco.language.types import Family, FieldRef, Shape, Value, ValueType
from auditfalco.model.names import named

# What a field is made of when the event does not give it itself.
_PARTS = {
    "fd.ip": ("fd.cip", "fd.sip"),
    "fd.net": ("fd.cip", "fd.sip"),
    "fd.port": ("fd.cport", "fd.sport"),
    "fd.proto": ("fd.cport", "fd.sport"),
    "fd.cnet": ("fd.cip",),
    "fd.snet": ("fd.sip",),
    "fd.lnet": ("fd.lip",),
    "fd.rnet": ("fd.rip",),
}
_MAX_ANCESTORS = 1000
_INTEGER = re.compile(r"[+-]?[0-9]{1,30}")


class FieldEvent:
    """One event given as an object of field → value, keys as conditions write them (``"proc.aname[2]"``).

    Attributes:
        values: the object; a key that is missing or None is absent.
        type: the value of ``evt.type``, ``""`` without one.
    """

    __slots__ = ("type", "values")

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values
        self.type = str(values.get("evt.type") or "")


def bind_field_event(ref: FieldRef) -> Getter:
    """Return the function that reads a field from a FieldEvent.

    Values are taken as their type allows: addresses as text, buffers as text or ``{"bytes_hex": "…"}``, lists as lists,
    numbers and truth values also as text. ``fd.ip`` and its like may be given as ``[client, server]`` or through
    ``fd.cip`` and ``fd.sip``; ``proc.aname`` and its like as a list from the parent upward, or as ``proc.aname[1]``
    and so on. A name of several is ``{"name": …, "also": […], "trusted": […]}`` (model.names).

    The function raises AuditfalcoError for a value that cannot be one of the field's type.
    """
    keys = _keys(ref)

    def read(event: FieldEvent) -> Value:
        values = event.values
        given = next((values[key] for key in keys if values.get(key) is not None), None)
        if given is None:
            return _assembled(ref, values)
        return _converted(given, ref)

    return read


def _keys(ref: FieldRef) -> tuple[str, ...]:
    """Return the ways in which an event may write a field."""
    if ref.argument is None:
        return tuple(dict.fromkeys((str(ref), ref.name)))
    return (f"{ref.name}[{ref.argument}]", f"{ref.name}.{ref.argument}")


def _assembled(ref: FieldRef, values: Mapping[str, Any]) -> Value:
    if ref.shape is Shape.ANCESTORS:
        found = []
        for level in range(1, _MAX_ANCESTORS):
            value = values.get(f"{ref.name}[{level}]")
            if value is None:
                break
            found.append(_element(value, ref.type, ref))
        return tuple(found) or None
    parts = [values.get(part) for part in _PARTS.get(ref.name, ())]
    if all(part is None for part in parts):
        return None
    converted = tuple(None if part is None else _element(part, ref.type, ref) for part in parts)
    return converted if ref.shape is Shape.PAIR else converted[0]


def _converted(given: Any, ref: FieldRef) -> Value:
    if ref.is_list or ref.shape in (Shape.PAIR, Shape.ANCESTORS):
        items = given if isinstance(given, (list, tuple)) else [given]
        return tuple(None if item is None else _element(item, ref.type, ref) for item in items)
    value = _element(given, ref.type, ref)
    return None if ref.name == "evt.rawarg" and value == b"" else value  # an empty raw argument is absent


def _element(given: Any, value_type: ValueType, ref: FieldRef) -> Value:
    family = value_type.family
    if family in (Family.TEXT, Family.BYTES) and isinstance(given, dict) and isinstance(given.get("bytes_hex"), str):
        try:
            raw = bytes.fromhex(given["bytes_hex"])
        except ValueError:
            raise _unfit(given, ref) from None
        return raw if family is Family.BYTES else raw.decode("utf-8", "surrogateescape")
    if family is Family.TEXT and isinstance(given, dict) and "name" in given:
        others = (given.get("also") or (), given.get("trusted") or ())
        if not all(isinstance(each, (list, tuple)) for each in others):
            raise _unfit(given, ref)
        return named(_text(given["name"], ref), *([_text(other, ref) for other in each] for each in others))
    if family is Family.TEXT:
        return given if is_time(ref.name) and isinstance(given, int) else _text(given, ref)
    if family is Family.BYTES:
        return _text(given, ref).encode("utf-8", "surrogateescape")
    if family in (Family.ADDRESS, Family.NETWORK):
        try:
            return ip_address(given).packed if isinstance(given, str) else _refuse(given, ref)
        except ValueError:
            raise _unfit(given, ref) from None
    if family is Family.BOOLEAN:
        known = {"true": True, "false": False, "1": True, "0": False}
        return known[text] if (text := _text(given, ref).lower()) in known else _refuse(given, ref)
    return _number(given, value_type, ref)


def _text(given: Any, ref: FieldRef) -> str:
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, (int, float)):
        return str(given)
    return given if isinstance(given, str) else _refuse(given, ref)


def _number(given: Any, value_type: ValueType, ref: FieldRef) -> Value:
    if isinstance(given, (int, float)) and (value_type.name == "DOUBLE" or given == int(given)):
        return given if value_type.name == "DOUBLE" else int(given)
    if isinstance(given, str) and _INTEGER.fullmatch(given):
        return int(given)
    return _refuse(given, ref)


def _refuse(given: Any, ref: FieldRef) -> Any:
    raise _unfit(given, ref)


def _unfit(given: Any, ref: FieldRef) -> AuditfalcoError:
    return AuditfalcoError(f"the event gives {str(ref)!r} as {given!r:.80}, which is no {ref.type.name}")
