"""The kernel's form of audit rules, against bytes laid out by hand and by round trips."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kernel_sources.audit import rule_fields, rule_wire
from kernel_sources.audit.rule import ALL, AuditRule, Field, rule
from kernel_sources.errors import Malformed

WORDS = 260
"""32 bit words before the buffer: 3 + 64 of the mask + 3 times 64 of the fields + 1."""


def words_of(payload: bytes) -> tuple[int, ...]:
    return struct.unpack_from(f"={WORDS}I", payload)


def test_the_layout_is_that_of_the_header_file() -> None:
    payload = rule_wire.encode(
        rule("exit", "always", Field("arch", "=", 0xC000003E), Field("exe", "=", "/bin/sh"), syscalls=[59], keys=["k"])
    )
    words = words_of(payload)
    assert len(payload) == 4 * WORDS + len(b"/bin/shk")
    assert words[0:3] == (4, 2, 3)  # list exit, action always, three fields
    assert words[3 + 1] == 1 << (59 - 32)
    assert sum(words[3:67]) == 1 << 27  # no other bit in the mask
    assert words[67:71] == (11, 112, 210, 0)  # arch, exe, key
    assert words[131:135] == (0xC000003E, 7, 1, 0)  # the values of texts are their lengths
    assert words[195:199] == (0x40000000, 0x40000000, 0x40000000, 0)
    assert words[259] == 8
    assert payload[4 * WORDS :] == b"/bin/shk"


def test_the_io_uring_list_is_number_seven() -> None:
    assert words_of(rule_wire.encode(rule("io_uring", "always", syscalls=[18, 28])))[:3] == (7, 2, 0)


def test_prepending_is_a_flag_of_adding_only() -> None:
    first = rule("exit", "never", Field("pid", "=", 1), prepend=True)
    assert words_of(rule_wire.encode(first))[0] == 4 | rule_fields.PREPEND
    assert words_of(rule_wire.encode(first, deletion=True))[0] == 4


def test_all_system_calls_are_what_the_kernel_makes_of_all_ones() -> None:
    # auditctl sets every bit; the kernel clears the 16 highest, which stand for classes, before it stores the mask.
    mine = words_of(rule_wire.encode(rule("exit", "always")))[3:67]
    assert mine == (0xFFFFFFFF,) * 63 + (0x0000FFFF,)
    theirs = bytearray(rule_wire.encode(rule("exit", "always")))
    theirs[12 : 12 + 256] = b"\xff" * 256
    assert rule_wire.decode(bytes(theirs)).syscalls is ALL


def test_texts_that_are_no_utf8_survive() -> None:
    name = b"/tmp/\xff\xfe".decode("utf-8", "surrogateescape")
    payload = rule_wire.encode(rule("exit", "always", Field("path", "=", name)))
    assert payload.endswith(b"/tmp/\xff\xfe")
    assert rule_wire.decode(payload).value_of("path") == name


def test_fields_without_a_name_are_kept_by_number() -> None:
    payload = bytearray(rule_wire.encode(rule("exit", "always", Field("a0", "=", 5))))
    struct.pack_into("=I", payload, 67 * 4, 199)
    decoded = rule_wire.decode(bytes(payload))
    assert decoded.fields == (Field("f199", "=", 5),)
    assert rule_wire.encode(decoded) == bytes(payload)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        (0, 2),  # the entry list, gone since 2.6.17
        (1, 9),  # no such action
        (2, 65),  # more fields than there is room for
        (195, 0x01000000),  # no such operator
        (131, 4000),  # a text longer than the buffer
        (259, 4000),  # a buffer longer than the message
    ],
)
def test_broken_rules_are_malformed(word: int, value: int) -> None:
    payload = bytearray(rule_wire.encode(rule("exit", "always", Field("exe", "=", "/bin/sh"))))
    struct.pack_into("=I", payload, word * 4, value)
    with pytest.raises(Malformed):
        rule_wire.decode(bytes(payload))


def test_a_rule_cut_short_is_malformed() -> None:
    payload = rule_wire.encode(rule("exit", "always"))
    with pytest.raises(Malformed):
        rule_wire.decode(payload[:-1])


numeric_names = some.sampled_from(sorted(set(rule_fields.FIELDS) - rule_fields.STRING_FIELDS))
operators = some.sampled_from(sorted(rule_fields.OPERATORS))
texts = some.binary(min_size=1, max_size=60).map(
    lambda raw: raw.replace(b"\0", b"/").decode("utf-8", "surrogateescape")
)
fields = some.one_of(
    some.builds(Field, numeric_names, operators, some.integers(-(2**31), 2**32 - 1)),
    some.builds(Field, some.sampled_from(sorted(rule_fields.STRING_FIELDS - {"key"})), operators, texts),
)
rules = some.builds(
    AuditRule,
    some.sampled_from(sorted(rule_fields.LISTS)),
    some.sampled_from(sorted(rule_fields.ACTIONS)),
    some.one_of(some.just(ALL), some.frozensets(some.integers(0, rule_fields.SYSCALL_LIMIT - 1), max_size=20)),
    some.lists(fields, max_size=20).map(tuple),
    some.lists(some.text("abc-_é ", min_size=1, max_size=10), max_size=3).map(tuple),
    some.booleans(),
)


@given(rules)
def test_every_rule_survives_the_round_trip(original: AuditRule) -> None:
    decoded = rule_wire.decode(rule_wire.encode(original))
    assert decoded == original
    assert rule_wire.encode(decoded) == rule_wire.encode(original)


@given(some.binary(max_size=2000))
def test_any_bytes_are_a_rule_or_malformed(data: bytes) -> None:
    try:
        assert isinstance(rule_wire.decode(data), AuditRule)
    except Malformed as error:
        assert error.reason


@given(rules, some.integers(0, WORDS - 1), some.integers(0, 2**32 - 1))
def test_any_word_may_be_broken(original: AuditRule, word: int, value: int) -> None:
    payload = bytearray(rule_wire.encode(original))
    struct.pack_into("=I", payload, word * 4, value)
    try:
        assert isinstance(rule_wire.decode(bytes(payload)), AuditRule)
    except Malformed as error:
        assert error.reason
