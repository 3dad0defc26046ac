"""Constants, read as the type they are compared with."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest

from auditfalco.errors import ConditionTypeError
from auditfalco.language.constants import network, read
from auditfalco.language.types import TYPES


@pytest.mark.parametrize(
    ("text", "type_name", "value"),
    [
        ("5", "INT64", 5),
        (" +05", "INT64", 5),
        ("-1", "INT64", -1),
        ("99999999999999999999", "INT64", 2**63 - 1),
        ("-99999999999999999999", "INT64", -(2**63)),
        ("-1", "UINT64", 2**64 - 1),
        ("9" * 80, "UINT64", 2**64 - 1),
        ("99999999999999999999", "INT32", -1),
        ("4294967296", "INT32", 0),
        ("2147483648", "INT32", -(2**31)),
        ("300", "UINT8", 44),
        ("-1", "UINT8", 255),
        ("5", "DOUBLE", 5),
        ("0443", "PORT", 443),
        ("https", "PORT", 443),
        ("true", "BOOL", True),
        ("false", "BOOL", False),
        ("x y", "CHARBUF", "x y"),
        ("10.0.0.1", "IPADDR", ip_address("10.0.0.1").packed),
        ("::1", "IPADDR", ip_address("::1").packed),
        ("a\0b", "BYTEBUF", b"a\0b"),
        ("é\udcff", "BYTEBUF", b"\xc3\xa9\xff"),
    ],
)
def test_values(text: str, type_name: str, value: Any) -> None:
    assert read(text, TYPES[type_name], "=") == value


@pytest.mark.parametrize(
    ("text", "type_name"),
    [
        ("", "INT64"),
        ("abc", "INT64"),
        ("0x5", "UINT32"),
        ("5.0", "UINT8"),
        ("5x", "INT16"),
        ("1.5", "DOUBLE"),
        ("٣", "INT64"),
        ("+5", "PORT"),
        ("4294967295", "PORT"),
        ("no such service", "PORT"),
        ("yes", "BOOL"),
        ("1", "BOOL"),
        ("10.0.0", "IPADDR"),
        ("10.0.0.0/8", "IPADDR"),
        ("host", "IPADDR"),
        ("10.0.0.1", "IPNET"),
        ("10.0.0.0/33", "IPNET"),
        ("10.0.0.0/-1", "IPNET"),
        ("10.0.0.0/x", "IPNET"),
        ("::/0", "IPNET"),
        ("::/129", "IPNET"),
        ("a\0b", "CHARBUF"),
        ("a" * 256, "CHARBUF"),
        ("é" * 128, "CHARBUF"),
    ],
)
def test_what_cannot_be_of_a_type(text: str, type_name: str) -> None:
    with pytest.raises(ConditionTypeError):
        read(text, TYPES[type_name], "=")


def test_hexadecimal_bytes() -> None:
    assert read("00fF", TYPES["BYTEBUF"], "bcontains") == b"\x00\xff"
    assert read("", TYPES["BYTEBUF"], "bstartswith") == b""
    for text in ("0", "zz", "0x00"):
        with pytest.raises(ConditionTypeError, match="hex strings"):
            read(text, TYPES["BYTEBUF"], "bcontains")


def test_networks() -> None:
    ten = network("10.1.2.3/8")
    assert ten.holds(ip_address("10.200.0.1").packed)
    assert not ten.holds(ip_address("11.0.0.1").packed)
    assert not ten.holds(ip_address("::ffff:10.0.0.1").packed)
    assert network("0.0.0.0/0").holds(ip_address("192.168.0.1").packed)
    assert not network("0.0.0.0/0").holds(ip_address("::1").packed)
    assert network("2001:db8::/32").holds(ip_address("2001:db8::1").packed)
