"""Values of fields: encoded text and numbers of every base, whole or broken."""

from __future__ import annotations

import pytest

from kernel_sources.audit import values


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('"plain"', "plain"),
        ('""', ""),
        ('"cut off', "cut off"),
        ('"', ""),
        ('"ends"here', "ends"),
        ("(null)", None),
        ('"(null)"', "(null)"),
        ("", None),
        ("616263", "abc"),
        ("C3A9", "\u00e9"),
        ("FF00", "\udcff\0"),
        ("6162636", "abc"),
        ("7", "7"),
        ("abcd", "abcd"),
        ("ABCG", "ABCG"),
        ("61 62", "61 62"),
        ("root", "root"),
    ],
)
def test_encoded_strings(value: str, text: str | None) -> None:
    assert values.string(value) == text
    raw = values.raw_string(value)
    assert (None if raw is None else values.decode(raw)) == text


def test_the_name_decides_what_is_encoded() -> None:
    assert values.field_string("comm", "6162") == "ab"
    assert values.field_string("op", "6162") == "6162"
    assert values.field_string("hostname", "?") is None
    assert values.field_string("acct", '"?"') == "?"
    assert values.field_string("exe", "?") is None


def test_text_keeps_every_byte() -> None:
    raw = bytes(range(256))
    assert values.decode(raw).encode("utf-8", "surrogateescape") == raw


@pytest.mark.parametrize(
    ("value", "number"),
    [("0", 0), ("-115", -115), ("4294967295", 4294967295), ("1_0", None), ("+1", None), (" 1", None), ("", None),
     ("-", None), ("\u0661", None), ("9" * 21, None), ("0x1", None), (None, None)],
)  # fmt: skip
def test_decimal(value: str | None, number: int | None) -> None:
    assert values.decimal(value) == number


@pytest.mark.parametrize(
    ("value", "number"), [("0", 0), ("1000", 1000), ("4294967295", None), ("-1", None), ("x", None)]
)
def test_identifier(value: str, number: int | None) -> None:
    assert values.identifier(value) == number


@pytest.mark.parametrize(
    ("value", "number"),
    [("ffffff9c", 0xFFFFFF9C), ("0x2", 2), ("FF", 255), ("-1", None), ("g", None), ("", None), ("1_0", None),
     ("f" * 19, None), ("\u0661", None), ("0x", None), (None, None)],
)  # fmt: skip
def test_hexadecimal(value: str | None, number: int | None) -> None:
    assert values.hexadecimal(value) == number


@pytest.mark.parametrize(
    ("value", "number"), [("0100644", 0o100644), ("8", None), ("-1", None), ("", None), (None, None)]
)
def test_octal(value: str | None, number: int | None) -> None:
    assert values.octal(value) == number


@pytest.mark.parametrize(
    ("value", "device"), [("fd:01", (0xFD, 1)), ("103:00001", (0x103, 1)), ("sda1", None), ("fd:", None), (":1", None)]
)
def test_device(value: str, device: tuple[int, int] | None) -> None:
    assert values.device(value) == device
