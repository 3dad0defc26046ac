"""What the kernel's spelling of an executable means, and who may write a file."""

from __future__ import annotations

import pytest

from auditfalco.model.process import Capabilities, Image, Process
from auditfalco.state.executables import deleted_name, may_write, memfd_name

DAC_OVERRIDE = Capabilities(2, 2, 0)
NONE = Capabilities(0, 0, 0)


@pytest.mark.parametrize(
    ("exe", "memfd"),
    [
        ("/memfd:payload (deleted)", "memfd:payload"),
        ("/memfd: (deleted)", "memfd:"),
        ("/memfd:a (deleted) (deleted)", "memfd:a (deleted)"),
        ("/memfd:payload", None),
        ("/tmp/memfd:payload (deleted)", None),
        ("/bin/sh (deleted)", None),
        ("", None),
        (None, None),
    ],
)
def test_memory_files(exe: str | None, memfd: str | None) -> None:
    assert memfd_name(exe) == memfd


def test_the_mark_of_a_deleted_file_is_taken_off_once() -> None:
    assert deleted_name("/bin/sh (deleted)") == "/bin/sh"
    assert deleted_name("/bin/sh (deleted) (deleted)") == "/bin/sh (deleted)"
    assert deleted_name("/bin/(deleted)") == "/bin/(deleted)"


@pytest.mark.parametrize(
    ("mode", "uid", "gid", "capabilities", "expected"),
    [
        (0o755, 1000, 1000, NONE, True),
        (0o555, 1000, 1000, NONE, False),
        (0o775, 1001, 1000, NONE, True),
        (0o757, 1001, 1000, NONE, False),
        (0o757, 1001, 1001, NONE, True),
        (0o755, 1001, 1001, NONE, False),
        (0o577, 1000, 1001, NONE, False),
        (0o000, 1001, 1001, DAC_OVERRIDE, True),
        (0o755, 0, 0, NONE, False),
        (0o755, 0, 0, DAC_OVERRIDE, True),
        (0o755, 1000, 1000, None, True),
    ],
)
def test_who_may_write_a_file_of_1000_and_group_1000(
    mode: int, uid: int, gid: int, capabilities: Capabilities | None, expected: bool
) -> None:
    process = Process(1, 0, None, Image())
    process.fsuid, process.fsgid = uid, gid
    assert may_write(0o100000 | mode, 1000, 1000, process, capabilities) is expected


def test_the_effective_ids_stand_in_for_those_of_file_access() -> None:
    process = Process(1, 0, None, Image())
    process.euid, process.egid = 1000, 1000
    assert may_write(0o755, 1000, 1000, process, NONE) is True


def test_an_unknown_user_may_nobody_knows_what() -> None:
    assert may_write(0o777, 1000, 1000, Process(1, 0, None, Image()), NONE) is None
