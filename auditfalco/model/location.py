"""Where something stands in a text that a person wrote."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Location:
    """A place in a file, counted as editors count.

    Attributes:
        file: path as the user gave it; ``""`` for text that came from no file (a command line argument).
        line: from 1.
        column: from 1, in characters.
    """

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        """Return ``file:line:column``, or ``line:column`` where there is no file."""
        place = f"{self.line}:{self.column}"
        return f"{self.file}:{place}" if self.file else place
