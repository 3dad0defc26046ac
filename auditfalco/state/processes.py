"""The process table: who runs what, under whom, now and at the time of an event.

Two streams feed it. The process connector tells *that* a process forked, executed, exited, was renamed or began a
session, in exact order and at once. Audit records tell *what* was executed, with arguments and credentials, a little
later. The agent hands over connector events before the records that were readable at the same moment, so a fork is
always known before the child's first record; what a record tells about an exec that the connector announced earlier
completes the image that children forked in between already share.

Processes are told apart by (pid, start): when a pid is used again, the earlier process stays reachable as `previous`,
and a record is given to the one that lived at its time.
"""

from __future__ import annotations

from collections import deque
from typing import Callable, Protocol

from auditfalco.model.container import HOST
from auditfalco.model.process import Image, Process
from auditfalco.state.containers import ContainerTable

CLOCK_TICK_NS = 11_000_000
"""How much too early a record's time may be: a tick (HZ=100) of the kernel's coarse clock, and below a millisecond."""

DEAD_KEPT_NS = 30_000_000_000
"""How long an exited process can still be given records that come late."""

DEEPEST_ANCESTRY = 64
"""Older ancestors are forgotten, so that a process that forks itself on for ever does not fill the memory."""


class ProcessReader(Protocol):
    """What the table asks of the live system; all answers are None (or nothing is changed) when the process is gone."""

    def read(self, pid: int) -> Process | None:
        """A process as /proc shows it, without parent."""

    def parent_pid(self, pid: int) -> int | None:
        """The parent now."""

    def fill_image(self, image: Image, pid: int) -> None:
        """Complete an image from what /proc shows of the process that runs it."""


class ProcessTable:
    """Processes by pid, bounded by `capacity`; the dead are forgotten first, after DEAD_KEPT_NS."""

    def __init__(self, reader: ProcessReader | None, containers: ContainerTable, capacity: int = 65_536) -> None:
        self._reader = reader
        self._containers = containers
        self._capacity = capacity
        self._by_pid: dict[int, Process] = {}
        self._dead: deque[Process] = deque()
        self._renames: list[tuple[Process, str]] = []
        self._count = 0
        self.evictions = 0
        self.on_forget: Callable[[Process], None] = lambda process: process.descriptors.clear()

    def __len__(self) -> int:
        return self._count

    # What the connector tells. Times are nanoseconds since the epoch.

    def forked(self, parent_pid: int, child_pid: int, time_ns: int) -> None:
        """A process was made; it shares its parent's image and inherits everything else."""
        parent = self._by_pid.get(parent_pid)
        if parent is None:
            parent = self._first_sight(parent_pid, time_ns)
        self._insert(_child(parent, child_pid, time_ns))

    def executed(self, pid: int, time_ns: int) -> None:
        """A process began to run a new image; what it is will be told by a record."""
        process = self._by_pid.get(pid)
        if process is None:
            self._first_sight(pid, time_ns)
            return
        process.pending.append(Image(time_ns))
        self._locate(process)

    def exited(self, pid: int, time_ns: int) -> None:
        """A process ended. It stays known for late records and as an ancestor."""
        process = self._by_pid.get(pid)
        if process is None or process.exit_ns is not None:
            return
        process.exit_ns = time_ns
        if process.container is not None and process.container.init_pid == pid:
            process.container.stopped = True
        self._dead.append(process)
        if process.parent is not None:
            process.parent.children.pop(pid, None)
        for child in list(process.children.values()):
            self._hand_over(child, time_ns)
        process.children.clear()
        self._purge(time_ns)

    def renamed(self, pid: int, comm: str) -> None:
        """A process (not one of its threads) changed its name."""
        process = self._by_pid.get(pid)
        if process is not None:
            self._renames.append((process, comm))

    def session_started(self, pid: int) -> None:
        """A process made itself the leader of a new session and process group: setsid(2)."""
        process = self._by_pid.get(pid)
        if process is None:
            return
        process.sid = process.pgid = pid
        process.vpgid = process.vsid = process.vpid
        self._locate(process)

    # What records tell.

    def settle(self) -> None:
        """Make names that changed after the records handled so far visible. Called before each record."""
        for process, comm in self._renames:
            process.comm = comm
        self._renames.clear()

    def find(self, pid: int, time_ns: int, parent_pid: int | None = None) -> Process | None:
        """The process that had `pid` at a record's time; None when it was never seen.

        When the coarse time fits two lives of one pid, the one with the parent that the record names is taken.
        """
        candidate = self._by_pid.get(pid)
        newest = None
        while candidate is not None:
            if candidate.start_ns <= time_ns + CLOCK_TICK_NS and (
                candidate.exit_ns is None or candidate.exit_ns >= time_ns
            ):
                parent = candidate.parent
                if parent_pid is None or parent is None or parent.pid == parent_pid:
                    return candidate
                newest = newest or candidate
            candidate = candidate.previous
        return newest

    def obtain(self, pid: int, time_ns: int, parent_pid: int | None = None) -> Process:
        """As `find`, reading /proc or making an entry without facts when the process was never seen."""
        process = self.find(pid, time_ns, parent_pid)
        if process is None:
            process = self._first_sight(pid, time_ns)
        if process.parent is None and parent_pid is not None and parent_pid > 0 and parent_pid != pid:
            parent = self.obtain(parent_pid, time_ns)
            _link(process, parent)
            if process.container is None:
                process.container = parent.container
        return process

    def confirm_exec(self, process: Process, time_ns: int, argv: list[str] | None = None) -> Image:
        """The image that an exec record with this time is about, current from now on; empty, for the caller to fill.

        The first announced exec that is not before the record's time is the one, unless a still earlier one went
        unrecorded within the same tick of the coarse clock: then the process runs, now, what the record says.
        """
        process.pending = [image for image in process.pending if image.exec_ns >= time_ns]
        if process.pending:
            latest = len(process.pending) > 1 and self._runs(process, argv)
            image = process.pending[-1 if latest else 0]
            process.pending = [] if latest else process.pending[1:]
        else:
            image = Image(time_ns)
            self._locate(process)
        process.image = image
        process.comm = None
        process.capabilities = None
        process.capabilities_lost = False
        process.group_read = False
        return image

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
            self._reader.fill_image(image, process.pid)
        if image.exe_path != exe_path:
            image = Image(process.start_ns)
            image.comm, image.exe_path, image.from_memfd = comm, exe_path, exe_path.startswith("memfd:")
        image.filled = True
        image.capabilities = process.image.capabilities
        process.image = image

    def set_parent(self, process: Process, parent_pid: int, time_ns: int) -> None:
        """Note the parent that a record names: the kernel's, which becomes another one when the parent dies."""
        parent = self.parent_at(process, time_ns)
        if parent_pid > 0 and (parent is None or parent.pid != parent_pid):
            _adopt(process, self.obtain(parent_pid, time_ns), time_ns)

    def parent_at(self, process: Process, time_ns: int) -> Process | None:
        """A process's parent at a time, also when it has died or lost the child since; None when unknown."""
        for left_ns, parent in process.former:
            if time_ns < left_ns:
                return parent
        return process.parent

    def image_at(self, process: Process, time_ns: int) -> Image:
        """What a process ran at a time, for events about its descendants.

        An exec that the connector announced and no record confirmed (its process is outside the audit rules, or the
        record was lost) is completed from /proc while that is possible.
        """
        while process.pending and process.pending[0].exec_ns <= time_ns:
            process.image = process.pending.pop(0)
            process.comm = None
        image = process.image
        if not image.filled and self._reader is not None and process.is_alive:
            self._reader.fill_image(image, process.pid)
        return image

    def ancestors(self, process: Process, time_ns: int) -> list[Process]:
        """The chain from the parent upwards, each with its image as of `time_ns`."""
        chain: list[Process] = []
        parent = self.parent_at(process, time_ns)
        while parent is not None and len(chain) < DEEPEST_ANCESTRY:
            self.image_at(parent, time_ns)
            chain.append(parent)
            parent = self.parent_at(parent, time_ns)
        return chain

    def add(self, process: Process) -> None:
        """Take in a process read from /proc, as the snapshot at start does; its parent is linked by the caller."""
        self._insert(process)

    def alive(self, pid: int) -> Process | None:
        """The process that has `pid` now, as far as is known."""
        process = self._by_pid.get(pid)
        return process if process is not None and process.is_alive else None

    def living(self) -> list[Process]:
        """Every process that is not known to have ended."""
        return [process for process in self._by_pid.values() if process.is_alive]

    # Inside.

    def _first_sight(self, pid: int, time_ns: int) -> Process:
        process = self._reader.read(pid) if self._reader is not None else None
        if process is None or process.start_ns > time_ns + CLOCK_TICK_NS:
            process = Process(pid, time_ns, None, Image(time_ns))
            process.start_known = False
            newest = self._by_pid.get(pid)
            if newest is not None and newest.start_ns > time_ns:
                self._insert_before(process, newest)
                return process
        else:
            self._locate(process)
            parent_pid = self._reader.parent_pid(pid) if self._reader is not None else None
            if parent_pid:
                _link(process, self._by_pid.get(parent_pid) or self._first_sight(parent_pid, time_ns))
        self._insert(process)
        return process

    def _runs(self, process: Process, argv: list[str] | None) -> bool:
        """Whether a process's arguments now are these."""
        now = Image()
        if argv is not None and self._reader is not None and process.is_alive:
            self._reader.fill_image(now, process.pid)
        return now.argv is not None and now.argv == argv

    def _locate(self, process: Process) -> None:
        """Look where a process is. From a container it can get into another one inside, but never to the host."""
        container = self._containers.of_process(process.pid)
        inside = process.container is not None and not process.container.is_host
        if container is not None and not (inside and container.is_host):
            process.container = container
            begins = container.start_ns is None or container.stopped
            if container is not HOST and begins and process.vpid in (None, 1):
                # The first process of a container begins its pid namespace, which is what container.start_ts means.
                container.started(process.pid, process.start_ns)

    def _hand_over(self, child: Process, time_ns: int) -> None:
        """Give a child whose parent has died the parent that the kernel gave it.

        The kernel chooses a thread group of the same process, the nearest subreaper or the init of the pid namespace
        (find_new_reaper in kernel/exit.c); only /proc tells which, while the child lives. Else the dead parent stays.
        """
        parent_pid = self._reader.parent_pid(child.pid) if self._reader is not None and child.is_alive else None
        parent = self.alive(parent_pid) if parent_pid else None
        if parent is not None:
            _adopt(child, parent, time_ns)

    def _insert(self, process: Process) -> None:
        earlier = self._by_pid.get(process.pid)
        if earlier is not None:
            if earlier.exit_ns is None:
                earlier.exit_ns = process.start_ns
                self._dead.append(earlier)
            process.previous = earlier
        self._by_pid[process.pid] = process
        self._added()

    def _insert_before(self, process: Process, newest: Process) -> None:
        """Take in a life of a pid that ended before the one that has the pid now."""
        process.exit_ns = newest.start_ns
        process.previous, newest.previous = newest.previous, process
        self._dead.append(process)
        self._added()

    def _added(self) -> None:
        self._count += 1
        if self._count > self._capacity:
            self._evict()

    def _purge(self, now_ns: int) -> None:
        while self._dead and (self._dead[0].exit_ns or 0) < now_ns - DEAD_KEPT_NS:
            self._forget(self._dead.popleft())

    def _evict(self) -> None:
        victim = self._dead.popleft() if self._dead else next(iter(self._by_pid.values()))
        self._forget(victim)
        self.evictions += 1

    def _forget(self, process: Process) -> None:
        for child in process.orphans:
            child.former = [entry for entry in child.former if entry[1] is not process]
        process.orphans = []
        self.on_forget(process)
        newest = self._by_pid.get(process.pid)
        if newest is process:
            if process.previous is not None:
                self._by_pid[process.pid] = process.previous
            else:
                del self._by_pid[process.pid]
            self._count -= 1
            return
        while newest is not None and newest.previous is not process:
            newest = newest.previous
        if newest is not None:
            newest.previous = process.previous
            self._count -= 1


def _link(process: Process, parent: Process) -> None:
    process.parent = parent
    if process.is_alive and parent.is_alive:
        parent.children[process.pid] = process


def _adopt(child: Process, parent: Process, time_ns: int) -> None:
    before = child.parent
    if before is not None:
        before.children.pop(child.pid, None)
        before.orphans.append(child)
        child.former.append((time_ns, before))
    _link(child, parent)


def _child(parent: Process, pid: int, time_ns: int) -> Process:
    pending = bool(parent.pending)
    child = Process(pid, time_ns, None, parent.pending[-1] if pending else parent.image)
    _link(child, parent)
    child.comm = None if pending else parent.comm
    child.capabilities = None if pending else parent.capabilities
    child.capabilities_lost = False if pending else parent.capabilities_lost
    child.cwd = parent.cwd
    child.tty = parent.tty
    child.uid, child.euid, child.fsuid = parent.uid, parent.euid, parent.fsuid
    child.gid, child.egid, child.fsgid = parent.gid, parent.egid, parent.fsgid
    child.login_uid, child.session_id = parent.login_uid, parent.session_id
    child.sid, child.pgid, child.vpgid, child.vsid = parent.sid, parent.pgid, parent.vpgid, parent.vsid
    child.container = parent.container
    _cut_ancestry(child)
    return child


def _cut_ancestry(process: Process) -> None:
    ancestor: Process | None = process
    for _ in range(DEEPEST_ANCESTRY):
        ancestor = ancestor.parent if ancestor is not None else None
    if ancestor is not None:
        ancestor.parent = None
