"""``/proc/<tid>/syscall``: the call that a waiting thread is in (proc(5), fs/proc/base.c)."""

from __future__ import annotations

from typing import NamedTuple


class CallFacts(NamedTuple):
    """A system call that has not returned.

    Attributes:
        number: its number, in the table of the ABI that the thread uses.
        arguments: its six arguments as they lie in the registers.
        stack: stack pointer; with the others it tells one call from the next of the same thread.
    """

    number: int
    arguments: tuple[int, ...]
    stack: int


def parse(data: bytes) -> CallFacts | None:
    """Return the call, None for a thread that runs or is in none."""
    words = data.split()
    if len(words) < 9:
        return None
    try:
        numbers = [int(word, 16) for word in words[1:9]]
        return CallFacts(int(words[0]), tuple(numbers[:6]), numbers[6])
    except ValueError:
        return None
