"""The call that a thread is in, and the strings in its memory."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator

import pytest

from kernel_sources.procfs import ProcFS
from kernel_sources.procfs.calls import CallFacts, parse
from kernel_sources.procfs.memory import POINTERS_LIMIT, Memory


def test_a_call_with_its_arguments() -> None:
    line = b"59 0x7f1 0x7f2 0x7f3 0x4 0x5 0x6 0x7ffd 0x7fae\n"
    assert parse(line) == CallFacts(59, (0x7F1, 0x7F2, 0x7F3, 4, 5, 6), 0x7FFD)


@pytest.mark.parametrize("line", [b"running\n", b"-1 0x7ffd 0x7fae\n", b"", b"59 0x1", b"x y z 1 2 3 4 5 6\n"])
def test_no_call(line: bytes) -> None:
    assert parse(line) is None


@pytest.fixture
def memory() -> Iterator[Memory]:
    descriptor = ProcFS().open_memory("self")
    assert descriptor is not None
    yield Memory(descriptor, ctypes.sizeof(ctypes.c_void_p))
    os.close(descriptor)


def array(*texts: bytes | None) -> ctypes.Array[ctypes.c_char_p]:
    return (ctypes.c_char_p * len(texts))(*texts)


def test_strings_to_the_null_pointer(memory: Memory) -> None:
    long = b"x" * 10_000  # over several pages
    own = array(b"a=1", b"", long, b"\xff", None, b"beyond")
    assert memory.strings(ctypes.addressof(own), 1 << 20) == (("a=1", "", long.decode(), "\udcff"), True)


def test_what_is_too_long_is_cut_and_said_so(memory: Memory) -> None:
    own = array(b"abc", b"defg", None)
    assert memory.strings(ctypes.addressof(own), 9) == (("abc", "defg"), True)
    assert memory.strings(ctypes.addressof(own), 8) == (("abc",), False)


def test_no_array_is_empty(memory: Memory) -> None:
    assert memory.strings(0, 100) == ((), True)


@pytest.mark.parametrize("address", [8, 0xFFFF_FFFF_FFFF_FFF8])
def test_what_cannot_be_read(memory: Memory, address: int) -> None:
    assert memory.strings(address, 100) == ((), False)


def test_an_endless_array_ends(memory: Memory) -> None:
    own = array(*[b""] * (POINTERS_LIMIT + 10))
    texts, whole = memory.strings(ctypes.addressof(own), 1 << 20)
    assert (len(texts), whole) == (POINTERS_LIMIT, False)
