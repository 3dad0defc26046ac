"""Fields read from events as conditions read them: resolved by the catalogue, bound by the binder."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from auditfalco.fields.binder import EventBinder
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.model.descriptor import Descriptor
from auditfalco.model.event import Event
from auditfalco.model.process import Environment, Image, Measures, Process

START = 1_700_000_000_000_000_000

Read = Callable[..., Any]


class MadeUpWorld:
    """A host of which the test says everything."""

    def __init__(self) -> None:
        self.hostname = "testbox"
        self.first_time_ns = START
        self.processes: dict[int, Process] = {}
        self.groups: dict[int, int] = {}
        self.users: dict[int, tuple[str, str, str]] = {}
        self.group_names: dict[int, str] = {}
        self.open: dict[int, dict[int, Descriptor]] = {}
        self.addresses: set[bytes] | None = None
        self.expected: list[tuple[str, str | None]] = []
        self.used: dict[int, Measures] = {}
        self.open_descriptors: dict[int, int] = {}
        self.limits: dict[int, int] = {}
        self.sessions: dict[int, int] = {}
        self.control_groups_of: dict[int, tuple[tuple[str, str], ...]] = {}

    def expect(self, name: str, argument: str | None) -> None:
        """Take note of what is asked for."""
        self.expected.append((name, argument))

    def ancestors(self, process: Process, time_ns: int, until_ns: int | None = None) -> list[Process]:
        """The chain of parents."""
        return [] if process.parent is None else [process.parent, *self.ancestors(process.parent, time_ns)]

    def parent(self, process: Process, time_ns: int, until_ns: int | None = None) -> Process | None:
        """The parent, at all times the same."""
        return process.parent

    def image(self, process: Process, time_ns: int, until_ns: int | None = None) -> Image:
        """The image, at all times the same."""
        return process.image

    def find(self, pid: int, time_ns: int) -> Process | None:
        """Whoever has the pid."""
        return self.processes.get(pid)

    def process_group(self, process: Process) -> int | None:
        """The group of a process, by its pid."""
        return self.groups.get(process.pid)

    def session(self, process: Process) -> int | None:
        """The session of a process, which may have another number in the process's own pid namespace."""
        return self.sessions.get(process.pid, process.sid)

    def environment(self, process: Process, image: Image) -> Environment | None:
        """What the image was given."""
        return image.environment

    def measures(self, process: Process) -> Measures | None:
        """What a process uses, by its pid."""
        return self.used.get(process.pid)

    def descriptor_count(self, process: Process) -> int | None:
        """How many descriptors a process has open, by its pid."""
        return self.open_descriptors.get(process.pid)

    def descriptor_limit(self, process: Process) -> int | None:
        """How many descriptors a process may have open, by its pid; 200 as a rule."""
        return self.limits.get(process.pid, 200)

    def control_groups(self, process: Process) -> tuple[tuple[str, str], ...] | None:
        """The control groups of a process, by its pid."""
        return self.control_groups_of.get(process.pid)

    def user_name(self, process: Process, uid: int) -> str:
        """The name of a user of the process's place."""
        return self.users[uid][0] if uid in self.users else "<NA>"

    def group_name(self, process: Process, gid: int) -> str:
        """The name of a group of the process's place."""
        return self.group_names.get(gid, "<NA>")

    def login_name(self, uid: int) -> str:
        """The name of a user of the host."""
        return f"host-{self.user_name(Process(0, 0, None, Image()), uid)}"

    def user_entry(self, process: Process, uid: int) -> tuple[str, str] | None:
        """Home directory and shell."""
        return self.users[uid][1:] if uid in self.users else None

    def open_descriptor(self, process: Process, number: int) -> Descriptor | None:
        """What a number of a process stands for."""
        return self.descriptors(process).get(number)

    def descriptors(self, process: Process) -> dict[int, Descriptor]:
        """The descriptors of a process, by its pid."""
        return self.open.get(process.pid, {})

    def is_local_address(self, process: Process, address: bytes) -> bool:
        """Whether an address is among those of the machine; every one is as long as there are none, as in Falco's."""
        return self.addresses is None or address in self.addresses

    def run(self, pid: int, parent: Process | None, *argv: str, comm: str | None = None) -> Process:
        """A process that runs a program of /usr/bin, started `pid` nanoseconds after the beginning."""
        image = Image(START)
        process = Process(pid, START + pid, parent, image)
        if argv:
            image.filled, image.argv, image.comm = True, list(argv), comm or argv[0].rpartition("/")[2]
            image.exe_path = f"/usr/bin/{image.comm}"
        self.processes[pid] = process
        return process


@pytest.fixture
def world() -> MadeUpWorld:
    """A host without anybody."""
    return MadeUpWorld()


@pytest.fixture
def read(world: MadeUpWorld) -> Read:
    """Reads a field, written as in a condition, from an event; of `world` unless another one is given."""

    def value(text: str, event: Event, of: Any = world) -> Any:
        name, bracket, argument = text.partition("[")
        ref = CATALOGUE.resolve(name, argument[:-1] if bracket else None)
        return EventBinder(of)(ref)(event)

    return value


@pytest.fixture
def event_of() -> Callable[[Process | None], Event]:
    """Makes an event of a process, a microsecond after the beginning."""

    def event(process: Process | None) -> Event:
        made = Event("execve", START + 1000)
        made.process = process
        return made

    return event
