"""What the tables of processes ask of the live system."""

from __future__ import annotations

from typing import Protocol

from auditfalco.model.process import Image, Process


class ProcessReader(Protocol):
    """All answers are None (or nothing is changed) when the process is gone, its pid perhaps used again."""

    def read(self, pid: int) -> Process | None:
        """A process as /proc shows it, without parent."""

    def parent_pid(self, process: Process) -> int | None:
        """The parent now."""

    def fill_image(self, image: Image, process: Process) -> None:
        """Complete an image from what /proc shows of the process that runs it."""

    def is_running(self, process: Process) -> bool:
        """Whether a process, or any of its threads, still runs."""
