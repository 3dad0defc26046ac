"""What extractors may ask of the host's state, beyond the event itself.

Extraction lies below the state in the layers, so it names what it needs and the state provides it.
"""

from __future__ import annotations

from typing import Protocol

from auditfalco.model.descriptor import Descriptor
from auditfalco.model.process import Environment, Image, Measures, Process


class World(Protocol):
    """The host (live), or what a log told of one (replay)."""

    hostname: str
    """The machine's name, evt.hostname."""

    first_time_ns: int
    """Time of the first event of this run, for evt.reltime; nanoseconds since the epoch."""

    def expect(self, name: str, argument: str | None) -> None:
        """Take note that a rule reads a field, or (`evt.type` and its name) is about an event type, from now on."""

    def ancestors(self, process: Process, time_ns: int, until_ns: int | None = None) -> list[Process]:
        """The chain from the parent upwards at `time_ns`, or throughout until `until_ns`, as far as it is certain."""

    def parent(self, process: Process, time_ns: int, until_ns: int | None = None) -> Process | None:
        """The parent at that time; None where that is not certain."""

    def image(self, process: Process, time_ns: int, until_ns: int | None = None) -> Image:
        """What a process other than the event's ran, and was called, at that time; empty where that is not certain."""

    def find(self, pid: int, time_ns: int) -> Process | None:
        """The process that had a pid at `time_ns`."""

    def process_group(self, process: Process) -> int | None:
        """The process group's id in the initial pid namespace; None when it cannot be known."""

    def session(self, process: Process) -> int | None:
        """The session's id in the process's own pid namespace, 0 if it began outside; None when it cannot be known."""

    def environment(self, process: Process, image: Image) -> Environment | None:
        """The environment of what a process runs; None when it was too late to read it."""

    def measures(self, process: Process) -> Measures | None:
        """What a process uses now; None when it has ended, and in a replay."""

    def descriptor_count(self, process: Process) -> int | None:
        """How many descriptors a process has open now; None likewise."""

    def descriptor_limit(self, process: Process) -> int | None:
        """How many descriptors a process may have open now, -1 without a limit; None likewise."""

    def control_groups(self, process: Process) -> tuple[tuple[str, str], ...] | None:
        """The control groups of a process now, as (controller, path); None likewise."""

    def user_name(self, process: Process, uid: int) -> str:
        """A user's name where the process lives; "<NA>" when it has none."""

    def group_name(self, process: Process, gid: int) -> str:
        """A group's name where the process lives; "<NA>" when it has none."""

    def login_name(self, uid: int) -> str:
        """A login user's name on the host; "<NA>" when it has none."""

    def user_entry(self, process: Process, uid: int) -> tuple[str, str] | None:
        """A user's home directory and shell where the process lives."""

    def open_descriptor(self, process: Process, number: int) -> Descriptor | None:
        """What a number of a process stands for now; None when that is not known."""

    def descriptors(self, process: Process) -> dict[int, Descriptor]:
        """Every descriptor of a process that is known, by number."""

    def is_local_address(self, process: Process, address: bytes) -> bool | None:
        """Whether a packed address is one of the machine's own where the process lives; None when not known."""
