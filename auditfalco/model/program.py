"""What a running program is called: by the kernel, and by what is known of its file.

The kernel's name (comm) is the last part of the path that was executed, cut to 15 bytes, until the program takes
another. A link, a copy or a call by hand gives a program any name; what its file is called where it lies, and which
program it is a copy of, its user cannot choose.
"""

from __future__ import annotations

from auditfalco.model.names import named

COMM_BYTES = 15
"""Bytes of a name that the kernel keeps (TASK_COMM_LEN, without its end)."""


def cut(name: str) -> str:
    """A name as the kernel keeps it."""
    raw = name.encode("utf-8", "surrogateescape")
    return name if len(raw) <= COMM_BYTES else raw[:COMM_BYTES].decode("utf-8", "surrogateescape")


class Program:
    """The names of what an image was loaded from, beside the one that it has now.

    Attributes:
        name: the kernel's name right after the exec.
        also: other names, that whoever ran it may have wanted to hide. A program that lies where anybody might have put
            it has its path among them.
        trusted: other names that the system itself gives it: `dash` of `sh`.
    """

    __slots__ = ("_called", "_shown", "also", "name", "trusted")

    def __init__(self, name: str, also: tuple[str, ...] = (), trusted: tuple[str, ...] = ()) -> None:
        self.name = name
        self.also = also
        self.trusted = trusted
        self._called = name
        self._shown = named(name, also, trusted)

    def called(self, name: str) -> str:
        """The names of the program while the kernel calls it `name`, which is the one that prints.

        A program that takes another name keeps its own beside it; as a trusted one where the new name only adds to it
        (`runc:[2:INIT]`).
        """
        if name != self._called:
            own = (self.name,) if name != self.name else ()
            adds = name.startswith(f"{self.name}:")
            also = self.also if adds else (*own, *self.also)
            self._called, self._shown = name, named(name, also, (*own, *self.trusted) if adds else self.trusted)
        return self._shown
