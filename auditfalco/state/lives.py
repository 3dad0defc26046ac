"""Every life of every pid: which process had a number at a time.

Two clocks meet here. The connector's times are exact and are compared with each other. An audit record carries the
coarse clock as it stood when the call began: up to a tick too early, and older than its arrival by as long as the call
took. So a record's time may fit two lives of a pid that is used again at once; the record's parent, its program and the
order in which records come then decide.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Callable, NamedTuple

from auditfalco.model.process import FormerParent, Process
from auditfalco.state.executables import deleted_name, memfd_name
from auditfalco.state.images import image_of, newest_image

CLOCK_TICK_NS = 12_000_000
"""How much too early a record's time may be: a tick (HZ=100), what is below a millisecond, and CLOCK_ERROR_NS."""

CLOCK_ERROR_NS = 1_500_000
"""How much too late a record's time may be against the connector's, which follow the wall clock at a distance."""

LATEST_TICK_NS = 1_000_000_000
"""How much too early it may be where a virtual machine did not get its ticks, and no other life could be meant."""

DEAD_KEPT_NS = 30_000_000_000
"""How long an exited process can still be given records that come late."""


class Signs(NamedTuple):
    """What a record says of its process beside the pid; None where it does not say.

    `executed` tells that it is the record of an exec that succeeded.
    """

    parent_pid: int | None = None
    executed: bool = False
    comm: str | None = None
    exe: str | None = None


NO_SIGNS = Signs()
"""Of a pid that was met elsewhere than in a record of the process itself."""


class Lives:
    """Lives by pid, bounded by `capacity`; the dead are forgotten first, after DEAD_KEPT_NS.

    Attributes:
        added, removed: lives taken in, and forgotten for whatever reason.
        evictions: lives forgotten for want of room.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._newest: dict[int, Process] = {}
        self._dead: deque[Process] = deque()
        self.on_forget: Callable[[Process], None] = lambda process: None
        self.added = 0
        self.removed = 0
        self.evictions = 0

    def __len__(self) -> int:
        return self.added - self.removed

    def newest(self, pid: int) -> Process | None:
        """The latest life of a pid."""
        return self._newest.get(pid)

    def of_pid(self, pid: int) -> Iterator[Process]:
        """All lives of a pid, the latest first."""
        life = self._newest.get(pid)
        while life is not None:
            yield life
            life = life.previous

    def every_newest(self) -> list[Process]:
        """The latest life of every pid."""
        return list(self._newest.values())

    def at(self, pid: int, time_ns: int) -> Process | None:
        """Who had a pid at an exact time; None when that is not known."""
        life = self._newest.get(pid)
        while life is not None and life.start_ns > time_ns:
            life = life.previous
        if life is None or (life.exit_ns is not None and life.exit_ns < time_ns):
            return None
        return life

    def of_record(self, pid: int, time_ns: int, signs: Signs = NO_SIGNS) -> Process | None:
        """Whose record it is that names a pid and carries this time; None when none of the known lives fits."""
        newest = self._newest.get(pid)
        if newest is None:
            return None
        if newest.previous is None and newest.exit_ns is None and newest.start_ns <= time_ns + CLOCK_TICK_NS:
            return newest
        fitting = [
            life
            for life in self.of_pid(pid)
            if life.start_ns <= time_ns + CLOCK_TICK_NS
            and (life.exit_ns is None or life.exit_ns >= time_ns - CLOCK_ERROR_NS)
        ]
        if not fitting:
            return self._belated(pid, time_ns, signs)
        # Records come in the order of their writing: after one of a later life there is none of an earlier one.
        for index, life in enumerate(fitting):
            if life.heard or life.start_ns <= time_ns - CLOCK_ERROR_NS:
                del fitting[index + 1 :]
                break
        if len(fitting) > 1:
            return _likeliest(fitting, time_ns, signs)
        fitting[0].heard = fitting[0].heard or signs is not NO_SIGNS
        return fitting[0]

    def seen(self, pid: int, time_ns: int, gone: bool | None) -> Process | None:
        """Who did what another sensor than audit saw at some time before `time_ns`, when it was read.

        `gone` says whether the process had ended by then, if that is known.
        """
        begun = [life for life in self.of_pid(pid) if life.start_ns <= time_ns + CLOCK_TICK_NS]
        if gone:
            ended = (one for one in begun if one.exit_ns is not None and one.exit_ns >= time_ns - LATEST_TICK_NS)
            return next(ended, begun[0] if begun else None)
        return begun[0] if begun else None

    def add(self, process: Process) -> None:
        """Take in the latest life of its pid."""
        earlier = self._newest.get(process.pid)
        process.previous = earlier
        self._newest[process.pid] = process
        self._added()

    def add_before(self, process: Process, newest: Process) -> None:
        """Take in a life of a pid that ended before the one that has the pid now."""
        process.exit_ns = newest.start_ns
        process.previous, newest.previous = newest.previous, process
        self._dead.append(process)
        self._added()

    def ending(self, pid: int, time_ns: int, parent_pid: int) -> Process | None:
        """Whose end it is that the connector tells; None when it ends no process.

        A pid can be free, and used again, before its end is told: the parent was quicker. The task then has no parent
        any more. And a thread that executes takes over its process's pid, whose first thread has ended a moment before.
        """
        life = self._newest.get(pid)
        while life is not None and life.start_ns > time_ns:
            life = life.previous
        if life is None:
            return None
        before = life.previous
        if before is not None and before.owes_exit and not parent_pid:
            before.owes_exit = False
            return None
        if life.exit_ns is not None:
            life.owes_exit = False
            return None
        return None if newest_image(life).exec_ns > time_ns else life

    def ended(self, process: Process) -> None:
        """Queue a life that has ended, to be forgotten in its turn."""
        self._dead.append(process)

    def purge(self, now_ns: int) -> None:
        """Forget those that ended long ago."""
        while self._dead:
            exit_ns = self._dead[0].exit_ns
            if exit_ns is not None and exit_ns >= now_ns - DEAD_KEPT_NS:
                return
            process = self._dead.popleft()
            if exit_ns is not None:
                self._forget(process)

    def shift(self, moved_ns: int) -> None:
        """Move every time that is remembered, since the clock that they are told by was set."""
        moved: set[int] = set()
        for newest in self.every_newest():
            for life in self.of_pid(newest.pid):
                life.start_ns += moved_ns
                life.acted_ns += moved_ns
                if life.exit_ns is not None:
                    life.exit_ns += moved_ns
                life.names = tuple((since_ns + moved_ns, name) for since_ns, name in life.names)
                life.former = tuple(
                    FormerParent(former.sure_ns + moved_ns, former.left_ns + moved_ns, former.process)
                    for former in life.former
                )
                for image in (*life.past, life.image, *life.pending):
                    if id(image) not in moved:
                        moved.add(id(image))
                        image.exec_ns += moved_ns

    def _belated(self, pid: int, time_ns: int, signs: Signs) -> Process | None:
        """The life that a record must be about although it seems to have begun later: the pid had no other then."""
        if signs.parent_pid is None:
            return None
        found = None
        for life in self.of_pid(pid):
            if life.start_ns <= time_ns + CLOCK_TICK_NS:
                break
            found = life
        if found is None or found.start_ns > time_ns + LATEST_TICK_NS or not found.start_known:
            return None
        return found if found.parent is not None and found.parent.pid == signs.parent_pid else None

    def _added(self) -> None:
        self.added += 1
        if len(self) > self._capacity:
            self._evict()

    def _evict(self) -> None:
        victim = self._dead.popleft() if self._dead else next(iter(self._newest.values()))
        self.evictions += 1
        self._forget(victim)

    def _forget(self, process: Process) -> None:
        for child in process.orphans:
            for entry in child.former:
                if entry.process is process:
                    child.parent_since_ns = max(child.parent_since_ns, entry.left_ns)
            child.former = tuple(entry for entry in child.former if entry.process is not process)
        process.orphans = []
        self.on_forget(process)
        if self._take_out(process):
            self.removed += 1

    def _take_out(self, process: Process) -> bool:
        """Unlink a life; says whether it was known."""
        newest = self._newest.get(process.pid)
        if newest is process:
            if process.previous is not None:
                self._newest[process.pid] = process.previous
            else:
                del self._newest[process.pid]
            return True
        while newest is not None and newest.previous is not process:
            newest = newest.previous
        if newest is None:
            return False
        newest.previous = process.previous
        return True


def _likeliest(lives: list[Process], time_ns: int, signs: Signs) -> Process:
    """Of lives that a record's time fits, the latest first, the one it is about.

    An exec's is one that the connector announced an exec of that no record has told yet. Two lives under one parent
    with one program, a tick apart, cannot be told from each other; the earlier one has its records first.
    """
    if signs.executed:
        lives = [
            life for life in lives if any(image.exec_ns >= time_ns - CLOCK_ERROR_NS for image in life.pending)
        ] or lives
    if signs.parent_pid is not None:
        lives = [life for life in lives if _may_be_child(life, signs.parent_pid)] or lives
    if not signs.executed and signs.exe is not None:
        lives = [life for life in lives if _runs(life, time_ns, signs)] or lives
    return lives[-1]


def _may_be_child(life: Process, parent_pid: int) -> bool:
    if life.parent is None:
        return True
    return life.parent.pid == parent_pid or any(former.process.pid == parent_pid for former in life.former)


def _runs(life: Process, time_ns: int, signs: Signs) -> bool:
    image = image_of(life, max(time_ns, life.start_ns))
    exe = signs.exe or ""
    return image.exe_path == (memfd_name(exe) or deleted_name(exe)) and (
        signs.comm is None or life.comm in (None, signs.comm)
    )
