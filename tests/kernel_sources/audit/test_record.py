"""One record: from netlink and from a log, the same; stamps; decoded fields; who vouches for what."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernel_sources.audit.logline import parse_line
from kernel_sources.audit.record import EventKey, Record, event_key
from kernel_sources.errors import Malformed

BODY = b'pid=42 exit=-1 auid=4294967295 mode=0100644 a0=ffffff9c comm=6D79 exe="/bin/x" key=(null) bad=zz tty=?'


def test_netlink_and_log_give_the_same(records: Path) -> None:
    compared = 0
    for log in sorted(records.glob("*.log")):
        for line in log.read_bytes().split(b"\n"):
            if not line.startswith(b"type="):
                continue
            try:
                read = parse_line(line)
            except Malformed:
                continue
            if read.enriched:
                continue
            payload = line[line.index(b"audit(") :]
            try:
                sent = Record.from_netlink(read.type, payload)
            except Malformed:
                assert b"):" not in payload
                continue
            compared += 1
            assert (sent.key, sent.body, sent.fields, sent.message) == (read.key, read.body, read.fields, read.message)
    assert compared > 200


def test_what_a_record_tells() -> None:
    record = Record.from_netlink(1300, b"audit(1492037289.295:58): " + BODY)
    assert record.key == EventKey("", 1492037289, 295, 58)
    assert (record.node, record.sec, record.milli, record.serial) == ("", 1492037289, 295, 58)
    assert (record.type_name, record.body) == ("SYSCALL", BODY)
    assert record.fields["comm"] == "6D79"
    assert (record.text("comm"), record.text("exe"), record.text("key"), record.text("tty")) == (
        "my",
        "/bin/x",
        None,
        None,
    )
    assert (record.number("pid"), record.number("exit"), record.number("bad"), record.number("absent")) == (
        42,
        -1,
        None,
        None,
    )
    assert (record.identifier("auid"), record.identifier("exit"), record.identifier("pid")) == (None, None, 42)
    assert (record.hexadecimal("a0"), record.hexadecimal("bad")) == (0xFFFFFF9C, None)
    assert (record.octal("mode"), record.octal("bad")) == (0o100644, None)
    assert record.enriched == {}
    assert record.message is None


def test_arguments_are_encoded_whatever_their_number() -> None:
    record = Record.from_netlink(1309, b"audit(1.002:3): argc=12 a0=6C73 a11=2D6C")
    assert (record.text("a0"), record.text("a11"), record.text("argc"), record.number("argc")) == ("ls", "-l", "12", 12)


def test_records_of_one_event_share_their_key() -> None:
    first, second = (Record.from_netlink(number, b"audit(1.002:3): ") for number in (1300, 1302))
    assert first.key is second.key


@pytest.mark.parametrize("ending", [b"", b"\n", b"\0", b" \n"])
def test_a_terminator_is_tolerated(ending: bytes) -> None:
    assert Record.from_netlink(1300, b"audit(1.002:3): pid=1" + ending).body == b"pid=1"


@pytest.mark.parametrize(
    "payload", [b"", b"audit(", b"audit(1.002:3)", b"audit(1.002:3 ", b"Audit(1.002:3):", b" audit(1.002:3):"]
)
def test_what_is_no_record(payload: bytes) -> None:
    with pytest.raises(Malformed):
        Record.from_netlink(1300, payload)


def test_a_stamp_is_looked_for_only_at_the_start() -> None:
    with pytest.raises(Malformed):
        Record.from_netlink(1300, b"audit(" + b"1" * 100 + b"): pid=1")


@pytest.mark.parametrize(
    ("stamp", "milli"),
    [(b"1.5:7", 5), (b"1.05:7", 5), (b"1.500:7", 500), (b"1:7", 0), (b"1.:7", 0), (b"1.123456:7", 123)],
)
def test_milliseconds(stamp: bytes, milli: int) -> None:
    assert event_key(stamp, "") == EventKey("", 1, milli, 7)


@pytest.mark.parametrize(
    "stamp", [b"", b":", b".1:2", b"1.002", b"1.002:", b"1.002:4294967296", b"1.002:-1", b"1_0.1:2", b"1.+1:2"]
)
def test_stamps_that_are_none(stamp: bytes) -> None:
    with pytest.raises(Malformed):
        event_key(stamp, "")


def test_a_process_cannot_speak_for_the_kernel() -> None:
    text = b"pid=7 uid=1000 auid=1000 ses=3 msg='op=x pid=1 uid=0 auid=0 exe=\"/sbin/init\" res=success'"
    record = Record.from_netlink(1112, b"audit(1.002:3): " + text)
    assert record.fields == {"pid": "7", "uid": "1000", "auid": "1000", "ses": "3"}
    assert record.message == 'op=x pid=1 uid=0 auid=0 exe="/sbin/init" res=success'


def test_what_the_kernel_sends_is_never_taken_for_enriched() -> None:
    body = b'pid=7 key="x"ARCH=x86_64 \x1dUID="root"'
    record = Record.from_netlink(1300, b"audit(1.002:3): " + body)
    assert record.enriched == {}
    assert record.fields["pid"] == "7"


def test_enriched_values_never_replace_raw_ones() -> None:
    record = parse_line(b'type=SYSCALL msg=audit(1.002:3): uid=1000 key=(null)\x1dUID="root" uid="0"')
    assert record.fields == {"uid": "1000", "key": "(null)"}
    assert record.enriched == {"UID": '"root"', "uid": '"0"'}
