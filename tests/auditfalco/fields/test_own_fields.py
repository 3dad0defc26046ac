"""Fields that Falco does not have, on events made from records."""

from __future__ import annotations

from typing import Any

import pytest

OPENAT, CONNECT = 257, 42
CWD = "ffffff9c"


@pytest.mark.parametrize(("arch", "narrow"), [("c000003e", False), ("40000003", True), ("c00000b7", False)])
def test_calls_of_the_32_bit_abi(read: Any, machine: Any, records: Any, arch: str, narrow: bool) -> None:
    assert read("evt.is_32bit", machine.event(records.syscall(CONNECT, arch=arch))) is narrow


@pytest.mark.parametrize(
    ("mode", "block"), [("0100644", False), ("060660", True), ("020620", False), ("040755", False)]
)
def test_block_devices_are_told_by_their_inode(read: Any, machine: Any, records: Any, mode: str, block: bool) -> None:
    event = machine.event(
        records.syscall(OPENAT, (CWD, "55d0", "0", "0"), exit=3),
        records.cwd("/root"),
        records.path(0, "/tmp/anything", mode=mode),
    )
    assert read("fd.is_block_device", event) is block


def test_nothing_is_a_block_device_that_no_record_tells_of(read: Any, machine: Any, records: Any) -> None:
    assert read("fd.is_block_device", machine.event(records.syscall(CONNECT))) is None
    missing = machine.event(
        records.syscall(OPENAT, (CWD, "55d0", "0", "0"), exit=-2),
        records.cwd("/root"),
        records.path(0, "/x", inode=None),
    )
    assert read("fd.is_block_device", missing) is None
