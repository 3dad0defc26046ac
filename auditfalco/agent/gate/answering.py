"""Answering, in threads that may get stuck in a look: each has a bound, after which it is answered for and replaced."""

from __future__ import annotations

import select
import threading
import time
from typing import Callable

from auditfalco.agent.gate.examination import Awake
from kernel_sources.fanotify.permission import PermissionGroup, Request

BOUND_SECONDS = 0.1
"""How long looks may take while others wait."""

PATIENCE_SECONDS = 0.5
"""For how long one is kept that has not got to sleep: on a busy machine it has to wait for its turn even for that."""

MOST_STUCK = 8
"""Threads that may be stuck at one time; with more, nobody is asked any more."""

_IDLE_MS = 100
_AGAIN_MS = 1


class Stuck(Exception):
    """Raised when too many looks do not end."""


class Answerer:
    """One thread that takes who waits, has them looked at, and lets them go."""

    def __init__(self, group: PermissionGroup, look: Callable[[Request], None]) -> None:
        self._group = group
        self._look = look
        self._lock = threading.Lock()
        self._held: dict[int, Request] = {}
        self._early: list[tuple[float, Request]] = []
        self._since: float | None = None
        self._replaced = False
        self.answered = 0
        self.failed = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether the thread has ended."""
        return not self._thread.is_alive()

    def is_late(self, now: float) -> bool:
        """Whether what it is doing takes longer than it may."""
        since = self._since
        return since is not None and now - since > BOUND_SECONDS

    def replace(self) -> None:
        """Answer in its place; it ends when it comes back."""
        with self._lock:
            self._replaced = True
            for request in self._held.values():
                self._group.allow(request)
            self._held.clear()

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._group.fileno(), select.POLLIN)
        while not self._replaced:
            ready = poll.poll(_AGAIN_MS if self._early else _IDLE_MS)
            self._since = time.monotonic()
            if ready:
                self._take_one()
            self._look_again()
            self._since = None
        for _, request in self._early:
            self._answer(request)

    def _take_one(self) -> None:
        try:
            waiting = self._group.read()
        except OSError:
            self.failed += 1  # the kernel has refused that open
            return
        for request in waiting:
            with self._lock:
                self._held[request.descriptor] = request
            self._consider(request, time.monotonic() + PATIENCE_SECONDS)

    def _look_again(self) -> None:
        """Look at those who were not asleep."""
        early, self._early = self._early, []
        for until, request in early:
            self._consider(request, until)

    def _consider(self, request: Request, until: float) -> None:
        """Look at one and let it go; or keep it for another look, as long as it may be kept."""
        try:
            if not self._replaced:
                self._look(request)
        except Awake:
            if time.monotonic() < until:
                self._early.append((until, request))
                return
            self.failed += 1
        except Exception:  # noqa: BLE001  # whatever is wrong with a look, who waits goes on; it is counted
            self.failed += 1
        self._answer(request)

    def _answer(self, request: Request) -> None:
        with self._lock:
            if self._held.pop(request.descriptor, None) is not None:
                self._group.allow(request)
        self.answered += 1
        self._group.release(request)


class Answerers:
    """The thread that answers now, and those that are stuck.

    Attributes:
        late: looks that took too long.
    """

    def __init__(self, group: PermissionGroup, look: Callable[[Request], None]) -> None:
        self._group = group
        self._look = look
        self._stuck: list[Answerer] = []
        self._active = Answerer(group, look)
        self.late = 0
        self._answered = 0
        self._failed = 0

    @property
    def answered(self) -> int:
        """Who has been let go so far."""
        return self._answered + sum(one.answered for one in (self._active, *self._stuck))

    @property
    def failed(self) -> int:
        """Looks that failed."""
        return self._failed + sum(one.failed for one in (self._active, *self._stuck))

    def check(self) -> None:
        """See to it that nobody waits for too long; to be called every few milliseconds.

        Raises:
            Stuck: too many looks do not end.
        """
        for one in [one for one in self._stuck if one.ended]:
            self._stuck.remove(one)
            self._answered += one.answered
            self._failed += one.failed
        if self._active.is_late(time.monotonic()):
            self.late += 1
            self._active.replace()
            if len(self._stuck) >= MOST_STUCK:
                raise Stuck
            self._stuck.append(self._active)
            self._active = Answerer(self._group, self._look)
