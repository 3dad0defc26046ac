"""Which of a call's PATH records is the file that it is about."""

from __future__ import annotations

from collections.abc import Sequence

from kernel_sources.audit.facts import PathFacts
from kernel_sources.audit.paths import AT_FDCWD


def is_working_directory(dirfd: int) -> bool:
    """Whether a directory descriptor is AT_FDCWD; a register's upper half may or may not carry its sign."""
    return dirfd & 0xFFFFFFFF == AT_FDCWD


def named(paths: Sequence[PathFacts]) -> list[PathFacts]:
    """The records that stand for what the caller named: parents and the file system's own inner names left out."""
    return [path for path in paths if path.name is not None and path.nametype != "PARENT"]


def target(paths: Sequence[PathFacts]) -> PathFacts | None:
    """The record of the one file a call is about: the last that the caller named."""
    candidates = named(paths)
    return candidates[-1] if candidates else None
