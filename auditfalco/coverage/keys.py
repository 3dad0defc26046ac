"""The keys of our audit rules: whose they are, and of which run of the agent.

The kernel keeps rules when the agent that asked for them is gone, and tells nobody whose they were. So each rule names
the agent, for people (`ausearch -k auditfalco`), and the process that asked for it, by its number and its start: a
later run can tell the rules of a dead agent from those of one that lives.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

KEY = "auditfalco"
"""The key of all our audit rules."""

_INSTANCE = re.compile(rf"{KEY}-(\d{{1,10}})-(\d{{1,20}})", re.ASCII)


class Instance(NamedTuple):
    """A run of the agent: its process number, and its start in clock ticks from boot."""

    pid: int
    start_ticks: int


def keys_of(instance: Instance | None) -> tuple[str, ...]:
    """The keys of a run's audit rules; the common one alone where no run is meant."""
    return (KEY,) if instance is None else (KEY, f"{KEY}-{instance.pid}-{instance.start_ticks}")


def instance_of(keys: Iterable[str]) -> Instance | None:
    """The run that a rule's keys name; None where they are not ours, or name no run."""
    given = tuple(keys)
    if KEY not in given:
        return None
    found = next((match for match in map(_INSTANCE.fullmatch, given) if match is not None), None)
    return None if found is None else Instance(int(found[1]), int(found[2]))
