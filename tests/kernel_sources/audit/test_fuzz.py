"""Whatever bytes come: a record, or Malformed, and facts that can be written down."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any, Callable

import pytest

from kernel_sources.audit.assembler import Assembler
from kernel_sources.audit.logline import parse_line
from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.audit.record import Record
from kernel_sources.errors import Malformed
from kernel_sources.tables.generated.record_types import NAMES
from kernel_sources.tables.record_types import EOE

Describe = Callable[[RawEvent], dict[str, Any]]

ROUNDS = 10_000
# fmt: off
PIECES = (
    b'"', b"'", b" ", b"=", b"  ", b"(null)", b"\x1d", b"msg='", b"a0[0]=", b"a0_len=", b"argc=", b"{", b"}", b"[",
    b"]", b"\0", b"\n", b"\xff", b"4294967295", b"-1", b"9" * 40, b"41", b"4", b"UID=", b"ARCH=", b"(x)", b"subj=",
    b":", b"type=",
)
# fmt: on


@pytest.fixture(scope="module")
def lines(records: Path) -> list[bytes]:
    found = [line for log in sorted(records.glob("*.log")) for line in log.read_bytes().split(b"\n")]
    assert len(found) > 300
    return found


def test_mutated_records(lines: list[bytes], describe: Describe) -> None:
    source = random.Random(20251009)
    read = 0
    for _ in range(ROUNDS):
        line = _mutated(source, lines)
        try:
            record = parse_line(line)
        except Malformed:
            continue
        read += 1
        _look_at(record)
        json.dumps(describe(RawEvent([record])))
    assert read > ROUNDS // 2


def test_random_bytes(describe: Describe) -> None:
    source = random.Random(4711)
    types = [*NAMES, 0, 1, 999, 1199, 1299, 65535]
    for _ in range(ROUNDS):
        noise = b"".join(source.choice((_noise(source, 12), *PIECES)) for _ in range(source.randrange(20)))
        with pytest.raises(Malformed):
            parse_line(noise.replace(b"audit(", b""))
        record = Record.from_netlink(source.choice(types), b"audit(1.002:3): " + noise)
        _look_at(record)
        json.dumps(describe(RawEvent([record])))


def test_random_stamps() -> None:
    source = random.Random(815)
    stamp = b"1760000001.125:501"
    for _ in range(ROUNDS):
        at = source.randrange(len(stamp))
        changed = stamp[:at] + source.choice((_noise(source, 3), *PIECES)) + stamp[at + source.randrange(3) :]
        try:
            record = Record.from_netlink(1300, b"audit(" + changed + b"): a=1")
        except Malformed as error:
            assert error.reason
            continue
        assert 0 <= record.milli < 1000
        assert 0 <= record.serial < 1 << 32
        assert record.sec >= 0


def test_records_of_several_events_mixed_and_mutated(lines: list[bytes], describe: Describe) -> None:
    source = random.Random(7)
    assembler = Assembler(max_open=16)
    given = taken = ends = 0
    for _ in range(ROUNDS):
        try:
            record = parse_line(_mutated(source, lines))
        except Malformed:
            continue
        taken += 1
        ends += record.type == EOE
        for event in assembler.feed(record, 0.0):
            given += len(event.records)
            json.dumps(describe(event))
    for event in assembler.close():
        given += len(event.records)
        json.dumps(describe(event))
    # Only an EOE without an event before it is swallowed.
    assert 0 <= taken - given <= ends
    assert assembler.open_events == 0


def _mutated(source: random.Random, lines: list[bytes]) -> bytes:
    line = source.choice(lines)
    # Mostly behind the header, so that most lines are still records.
    start = line.find(b"): ") + 3 if source.random() < 0.8 else 0
    for _ in range(source.randrange(1, 5)):
        at = source.randrange(start, max(start, len(line)) + 1)
        way = source.randrange(4)
        if way == 0:
            line = line[:at]
        elif way == 1:
            line = line[:at] + source.choice(PIECES) + line[at:]
        elif way == 2:
            line = line[:at] + line[at + source.randrange(1, 20) :]
        else:
            line = line[:at] + _noise(source, 3) + line[at + 1 :]
    return line


def _noise(source: random.Random, most: int) -> bytes:
    return bytes(source.randrange(256) for _ in range(source.randrange(most)))


def _look_at(record: Record) -> None:
    for name in [*record.fields, "absent"]:
        record.text(name)
        record.number(name)
        record.identifier(name)
        record.hexadecimal(name)
        record.octal(name)
    assert isinstance(record.enriched, dict)
    assert record.message is None or isinstance(record.message, str)
    assert record.type_name
    assert str(record.serial) in repr(record)
