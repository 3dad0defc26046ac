"""Every system call of several machines, with registers and records of all kinds: an event that can be printed."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from auditfalco.cli.decode import FieldPrinter
from kernel_sources.tables import URING_OPERATIONS, machine_number, syscall_name

REGISTERS = ("0", "1", "3", "ffffff9c", "ffffffffffffff9c", "ffffffff", "7ffc12345678", "80000000", "241", "dead", "a")
ADDRESSES = (
    "02000050C0A80001000000000000000000",
    "0A0001BB00000000200148604860000000000000000088880000000000",
    "01002F72756E2F782E736F636B00",
    "0100002F6162",
    "1000000000000000",
    "0200",
    "00",
    "ZZ",
)
NAMES = ("x", "/etc/shadow", "../a b", "", None, "\x1b[31m", "\udcff")
KINDS = ("NORMAL", "CREATE", "DELETE", "PARENT", "UNKNOWN")
MOST_NUMBERS = 480


def random_records(records: Any, source: random.Random) -> list[Any]:
    """Records that may or may not go with a call."""
    made = [records.cwd(source.choice(["/tmp", "/", "(unreachable)/x"]))] if source.random() < 0.8 else []
    for item in range(source.randrange(5)):
        inode = source.choice([None, 2, 77])
        made.append(records.path(item, source.choice(NAMES), nametype=source.choice(KINDS), inode=inode))
    if source.random() < 0.6:
        made.append((1306, f"saddr={source.choice(ADDRESSES)}"))
    if source.random() < 0.3:
        made.append(records.execve(*source.choices(["sh", "-c", "a b", ""], k=source.randrange(4))))
    if source.random() < 0.3:
        made.append((1304, f"nargs={source.randrange(7)} a0=3 a1=2 a2=1"))
    if source.random() < 0.3:
        made.append((1315, "fd0=5 fd1=6"))
    if source.random() < 0.2:
        made.append(records.openat2(source.getrandbits(24), 0o644, source.getrandbits(6)))
    return made


def check(printer: FieldPrinter, event: Any) -> None:
    """An event prints, as JSON and for a person, with nothing in it that a terminal obeys."""
    decoded = json.loads(printer.json_line(event))
    assert decoded["type"] == event.type and decoded["fields"]["evt.type"] == event.type
    assert printer.text_line(event).isprintable()


@pytest.mark.parametrize("arch", ["x86_64", "i386", "aarch64"])
def test_every_call(machine: Any, records: Any, arch: str) -> None:
    source = random.Random(arch)
    number_of_arch = f"{machine_number(arch):x}"
    printer, made = FieldPrinter(machine.host), 0
    for number in range(MOST_NUMBERS):
        if syscall_name(arch, number) is None:
            continue
        for _ in range(3):
            registers = [source.choice(REGISTERS) for _ in range(source.choice([4, 4, 4, 4, 2]))]
            result = source.choice([0, 3, -1, -2, -115, -4095, 140095431475200, None])
            call = records.syscall(number, registers, exit=result, arch=number_of_arch, pid=500 + source.randrange(3))
            event = machine.maybe(call, *random_records(records, source), at_ms=made)
            if event is not None:
                check(printer, event)
                made += 1
    assert made > MOST_NUMBERS


def test_every_operation_of_io_uring(machine: Any, records: Any) -> None:
    source = random.Random("io_uring")
    subject = "items=0 ppid=1 pid=500 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 key=(null)"
    printer, made = FieldPrinter(machine.host), 0
    for number in range(len(URING_OPERATIONS) + 2):
        for round in range(3):
            record = (1336, f"uring_op={number} success=yes exit={source.choice([0, -2, -11])} {subject}")
            raw = machine.raw(record, *random_records(records, source), at_ms=10_000 * (3 * number + round))
            for event in machine.normaliser.events(raw):
                check(printer, event)
                made += 1
    made += len([check(printer, event) for event in machine.normaliser.close()])
    assert made > len(URING_OPERATIONS)


def test_both_ends_of_a_connection_are_text(machine: Any, records: Any) -> None:
    event = machine.event(records.syscall(42, ("3", "7f", "10", "0")), (1306, "saddr=020001BBC0A800010000000000000000"))
    fields = json.loads(FieldPrinter(machine.host).json_line(event))["fields"]
    assert (fields["fd.sip"], fields["fd.sport"], fields["fd.name"]) == ("192.168.0.1", 443, "->192.168.0.1:443")
