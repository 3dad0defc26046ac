"""Asking and telling the audit subsystem, with prepared answers in the kernel's place."""

from __future__ import annotations

import errno
import struct

import pytest

from kernel_sources.audit import control, rule_wire, status
from kernel_sources.audit.control import AuditControl
from kernel_sources.audit.rule import Field, rule
from kernel_sources.errors import NotPermitted, NotSupported, RuleRefused

RULE = rule("exit", "never", Field("pid", "=", 7), prepend=True)


class LittleSocket:
    """Stands in for ``NetlinkSocket``: one status, one listing, one answer to every command."""

    def __init__(self, family: int, **options: object) -> None:
        self.enabled = 0
        self.features = 0x7F
        self.listing: list[bytes] = []
        self.answer = 0
        self.commands: list[tuple[int, bytes]] = []

    def ask(self, message_type: int, *, timeout: float) -> bytes:
        assert message_type == control.AUDIT_GET
        return struct.pack("=11I", 0, self.enabled, 1, 0, 0, 64, 0, 0, self.features, 15000, 0)

    def dump(self, message_type: int, *, timeout: float) -> list[bytes]:
        assert message_type == control.AUDIT_LIST_RULES
        return self.listing

    def command(self, message_type: int, payload: bytes, *, timeout: float) -> int:
        self.commands.append((message_type, payload))
        return self.answer

    def close(self) -> None:
        self.listing = []


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> tuple[AuditControl, LittleSocket]:
    monkeypatch.setattr(control, "NetlinkSocket", LittleSocket)
    opened = AuditControl()
    little = opened._socket
    assert isinstance(little, LittleSocket)
    return opened, little


Made = tuple[AuditControl, LittleSocket]


def test_each_setting_is_sent_with_its_own_bit(made: Made) -> None:
    opened, little = made
    opened.set_enabled(True)
    opened.set_enabled(False)
    opened.set_backlog_limit(8192)
    opened.set_backlog_wait_time(0)
    assert little.commands == [
        (1001, status.encode(0x01, enabled=1)),
        (1001, status.encode(0x01, enabled=0)),
        (1001, status.encode(0x10, backlog_limit=8192)),
        (1001, status.encode(0x20, backlog_wait_time=0)),
    ]


def test_a_setting_that_the_kernel_does_not_have(made: Made) -> None:
    opened, little = made
    little.features = status.FEATURE_BACKLOG_LIMIT
    with pytest.raises(NotSupported):
        opened.set_backlog_wait_time(0)
    assert little.commands == []


@pytest.mark.parametrize(("enabled", "words"), [(1, "Operation not permitted"), (2, "locked")])
def test_a_refused_setting_says_why(made: Made, enabled: int, words: str) -> None:
    opened, little = made
    little.enabled, little.answer = enabled, errno.EPERM
    with pytest.raises(NotPermitted, match=words):
        opened.set_backlog_limit(1)


@pytest.mark.parametrize(("enabled", "words"), [(1, "CAP_AUDIT_CONTROL"), (2, "locked")])
def test_a_rule_that_may_not_be_changed_says_why(made: Made, enabled: int, words: str) -> None:
    opened, little = made
    little.enabled, little.answer = enabled, errno.EPERM
    with pytest.raises(NotPermitted, match=words):
        opened.add_rule(RULE)


def test_a_refused_rule_carries_the_number(made: Made) -> None:
    opened, little = made
    little.answer = errno.EEXIST
    with pytest.raises(RuleRefused) as caught:
        opened.add_rule(RULE)
    assert caught.value.errno == errno.EEXIST
    assert caught.value.rule == "-A never,exit -S all -F pid=7"


def test_a_deletion_does_not_say_where_the_rule_was_put(made: Made) -> None:
    opened, little = made
    opened.add_rule(RULE)
    opened.delete_rule(RULE)
    assert little.commands == [
        (1011, rule_wire.encode(RULE)),
        (1012, rule_wire.encode(RULE, deletion=True)),
    ]
    assert little.commands[0][1] != little.commands[1][1]


def test_rules_of_an_unknown_make_are_left_out_and_counted(made: Made) -> None:
    opened, little = made
    unknown = bytearray(rule_wire.encode(RULE))
    struct.pack_into("=I", unknown, 0, 9)  # a filter list from the future
    little.listing = [rule_wire.encode(RULE), bytes(unknown)]
    assert opened.list_rules() == [RULE]
    assert opened.unread_rules == 1


@pytest.mark.parametrize(("answer", "known"), [(errno.ENOENT, True), (errno.EINVAL, False), (0, True)])
def test_a_filter_list_is_looked_for_by_deleting_what_nobody_has_added(made: Made, answer: int, known: bool) -> None:
    opened, little = made
    little.answer = answer
    assert opened.knows_list("io_uring") is known
    assert [message_type for message_type, _ in little.commands] == [control.AUDIT_DEL_RULE]
