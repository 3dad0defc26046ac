"""A normalised event: one fact in Falco's vocabulary."""

from __future__ import annotations

from typing import Callable, NamedTuple, Union

from auditfalco.model.descriptor import Descriptor
from auditfalco.model.process import Process

ArgumentValue = Union[int, str, bytes, bool, None]
"""None is a parameter that is there and empty; one that is not known is no argument at all."""


class Argument(NamedTuple):
    """One event argument: its value, and its resolved text (flag names, an errno name, a path) where Falco has one.

    `plain` is how the value itself prints where that is not its decimal number, such as a mode in octal.
    """

    value: ArgumentValue
    text: str
    plain: str | None = None


class Event:
    """One event.

    `type` is Falco's event name, `time_ns` nanoseconds since the epoch, `serial` the audit serial (0 without one),
    `result` the value the call returned (None when it has none), `arguments` Falco's evt.arg names in Falco's order.
    `process` is None only when nothing at all is known of it; `ancestors` are kept here once they were asked for (see
    fields.aspects). `fd_number` is set for every event about a descriptor,
    even when `descriptor` (what it stands for) is unknown. `open_flags` are Falco's own open flag bits, for the open
    family only. `name_changed` tells that the call gave its descriptor another name (connect, accept …). `named_file`
    is the file that a call is about for which Falco has no parameters: its name as spelled, and its path if known.
    `narrow` tells that the call came by a 32-bit ABI, None where no record says so.
    `io_uring` tells that it was no system call but an operation of io_uring. `sources` are the sensors that told of it:
    "audit", "fanotify", "connector".

    `time_ns` is the coarse clock's when the call began. `moment_ns` and `until_ns` are what other processes are looked
    at by: the event was not before the one and not after the other, in the exact time of the process connector.
    """

    __slots__ = (
        "_arguments",
        "_describe",
        "ancestors",
        "descriptor",
        "fd_number",
        "io_uring",
        "moment_ns",
        "name_changed",
        "named_file",
        "narrow",
        "number",
        "open_flags",
        "open_mode",
        "process",
        "record_types",
        "result",
        "serial",
        "sources",
        "time_ns",
        "type",
        "until_ns",
    )

    def __init__(self, type: str, time_ns: int, serial: int = 0) -> None:
        self.type = type
        self.time_ns = time_ns
        self.moment_ns = self.until_ns = time_ns
        self.serial = serial
        self.number = 0
        self.result: int | None = None
        self._arguments: dict[str, Argument] = {}
        self._describe: Callable[[], None] | None = None
        self.process: Process | None = None
        self.ancestors: list[Process] | None = None
        self.fd_number: int | None = None
        self.descriptor: Descriptor | None = None
        self.open_flags: int | None = None
        self.open_mode: int | None = None
        self.name_changed = False
        self.named_file: Argument | None = None
        self.io_uring = False
        self.narrow: bool | None = None
        self.sources: tuple[str, ...] = ("audit",)
        self.record_types: tuple[str, ...] = ()

    @property
    def arguments(self) -> dict[str, Argument]:
        """Falco's evt.arg names, in the order in which they are told."""
        if self._describe is not None:
            describe, self._describe = self._describe, None
            describe()
        return self._arguments

    @arguments.setter
    def arguments(self, told: dict[str, Argument]) -> None:
        self._describe, self._arguments = None, told

    def described_by(self, describe: Callable[[], None]) -> None:
        """Let `describe` fill in the arguments when somebody asks for them; until the next event nothing may change."""
        self._describe = describe

    def __repr__(self) -> str:
        return f"Event({self.type}, serial={self.serial})"
