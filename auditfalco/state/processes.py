"""The process table: who runs what, under whom, now and at the time of an event.

Two streams feed it. The process connector tells *that* a process forked, executed, exited, was renamed or began a
session, in exact order and at once. Audit records tell *what* was executed, with arguments and credentials, a little
later. The agent hands over connector events before the records that were readable at the same moment, so a fork is
always known before the child's first record; what a record tells about an exec that the connector announced earlier
completes the image that children forked in between already share.

Processes are told apart by (pid, start): when a pid is used again, the earlier process stays reachable as `previous`,
and a record is given to the one that lived at its time (state.lives). What each ran at which time is in state.images,
who was whose parent in state.ancestry.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Callable, NamedTuple

from auditfalco.model.admission import AncestorSeen
from auditfalco.model.container import HOST
from auditfalco.model.process import Image, Process
from auditfalco.state import ancestry, images
from auditfalco.state.ancestry import DEEPEST_ANCESTRY
from auditfalco.state.containers import ContainerTable
from auditfalco.state.lives import CLOCK_ERROR_NS, CLOCK_TICK_NS, DEAD_KEPT_NS, NO_SIGNS, Lives, Signs
from auditfalco.state.processreader import ProcessReader

__all__ = ["CLOCK_TICK_NS", "DEAD_KEPT_NS", "DEEPEST_ANCESTRY", "Moment", "ProcessTable"]

SAME_START_NS = 20_000_000
"""By how much a start that /proc tells may be earlier than the connector's: /proc counts in ticks of 10 ms."""

THREADS_KEPT = 4096
"""Threads of one process that are followed; of a process with more, /proc is asked whether it has ended."""


class Moment(NamedTuple):
    """When an event was, for the tables: not before `time_ns` and not after `until_ns`; equal when it is exact."""

    time_ns: int
    until_ns: int


class ProcessTable:
    """Processes by pid, bounded by `capacity`; the dead are forgotten first, after DEAD_KEPT_NS.

    `clock` gives the time in nanoseconds since the epoch; it is asked when /proc is.

    Attributes:
        cached_lookups, noncached_lookups, failed_lookups: records whose process was known, was read from /proc, or
            was nowhere.
    """

    def __init__(
        self,
        reader: ProcessReader | None,
        containers: ContainerTable,
        capacity: int = 65_536,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._clock = clock
        self._reader = reader
        self._containers = containers
        self._lives = Lives(capacity)
        self.on_forget: Callable[[Process], None] = lambda process: process.descriptors.clear()
        self._lives.on_forget = lambda process: self.on_forget(process)
        self._connected = False
        self.cached_lookups = 0
        self.noncached_lookups = 0
        self.failed_lookups = 0

    def __len__(self) -> int:
        return len(self._lives)

    @property
    def evictions(self) -> int:
        """Processes forgotten for want of room."""
        return self._lives.evictions

    @property
    def added(self) -> int:
        """Processes taken in."""
        return self._lives.added

    @property
    def removed(self) -> int:
        """Processes forgotten."""
        return self._lives.removed

    # What the connector tells. Times are nanoseconds since the epoch.

    def forked(self, parent_pid: int, child_pid: int, time_ns: int) -> None:
        """A process was made; it shares its parent's image and inherits everything else."""
        self._connected = True
        known = self._lives.newest(child_pid)
        if known is not None and known.from_proc and abs(time_ns - known.start_ns) <= SAME_START_NS:
            known.start_ns, known.from_proc = time_ns, False  # /proc had shown it before this was read
            return
        parent = self._lives.at(parent_pid, time_ns)
        if parent is None:
            parent = self._first_sight(parent_pid, time_ns)
        child = ancestry.child_of(parent, child_pid, time_ns)
        self._insert(child)

    def thread_started(self, pid: int, thread: int) -> None:
        """A process has another thread."""
        process = self._lives.newest(pid)
        if process is None:
            return
        if process.threads is None:
            process.threads = set()
        process.threads.add(thread)
        if len(process.threads) > THREADS_KEPT:
            process.threads, process.threads_known = None, False

    def thread_ended(self, pid: int, thread: int, time_ns: int) -> None:
        """A thread other than the first has ended, and with it the process if it was the last."""
        process = self._lives.newest(pid)
        if process is None or process.threads is None:
            return
        process.threads.discard(thread)
        if not process.threads:
            process.threads = None
            if process.leader_gone and self._has_ended(process):
                self._end(process, time_ns)

    def executed(self, pid: int, time_ns: int) -> None:
        """A process began to run a new image; what it is will be told by a record."""
        self._connected = True
        process = self._lives.newest(pid)
        if process is None or (process.exit_ns is not None and process.threads_known):
            self._first_sight(pid, time_ns)
            return
        process.exit_ns = None  # what had ended, if anything, was its first thread
        images.announce(process, time_ns)
        process.acted_ns = time_ns
        ancestry.stray(process)
        self._locate(process)

    def exited(self, pid: int, time_ns: int, parent_pid: int = 0) -> None:
        """The first thread of a process has ended, and with it the process unless others are left.

        It stays known for late records and as an ancestor. `parent_pid` is its last parent; 0 when not known, as for
        one that its parent has waited for by the time that the connector tells.
        """
        self._connected = True
        process = self._lives.ending(pid, time_ns, parent_pid)
        if process is None:
            return
        if not self._has_ended(process):
            process.leader_gone = True
            return
        if parent_pid and process.parent is None and process.former:
            parent = self._lives.at(parent_pid, _begun(process))
            if parent is not None:
                ancestry.link(process, parent)
        self._end(process, time_ns)
        self._lives.purge(time_ns)

    def renamed(self, pid: int, comm: str, time_ns: int) -> None:
        """The first thread of a process changed its name."""
        process = self._lives.newest(pid)
        if process is not None:
            images.rename(process, comm, time_ns)
            ancestry.stray(process)

    def thread_renamed(self, pid: int) -> None:
        """Another thread changed its name, which children that it forks inherit."""
        process = self._lives.newest(pid)
        if process is not None:
            process.threads_named = True

    def session_started(self, pid: int) -> None:
        """A process made itself the leader of a new session and process group: setsid(2)."""
        process = self._lives.newest(pid)
        if process is None:
            return
        process.sid = process.pgid = pid
        process.vpgid = process.vsid = process.vpid
        self._locate(process)

    # What records tell.

    def find(self, pid: int, time_ns: int, parent_pid: int | None = None) -> Process | None:
        """The process that had `pid` at a record's time; None when it was never seen."""
        return self._lives.of_record(pid, time_ns, NO_SIGNS if parent_pid is None else Signs(parent_pid))

    def obtain(self, pid: int, time_ns: int, parent_pid: int | None = None, signs: Signs | None = None) -> Process:
        """As `find`, reading /proc or making an entry without facts when the process was never seen."""
        process = self._lives.of_record(pid, time_ns, signs or (NO_SIGNS if parent_pid is None else Signs(parent_pid)))
        if process is None:
            process = self._first_sight(pid, time_ns)
            self.noncached_lookups += process.from_proc
            self.failed_lookups += not process.from_proc
        else:
            self.cached_lookups += 1
        if process.parent is None and not process.former and parent_pid is not None and parent_pid not in (0, pid):
            parent = self._parent_called(process, parent_pid, time_ns)
            ancestry.link(process, parent)
            if process.container is None:
                process.container = parent.container
        return process

    def seen(self, pid: int, time_ns: int, gone: bool | None) -> Process:
        """Who did what was read at `time_ns` of another sensor, and had ended by then or not (None: not known)."""
        return self._lives.seen(pid, time_ns, gone) or self._first_sight(pid, time_ns)

    def moment(self, process: Process, time_ns: int) -> Moment:
        """When a record of a process with this time was written, as closely as can be told.

        The time is the coarse clock's at the beginning of the call. The call was not before its process began, nor
        before the exec that its process's records have told already.
        """
        if not self._connected:
            return Moment(time_ns, time_ns)
        earliest = max(time_ns - CLOCK_ERROR_NS, process.image.exec_ns, process.start_ns if process.start_known else 0)
        return Moment(earliest, max(earliest, time_ns + CLOCK_TICK_NS))

    def confirm_exec(self, process: Process, time_ns: int, argv: list[str] | None = None) -> Image:
        """The image that an exec record with this time is about, current from now on; empty, for the caller to fill.

        The first announced exec that is not before the record's time is the one, unless a still earlier one went
        unrecorded within the same tick of the coarse clock: then the process runs, now, what the record says.
        """
        earliest_ns = time_ns - CLOCK_ERROR_NS
        waiting = [image for image in process.pending if image.exec_ns >= earliest_ns]
        image = images.confirm(process, earliest_ns, len(waiting) > 1 and self._runs(process, argv))
        if image is None:
            image = Image(time_ns)
            images.replace(process, image)
            process.names = tuple(entry for entry in process.names if entry[0] < time_ns)
            ancestry.stray(process)
            self._locate(process)
        image.read_ns = 0
        process.comm = None
        process.capabilities = None
        process.capabilities_lost = False
        process.group_read = False
        process.doubtful = False
        return image

    def catch_up(self, process: Process, time_ns: int) -> None:
        """Let execs have happened that were announced before one of the process's records."""
        images.promote(process, time_ns - CLOCK_ERROR_NS)

    def told_name(self, process: Process, comm: str, time_ns: int) -> None:
        """Note the name in a process's record: that of the thread which made the call."""
        if not self._connected and comm != images.name_of(process, process.image, time_ns):
            images.rename(process, comm, time_ns)
        process.comm = comm

    def correct_image(self, process: Process, exe_path: str, comm: str | None) -> None:
        """A record names another executable than the one that the process was thought to run.

        So it was when an exec went unseen, and for a child made with CLONE_PARENT, whose image is its creator's and not
        that of the parent that the connector names. In a log, where no fork is seen, a process of which no exec was
        recorded and that is called and runs what its parent does is its fork.
        """
        parent = process.parent
        if self._reader is None and parent is not None and (parent.image.exe_path, parent.name) == (exe_path, comm):
            process.image = parent.image
            return
        image = Image(process.start_ns)
        if self._reader is not None and process.is_alive:
            self._reader.fill_image(image, process)
            image.read_ns = self._clock()
        if image.exe_path != exe_path:
            image = Image(process.start_ns)
            image.comm, image.exe_path, image.from_memfd = comm, exe_path, exe_path.startswith("memfd:")
        image.filled = True
        image.capabilities = process.image.capabilities
        process.image = image
        process.doubtful = False
        ancestry.stray(process)

    def set_parent(self, process: Process, parent_pid: int, time_ns: int, until_ns: int | None = None) -> None:
        """Note the parent that a record names: the kernel's, which becomes another one when the parent dies."""
        if parent_pid <= 0 or parent_pid == process.pid:
            return
        if not ancestry.testify(process, parent_pid, time_ns, until_ns or time_ns):
            ancestry.adopt(process, self._parent_called(process, parent_pid, time_ns), time_ns)

    def witness(self, process: Process, line: Iterable[AncestorSeen], time_ns: int) -> None:
        """Take in the ancestors that a process was seen to have at an exact time, from its parent upwards."""
        child = process
        for seen in line:
            parent = self._lives.at(seen.pid, time_ns) or self._first_sight(seen.pid, time_ns)
            if parent.start_known and abs(parent.start_ns - seen.start_ns) > SAME_START_NS:
                return  # the pid is another's by now: who had it is not in the table
            if not ancestry.testify(child, seen.pid, time_ns, time_ns):
                if child.former and time_ns < child.former[-1].left_ns:
                    return
                ancestry.adopt(child, parent, time_ns)
            images.witness(parent, seen, time_ns)
            child = parent

    # What events ask.

    def parent_at(self, process: Process, time_ns: int, until_ns: int | None = None) -> Process | None:
        """A process's parent at a time, also when it has died or lost the child since; None when unknown."""
        return ancestry.parent_between(process, time_ns, until_ns or time_ns)

    def image_at(self, process: Process, time_ns: int, until_ns: int | None = None) -> Image:
        """What a process ran, and was called, at a time, for events about others than itself; empty when not certain.

        An exec that the connector announced and no record confirmed (its process is outside the audit rules, or the
        record was lost) is completed from /proc while that is possible.
        """
        now_ns = self._clock() if self._reader is not None else 0
        return images.seen_between(process, time_ns, until_ns or time_ns, self._reader, now_ns)

    def ancestors(self, process: Process, time_ns: int, until_ns: int | None = None) -> list[Process]:
        """The chain from the parent upwards, as of a time or throughout a span, as far as it is certain."""
        chain: list[Process] = []
        parent = self.parent_at(process, time_ns, until_ns)
        while parent is not None and len(chain) < DEEPEST_ANCESTRY:
            chain.append(parent)
            parent = self.parent_at(parent, time_ns, until_ns)
        return chain

    def add(self, process: Process) -> None:
        """Take in a process read from /proc, as the snapshot at start does; its parent is linked by the caller."""
        self._insert(process)

    def alive(self, pid: int) -> Process | None:
        """The process that has `pid` now, as far as is known."""
        process = self._lives.newest(pid)
        return process if process is not None and process.is_alive else None

    def living(self) -> list[Process]:
        """Every process that is not known to have ended."""
        return [process for process in self._lives.every_newest() if process.is_alive]

    def lost(self, process: Process, time_ns: int) -> None:
        """A process has ended by a time, which nobody told."""
        if process.is_alive:
            self._end(process, time_ns)

    def clock_set(self, moved_ns: int) -> None:
        """The wall clock has moved: what is remembered keeps its place before what comes."""
        self._lives.shift(moved_ns)

    # Inside.

    def _first_sight(self, pid: int, time_ns: int) -> Process:
        process = self._reader.read(pid) if self._reader is not None else None
        if process is None or process.start_ns > time_ns + CLOCK_TICK_NS:
            process = Process(pid, time_ns, None, Image(time_ns))
            process.start_known = False
            newest = self._lives.newest(pid)
            if newest is not None and newest.start_ns > time_ns:
                self._lives.add_before(process, newest)
                return process
        else:
            process.from_proc, process.threads_known = True, False
            process.image.read_ns = self._clock()
            self._locate(process)
            parent_pid = self._reader.parent_pid(process) if self._reader is not None else None
            if parent_pid:
                known = self._lives.at(parent_pid, _begun(process))
                ancestry.link(process, known or self._first_sight(parent_pid, time_ns))
        self._insert(process)
        return process

    def _parent_called(self, process: Process, parent_pid: int, time_ns: int) -> Process:
        """The parent with this pid: whoever it is, it was there before its child."""
        if process.start_known and self._connected:
            parent = self._lives.at(parent_pid, _begun(process))
            if parent is not None:
                return parent
        return self.obtain(parent_pid, time_ns)

    def _runs(self, process: Process, argv: list[str] | None) -> bool:
        """Whether a process's arguments now are these."""
        now = Image()
        if argv is not None and self._reader is not None and process.is_alive:
            self._reader.fill_image(now, process)
        return now.argv is not None and now.argv == argv

    def _locate(self, process: Process) -> None:
        """Look where a process is. From a container it can get into another one inside, but never to the host."""
        container = self._containers.of_process(process.pid)
        if self._reader is not None and self._reader.is_taken_again(process.pid):
            container = None  # another's
        inside = process.container is not None and not process.container.is_host
        process.place_read = container is not None
        if container is None and process.container is HOST and self._reader is not None:
            process.container = None  # it may have been on its way into a container
        if container is not None and not (inside and container.is_host):
            process.container = container
            begins = container.start_ns is None or container.stopped_ns is not None
            if container is not HOST and begins and process.vpid in (None, 1):
                # The first process of a container begins its pid namespace, which is what container.start_ts means.
                container.started(process.pid, process.start_ns)

    def _has_ended(self, process: Process) -> bool:
        """Whether a process whose first thread has ended has no other left."""
        if process.threads_known:
            return not process.threads
        return self._reader is None or not self._reader.is_running(process)

    def _end(self, process: Process, time_ns: int) -> None:
        process.exit_ns = time_ns
        process.threads = None
        if process.container is not None and process.container.init_pid == process.pid:
            process.container.stopped_ns = time_ns
        self._lives.ended(process)
        ancestry.leave(process)
        for child in list(process.children.values()):
            self._hand_over(child, process, time_ns)
        process.children.clear()
        process.strays = 0

    def _hand_over(self, child: Process, ended: Process, time_ns: int) -> None:
        """Give a child whose parent has died the parent that the kernel gave it, if that can be known."""
        ancestry.orphan(child, time_ns)
        if self._reader is None or not child.is_alive:
            return
        parent_pid = ancestry.taken_in(child, ended, self._reader, self._clock())
        parent = self._lives.at(parent_pid, _begun(child)) if parent_pid else None
        if parent is not None and parent.is_alive:
            ancestry.link(child, parent)

    def _insert(self, process: Process) -> None:
        earlier = self._lives.newest(process.pid)
        if earlier is not None and earlier.exit_ns is None:
            self._end(earlier, process.start_ns)
            earlier.owes_exit = self._connected
        self._lives.add(process)


def _begun(process: Process) -> int:
    """By when a process existed: /proc tells a start to the tick, rounded down."""
    return process.start_ns + (SAME_START_NS if process.from_proc else 0)
