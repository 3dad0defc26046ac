"""Falco's open flag bits, from the kernel's flags of each machine, and their spelling."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as some

from auditfalco.model import openflags


@pytest.mark.parametrize(
    ("kernel", "falco", "text"),
    [
        (os.O_RDONLY, 1, "O_RDONLY"),
        (os.O_WRONLY, 2, "O_WRONLY"),
        (os.O_RDWR, 3, "O_RDWR"),
        (os.O_CREAT | os.O_RDWR, 7, "O_CREAT|O_RDWR"),
        (os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 262, "O_TRUNC|O_CREAT|O_WRONLY"),
        (os.O_RDONLY | os.O_CLOEXEC, 4097, "O_RDONLY|O_CLOEXEC"),
        (os.O_RDWR | os.O_EXCL | os.O_CREAT, 39, "O_EXCL|O_CREAT|O_RDWR"),
        (os.O_RDONLY | os.O_NONBLOCK | os.O_DIRECTORY, 1089, "O_DIRECTORY|O_NONBLOCK|O_RDONLY"),
        (os.O_WRONLY | os.O_APPEND, 10, "O_APPEND|O_WRONLY"),
        (os.O_WRONLY | os.O_DSYNC, 18, "O_DSYNC|O_WRONLY"),
        (os.O_RDWR | os.O_TMPFILE, 9219, "O_DIRECTORY|O_RDWR|O_TMPFILE"),
        (0o100000, 2049, "O_LARGEFILE|O_RDONLY"),
        (os.O_RDONLY | os.O_NOFOLLOW | os.O_NOATIME, 1, "O_RDONLY"),
    ],
)
def test_flags_of_x86(kernel: int, falco: int, text: str) -> None:
    for machine in ("x86_64", "i386"):
        assert openflags.from_kernel(kernel, machine) == falco
    assert openflags.text(falco) == text


def test_o_sync_holds_o_dsync_too() -> None:
    bits = openflags.from_kernel(os.O_WRONLY | os.O_SYNC, "x86_64")
    assert openflags.text(bits) == "O_SYNC|O_DSYNC|O_WRONLY"


def test_the_same_number_means_another_flag_on_arm() -> None:
    assert openflags.from_kernel(0o40000, "x86_64") & openflags.O_DIRECT
    assert openflags.from_kernel(0o40000, "aarch64") & openflags.O_DIRECTORY


def test_no_flags_have_a_name_too() -> None:
    assert openflags.text(0) == "O_NONE"


def test_what_only_falco_has() -> None:
    bits = openflags.O_RDONLY | openflags.O_F_CREATED | openflags.FD_UPPER_LAYER
    assert openflags.text(bits) == "O_RDONLY|O_F_CREATED|FD_UPPER_LAYER"
    assert openflags.text(openflags.FD_LOWER_LAYER) == "FD_LOWER_LAYER"


@given(some.integers(0, 0xFFFFFFFF))
def test_reading_and_writing_follow_the_access_mode_alone(kernel: int) -> None:
    bits = openflags.from_kernel(kernel, "x86_64")
    assert bool(bits & openflags.O_RDONLY) is (kernel & 3 in (os.O_RDONLY, os.O_RDWR))
    assert bool(bits & openflags.O_WRONLY) is (kernel & 3 in (os.O_WRONLY, os.O_RDWR))
    assert not bits & (openflags.O_F_CREATED | openflags.FD_UPPER_LAYER | openflags.FD_LOWER_LAYER)


@given(some.integers(0, (1 << 17) - 1))
def test_every_bit_is_named_once(bits: int) -> None:
    values = {
        name: getattr(openflags, name)
        for name in vars(openflags)
        if name.startswith(("O_", "FD_")) and isinstance(getattr(openflags, name), int)
    }
    named = [values[name] for name in openflags.text(bits).split("|")]
    assert sum(named) == bits
