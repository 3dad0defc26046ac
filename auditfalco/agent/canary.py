"""The canary: a harmless act of our own that must come back through the kernel, the socket, and the event pipeline.

A child tries to execute a name that does not exist and that nobody can foresee. Nothing but its record, read and made
an event of, brings the name back; so silence means that what others execute is not seen either.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterable

from auditfalco.agent.internal import InternalAlerts
from auditfalco.coverage.abis import host_machines
from auditfalco.coverage.rulemaking import PlannedRule
from auditfalco.coverage.worth import VITAL
from auditfalco.model.event import Event
from kernel_sources.audit.rule import Field, rule
from kernel_sources.tables import machine_number, syscall_number

BLIND = "auditfalco internal: blind"
PATIENCE = 2.0
"""Seconds within which it must come back."""

LONGEST = 60.0
"""Seconds after which it counts as lost even if what has been read has not all been looked at."""

TOO_MANY = 2
"""Canaries in a row that must stay away before it is an alarm: one may be lost on a busy machine."""

_NAME = "/dev/null/auditfalco-canary-"  # below what is no directory, nobody can put a file


def canary_rules(own_pid: int, keys: tuple[str, ...]) -> Iterable[PlannedRule]:
    """The audit rule by which it is recorded whatever the plan asks for; it is about our own children alone."""
    machine = host_machines()[0]
    arch, number = machine_number(machine), syscall_number(machine, "execve")
    if arch is not None and number is not None:
        conditions = (Field("arch", "=", arch), Field("ppid", "=", own_pid))
        yield PlannedRule(rule("exit", "always", *conditions, syscalls=[number], keys=keys), (), VITAL)


class Canary:
    """Sends canaries and waits for them, in one thread.

    Args:
        every: seconds between two of them.
        own_pid: our process, whose children they are.
        internal: raises alerts.
        what_is_amiss: says what a look at the machine finds.
        behind: tells whether events that have come wait to be looked at: the canary may be among them.
        clock: monotonic seconds.

    Attributes:
        round_trip: seconds that the last one took that came back; None before the first.
        sent, returned: how many.
    """

    def __init__(
        self,
        every: float,
        own_pid: int,
        internal: InternalAlerts,
        what_is_amiss: Callable[[], str],
        behind: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.round_trip: float | None = None
        self.sent = 0
        self.returned = 0
        self._every = every
        self._own_pid = own_pid
        self._internal = internal
        self._what_is_amiss = what_is_amiss
        self._behind = behind
        self._clock = clock
        self._due = clock()
        self._name = ""
        self._sent_at = 0.0
        self._missed = 0
        self._blind = False

    def tick(self) -> None:
        """Send one if it is time, or note that one has not come back; to be called several times a second."""
        now = self._clock()
        waited = now - self._sent_at
        if self._name and waited >= PATIENCE and (waited >= LONGEST or not self._behind()):
            self._name = ""
            self._missed += 1
            if self._missed == TOO_MANY:
                self._tell_blind()
        if not self._name and now >= self._due:
            self._due = now + self._every
            self._name = f"{_NAME}{secrets.token_hex(8)}"
            self._sent_at = now
            self.sent += 1
            fly(self._name)

    def takes(self, event: Event) -> bool:
        """Whether an event is the canary's return; it is nobody else's business then."""
        if event.type != "execve" or event.result is None or event.result >= 0:
            return False
        name, parent = event.arguments.get("filename"), event.arguments.get("ptid")
        if name is None or parent is None or parent.value != self._own_pid or not _is_canary(name.value):
            return False
        if _text(name.value) == self._name:
            self._name = ""
            self._came_back()
        return True

    def _came_back(self) -> None:
        self.returned += 1
        self.round_trip = self._clock() - self._sent_at
        self._missed = 0
        if self._blind:
            self._blind = False
            self._internal.tell(
                BLIND, "Notice", "Seeing again: what is executed is told by the kernel", {"blind": False}
            )

    def _tell_blind(self) -> None:
        self._blind = True
        amiss = self._what_is_amiss()
        message = f"Blind: {self._missed} executions of our own in a row were not told by the kernel; {amiss}"
        self._internal.tell(BLIND, "Critical", message, {"blind": True, "missed": self._missed})


def fly(name: str) -> None:
    """Have a child execute a name that is not there: no Python runs in it, and nothing is left of it."""
    try:
        os.posix_spawn(name, ["canary"], {})
    except OSError:  # as it must be
        return


def _is_canary(name: object) -> bool:
    return _text(name).startswith(_NAME)


def _text(name: object) -> str:
    return os.fsdecode(name) if isinstance(name, bytes) else str(name)
