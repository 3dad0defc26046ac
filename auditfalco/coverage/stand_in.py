"""What tells of opens and executions in audit's place, where audit tells nothing of them."""

from __future__ import annotations

from collections.abc import Iterable

from auditfalco.coverage.hearing import Heard
from auditfalco.coverage.machine.machine import Machine
from auditfalco.coverage.silencers import Extent

FANOTIFY, CONNECTOR = "fanotify", "connector"

EXECUTION, OPEN = "execve", "openat"
"""The event types that executions and opens are told as then."""

_OF_EXECUTIONS = "executions are seen by the process connector alone, and what is over at once with its name only"
_OF_OPENS = "opens are seen by fanotify alone, merged, and without flags once they are closed"


def stand_in(machine: Machine, event_type: str) -> tuple[Heard, frozenset[str]] | None:
    """How an event type is told without audit, and by which sensors; None when it is not.

    Numbers of processes mean nothing in another pid namespace, and without audit's records the agent does not run.
    """
    if not machine.hears_audit or machine.privileges.pid is False:
        return None
    if event_type == EXECUTION and machine.has_connector:
        sensors = {CONNECTOR} | ({FANOTIFY} if machine.fanotify is not None else set())
        return Heard(Extent.SOME, (_OF_EXECUTIONS,)), frozenset(sensors)
    if event_type == OPEN and machine.fanotify is not None:
        return Heard(Extent.SOME, (_OF_OPENS,)), frozenset({FANOTIFY})
    return None


def is_needed(heard: Iterable[Heard]) -> bool:
    """Whether none of the audit rules that ask for executions, or none of those that ask for opens, is heard."""
    extents = [one.extent for one in heard]
    return bool(extents) and all(extent is Extent.NONE for extent in extents)
