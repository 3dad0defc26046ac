"""``/proc/<pid>/limits``: what a process may use (proc(5))."""

from __future__ import annotations

from dataclasses import dataclass

_OPEN_FILES = b"Max open files"


@dataclass(frozen=True)
class Limits:
    """Resource limits.

    Attributes:
        open_files: descriptors that the process may have open (the soft limit), -1 for no limit.
    """

    open_files: int


def parse(data: bytes) -> Limits | None:
    """Return the limits, None when the file lacks them."""
    for line in data.split(b"\n"):
        if line.startswith(_OPEN_FILES):
            words = line[len(_OPEN_FILES) :].split()
            if words and (words[0].isdigit() or words[0] == b"unlimited"):
                return Limits(-1 if words[0] == b"unlimited" else int(words[0]))
    return None
