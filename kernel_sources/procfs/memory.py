"""Strings in the memory of another thread, by ``/proc/<tid>/mem``; bounded however its pointers are made."""

from __future__ import annotations

import os
from typing import NamedTuple

_PAGE = 4096

POINTERS_LIMIT = 4096
"""Entries read at most of one array of pointers."""


class Strings(NamedTuple):
    """What an array of pointers points to; without ``whole`` it was longer than allowed, or partly unreadable."""

    texts: tuple[str, ...]
    whole: bool


class Memory:
    """The memory of a thread that waits.

    Args:
        descriptor: its open ``mem`` file; closed by the caller.
        pointer_size: bytes of one of its pointers.
    """

    def __init__(self, descriptor: int, pointer_size: int) -> None:
        self._descriptor = descriptor
        self._pointer_size = pointer_size
        self._pages: dict[int, bytes] = {}

    def strings(self, address: int, limit: int) -> Strings:
        """Return the strings of an array of pointers that a null pointer ends (``argv``, ``envp``).

        Args:
            address: of the array; 0 stands for an empty one.
            limit: bytes of text returned at most.
        """
        texts: list[str] = []
        for index in range(POINTERS_LIMIT if address else 0):
            raw = self._bytes(address + index * self._pointer_size, self._pointer_size)
            pointer = int.from_bytes(raw, "little")
            if len(raw) < self._pointer_size:
                return Strings(tuple(texts), False)
            if not pointer:
                return Strings(tuple(texts), True)
            text = self._text(pointer, limit)
            if text is None:
                return Strings(tuple(texts), False)
            limit -= len(text) + 1
            texts.append(text.decode("utf-8", "surrogateescape"))
        return Strings(tuple(texts), not address)

    def _text(self, address: int, limit: int) -> bytes | None:
        """Return the bytes up to a zero; None when there are more than allowed, or they cannot be read."""
        found = b""
        while len(found) < limit:
            part = self._rest_of_page(address + len(found))
            if not part:
                return None
            before, zero, _ = part.partition(b"\0")
            found += before
            if zero:
                return found if len(found) < limit else None
        return None

    def _bytes(self, address: int, size: int) -> bytes:
        found = self._rest_of_page(address)[:size]
        if len(found) < size:
            found += self._rest_of_page(address + len(found))[: size - len(found)]
        return found

    def _rest_of_page(self, address: int) -> bytes:
        """Return what is readable from an address to the end of its page."""
        start = address & ~(_PAGE - 1)
        page = self._pages.get(start)
        if page is None:
            try:
                page = os.pread(self._descriptor, _PAGE, start)
            except (OSError, OverflowError):
                page = b""  # nothing is mapped there, or it is no address
            self._pages[start] = page
        return page[address - start :]
