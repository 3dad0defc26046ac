"""What a rule reads that has to be looked up, and what may be missing of it on this machine."""

from __future__ import annotations

from collections.abc import Iterable

from auditfalco.coverage.machine.machine import Machine
from auditfalco.fields.sources import SOURCES, Source

_OF_OTHERS = frozenset({Source.ENVIRON, Source.FD, Source.EXE, Source.CWD_LINK})
"""Files of a process that only its user, or a process with CAP_SYS_PTRACE, may read (ptrace(2))."""

_FROM_ANCESTORS = frozenset({Source.STAT, Source.STATUS})


def missing_lookups(machine: Machine, names: Iterable[str]) -> list[str]:
    """What may be missing, a sentence for each cause.

    Args:
        machine: where they are looked up.
        names: the fields that a condition reads, as the catalogue names them.
    """
    fields = sorted(name for name in names if name in SOURCES)
    found = []
    if not machine.has_connector:
        found += _about(
            [name for name in fields if _is_inherited(name)],
            "may be absent of short-lived processes: no process connector",
        )
    privileges = machine.privileges
    if not privileges.may("CAP_SYS_PTRACE"):
        found += _about(
            [name for name in fields if SOURCES[name][0] in _OF_OTHERS],
            "may be absent of other users' processes: no CAP_SYS_PTRACE",
        )
    if privileges.mount is False:
        found += _about(
            [name for name in fields if Source.ENGINE in SOURCES[name]],
            "may be absent: this mount namespace may lack the container engines' state",
        )
    return found


def _is_inherited(name: str) -> bool:
    """Whether a field is known of a process by what the connector tells of its parents."""
    sources = SOURCES[name]
    return Source.CGROUP in sources or (
        Source.CONNECTOR in sources and (sources[0] is Source.CONNECTOR or bool(_FROM_ANCESTORS.intersection(sources)))
    )


def _about(names: list[str], what: str) -> list[str]:
    return [f"{', '.join(names)} {what}"] if names else []
