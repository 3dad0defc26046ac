"""Process events from the kernel's connector: forks, execs, exits and changes of identity of every task."""

from __future__ import annotations

from kernel_sources.connector.events import (
    Comm,
    Coredump,
    Exec,
    Exit,
    Fork,
    Gid,
    ProcessEvent,
    Ptrace,
    Sid,
    Uid,
)
from kernel_sources.connector.reader import ProcessEventReader

__all__ = [
    "Comm",
    "Coredump",
    "Exec",
    "Exit",
    "Fork",
    "Gid",
    "ProcessEvent",
    "ProcessEventReader",
    "Ptrace",
    "Sid",
    "Uid",
]
