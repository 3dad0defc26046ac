"""What the tests of the normalisers share."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from auditfalco.model.event import Event

Texts = Callable[[Event], dict[str, str]]


@pytest.fixture
def texts() -> Texts:
    """Gives an event's arguments as they print."""

    def shown(event: Any) -> dict[str, str]:
        return {name: argument.text for name, argument in event.arguments.items()}

    return shown


HERE = "ffffff9c"
"""AT_FDCWD as the kernel writes it into a register."""

Named = tuple[object, ...]
"""A PATH record: name and nametype, and its inode if it is not 7; None for a name that led nowhere."""


@pytest.fixture
def told(machine: Any, records: Any) -> Callable[..., Event]:
    """Makes the event of one call by /tmp's process: `told(82, ("1", "2"), ("a", "DELETE"), exit=0)`."""

    def tell(number: int, registers: tuple[str, ...], *paths: Named, cwd: str | None = "/tmp", **syscall: Any) -> Event:
        filled = (*registers, "0", "0", "0", "0")[:4]
        lines = [records.syscall(number, filled, **syscall)]
        if cwd is not None:
            lines.append(records.cwd(cwd))
        for item, (name, nametype, *inode) in enumerate(paths):
            number_of_file = None if nametype == "UNKNOWN" else inode[0] if inode else 7
            lines.append(records.path(item, name, nametype=nametype, inode=number_of_file))
        event: Event = machine.event(*lines)
        return event

    return tell


@pytest.fixture
def open_as(told: Callable[..., Event]) -> Callable[[int, str], Event]:
    """Lets the process open a file or directory, and get this descriptor."""

    def opened(number: int, name: str) -> Event:
        return told(257, (HERE, "1"), (name, "NORMAL"), exit=number)

    return opened
