"""Executions as the process connector announces them, for when audit does not tell of them.

The connector says that a process has executed something, and when; /proc says what, if it is asked at once; of a
process that is gone by then, the files that fanotify saw opened for execution say it. Such an execution waits a moment
for its audit record, and is an event by itself if none comes. None is ever both.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from typing import Callable, NamedTuple

from auditfalco.model.event import Event
from auditfalco.model.process import Image, Process
from auditfalco.normalise import arguments
from auditfalco.normalise.executions import flags_of
from auditfalco.state.host import HostState
from auditfalco.state.images import newest_image, promote

HOLD_SECONDS = 0.15
"""How long an execution waits for its record."""

MOST_TOLD = 4096
"""Executions told that are remembered, for records that come late."""

MOST_FILES = 4
"""Files that one exec opens: a script, its interpreter, a loader; what is behind them is another exec's."""

MOST_PROCESSES = 1024

LATEST_RECORD_NS = 1_000_000_000
"""By how much a record's time may be earlier than the connector's, which comes when the new image is loaded."""

TICK_NS = 10_000_000

_EXECUTIONS = frozenset({"execve", "execveat"})
_COMM_LENGTH = 15


class Announced(NamedTuple):
    """An execution that the connector told of."""

    due: float
    process: Process
    image: Image


class Executions:
    """The executions that wait for their records; none while audit tells of all.

    Args:
        host: the state that they are seen against.
        clock: monotonic time in seconds.

    Attributes:
        engaged: tells whether executions are to be taken from the connector where no record comes.
    """

    def __init__(self, host: HostState, clock: Callable[[], float] = time.monotonic) -> None:
        self.engaged: Callable[[], bool] = lambda: False
        self._host = host
        self._clock = clock
        self._waiting: deque[Announced] = deque()
        self._recorded: set[int] = set()
        self._told: OrderedDict[tuple[Process, int], None] = OrderedDict()
        self._files: OrderedDict[Process, list[str]] = OrderedDict()

    def announced(self, process: Process) -> None:
        """A process has executed something just now; it is read at once what."""
        if self.engaged():
            self._host.read_execution(process)
            self._waiting.append(Announced(self._clock() + HOLD_SECONDS, process, newest_image(process)))

    def opened(self, process: Process, path: str) -> None:
        """A process opened a file in order to execute it."""
        if not self.engaged():
            return
        files = self._files.setdefault(process, [])
        files.append(path)
        del files[:-MOST_FILES]
        if len(self._files) > MOST_PROCESSES:
            self._files.popitem(last=False)

    def admitted(self, events: Iterable[Event]) -> Iterator[Event]:
        """Those of the events that records tell which were none already."""
        return (event for event in events if self._admits(event))

    def due(self, everything: bool = False) -> Iterator[Event]:
        """The events of executions of which no record has come in time."""
        now = self._clock()
        while self._waiting and (everything or self._waiting[0].due <= now):
            one = self._waiting.popleft()
            if id(one.image) in self._recorded:
                self._recorded.discard(id(one.image))
            else:
                yield self._tell(one)

    def _admits(self, event: Event) -> bool:
        process = event.process
        if event.type not in _EXECUTIONS or process is None or event.result is None or event.result < 0:
            return True
        if any(one.image is process.image for one in self._waiting):
            self._recorded.add(id(process.image))
            return True
        earliest, latest = event.time_ns - TICK_NS, event.time_ns + LATEST_RECORD_NS
        told = next((key for key in self._told if key[0] is process and earliest <= key[1] <= latest), None)
        if told is None:
            return True
        del self._told[told]
        return False

    def _tell(self, one: Announced) -> Event:
        process, image = one.process, one.image
        files = self._files.pop(process, [])
        sources: tuple[str, ...] = ("connector",)
        if not image.filled and files:
            _fill(image, files)
            sources = ("connector", "fanotify")
        promote(process, image.exec_ns)
        self._host.complete(process, image.exec_ns)
        self._host.open_files.table.executed(process)
        self._told[process, image.exec_ns] = None
        if len(self._told) > MOST_TOLD:
            self._told.popitem(last=False)
        return execution_event(process, image, sources, self._host)


def _fill(image: Image, files: list[str]) -> None:
    """What an image is by the files opened for it: a script, the program that runs, and that one's loader."""
    programs = [path for path in files if not path.rpartition("/")[2].startswith("ld-")] or files
    image.exe_path = programs[-1]
    image.comm = programs[0].rpartition("/")[2][:_COMM_LENGTH]
    image.filled = True


def execution_event(process: Process, image: Image, sources: tuple[str, ...], host: HostState) -> Event:
    """The event of an execution that no record told of."""
    event = Event("execve", image.exec_ns)
    event.process = process
    event.sources = sources
    event.result = 0
    event.described_by(lambda: _describe(event, process, image, host))
    return event


def _describe(event: Event, process: Process, image: Image, host: HostState) -> None:
    add = event.arguments.__setitem__
    add("res", arguments.result(0))
    if image.argv:
        add("exe", arguments.text(image.argv[0]))
        add("args", arguments.strings(image.argv[1:]))
    add("tid", arguments.process(process.pid, process.name))
    add("pid", arguments.process(process.pid, process.name))
    parent = host.parent(process, event.moment_ns, event.until_ns)
    if parent is not None:
        add("ptid", arguments.process(parent.pid, parent.name))
    if process.cwd is not None:
        add("cwd", arguments.text(process.cwd))
    if process.name is not None:
        add("comm", arguments.text(process.name))
    if process.tty is not None:
        add("tty", arguments.integer(process.tty))
    if process.login_uid is not None:
        add("loginuid", arguments.resolved(process.login_uid, host.login_name(process.login_uid)))
    add("flags", arguments.number(arguments.parameter_of(event.type, "flags"), flags_of(image)))
    if process.euid is not None:
        add("uid", arguments.resolved(process.euid, host.user_name(process, process.euid)))
    if image.exe_path is not None:
        add("trusted_exepath", arguments.text(image.exe_path))
