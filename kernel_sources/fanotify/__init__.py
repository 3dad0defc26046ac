"""File events from fanotify(7), notification class: who opened, executed and closed what; never in anybody's way."""

from __future__ import annotations

from kernel_sources.fanotify.events import (
    CLOSE_NOWRITE,
    CLOSE_WRITE,
    EVENT_ON_CHILD,
    MODIFY,
    ON_DIRECTORY,
    OPEN,
    OPEN_EXEC,
    FileEvent,
)
from kernel_sources.fanotify.group import Descriptors, FanotifyGroup
from kernel_sources.fanotify.marks import Mark

__all__ = [
    "CLOSE_NOWRITE",
    "CLOSE_WRITE",
    "EVENT_ON_CHILD",
    "MODIFY",
    "ON_DIRECTORY",
    "OPEN",
    "OPEN_EXEC",
    "Descriptors",
    "FanotifyGroup",
    "FileEvent",
    "Mark",
]
