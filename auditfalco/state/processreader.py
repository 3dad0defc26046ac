"""What the tables of processes ask of the live system."""

from __future__ import annotations

from typing import Protocol

from auditfalco.model.process import Image, Process


class Ahead(Protocol):
    """What is known already of a pid beyond what the tables have been told."""

    def is_taken_again(self, pid: int) -> bool:
        """Whether it was given to a new process since."""

    def has_changed(self, pid: int) -> bool:
        """Whether its process has ended, executed something or been renamed since."""

    def has_ended(self, pid: int) -> bool:
        """Whether its process has ended since."""

    def last_parent(self, pid: int) -> int | None:
        """The parent that its process had when it ended since; None when it has not, or that was not told."""


class ProcessReader(Protocol):
    """All answers are None (or nothing is changed) when the process is gone, its pid perhaps used again."""

    def read(self, pid: int) -> Process | None:
        """A process as /proc shows it, without parent."""

    def parent_pid(self, process: Process) -> int | None:
        """The parent now, or when it ended."""

    def has_ended(self, pid: int) -> bool:
        """Whether the process with a pid is known to have ended since what the tables have been told."""

    def is_taken_again(self, pid: int) -> bool:
        """Whether a pid is known to belong to a new process since what the tables have been told."""

    def fill_image(self, image: Image, process: Process) -> None:
        """Complete an image from what /proc shows of the process that runs it."""

    def is_running(self, process: Process) -> bool:
        """Whether a process, or any of its threads, still runs."""
