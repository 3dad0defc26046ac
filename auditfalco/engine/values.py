"""Values as text and as JSON. Source: libsinsp's sinsp_filtercheck::rawval_to_string and rawval_to_json."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from auditfalco.language.types import Family, Shape, Value, ValueType

ABSENT = "<NA>"
_MAX_LIST = 1023  # bytes of a printed list


def text_value(value: Value, value_type: ValueType, shape: Shape = Shape.PLAIN) -> str:
    """Return a value as output lines print it; ``<NA>`` for an absent one."""
    if value is None:
        return ABSENT
    if isinstance(value, tuple):
        if shape is Shape.ANCESTORS:
            return " ".join(text_value(item, value_type) for item in value)
        listed = "({})".format(",".join(text_value(item, value_type) for item in value))
        raw = listed.encode("utf-8", "surrogateescape")
        return listed if len(raw) <= _MAX_LIST else raw[:_MAX_LIST].decode("utf-8", "surrogateescape")
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value_type.family is Family.BOOLEAN:
        return "true" if value else "false"
    if isinstance(value, bytes):
        return _bytes_text(value, value_type)
    if isinstance(value, float):
        return f"{value:.1f}"
    return str(value)


def _bytes_text(value: bytes, value_type: ValueType) -> str:
    if value_type.family in (Family.ADDRESS, Family.NETWORK) and len(value) in (4, 16):
        return str(ip_address(value))
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in value)


def json_value(value: Value, value_type: ValueType, shape: Shape = Shape.PLAIN) -> Any:
    """Return a value in JSON's types: texts, numbers, truth values, lists; None for an absent one."""
    if value is None or isinstance(value, (str, bool, float)):
        return value
    if isinstance(value, tuple):
        if shape is Shape.ANCESTORS:
            return text_value(value, value_type, shape)
        return [json_value(item, value_type) for item in value]
    if value_type.family is Family.BOOLEAN:
        return bool(value)
    if isinstance(value, int):
        return value
    return text_value(value, value_type, shape)
