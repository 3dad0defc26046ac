"""What checks of how a file is opened prove: for reading or writing, and whether it may be made.

perm= stands for the access mode of open, openat and openat2. The kernel has no class for open_by_handle_at, whose flags
are in a register (audit_match_perm in kernel/auditsc.c); those of openat2 are in none.
"""

from __future__ import annotations

from auditfalco.coverage.abis import host_machines
from auditfalco.coverage.constraints import ANYTHING, NEVER, Access, Constraint, Register, Ways
from auditfalco.coverage.proofs_of_names import OPEN_TYPES
from auditfalco.coverage.question import Question
from auditfalco.coverage.way_sets import one_way
from kernel_sources.tables import open_flags
from kernel_sources.tables.openflags import O_ACCMODE

_FIELDS = frozenset({"evt.is_open_read", "evt.is_open_write", "evt.is_open_create", "evt.is_open_exec"})
_FLAGS = {"open": 1, "openat": 2, "open_by_handle_at": 2}
"""Which register holds the flags; the mode is in the next one."""

_EXECUTABLE = 0o111


def proof(asked: Question) -> Ways | None:
    """The ways in which a check of how a file is opened is true; None of another field."""
    field, event_type = asked.field.name, asked.event_type
    if field not in _FIELDS:
        return None
    if asked.holds(False):
        return ANYTHING
    if not asked.holds(True) or event_type not in OPEN_TYPES:
        return NEVER
    if event_type == "creat":
        return one_way(Register(1, "&", _EXECUTABLE)) if field == "evt.is_open_exec" else NEVER
    if field in ("evt.is_open_read", "evt.is_open_write"):
        return _access(event_type, writes=field == "evt.is_open_write")
    return _making(event_type, executable=field == "evt.is_open_exec")


def _access(event_type: str, *, writes: bool) -> Ways:
    if event_type != "open_by_handle_at":
        return one_way(Access("w" if writes else "r"))
    return one_way(Register(_FLAGS[event_type], "&", O_ACCMODE)) if writes else ANYTHING


def _making(event_type: str, *, executable: bool) -> Ways:
    """Only a call that was told to make a file makes one; of O_TMPFILE the bit of O_DIRECTORY tells nothing."""
    register = _FLAGS.get(event_type)
    if register is None:
        return ANYTHING
    bits = 0
    for flags in map(open_flags, host_machines()):
        bits |= flags["O_CREAT"] | flags["O_TMPFILE"] & ~flags["O_DIRECTORY"]
    made: list[Constraint] = [Register(register, "&", bits)]
    if executable and event_type != "open_by_handle_at":
        made.append(Register(register + 1, "&", _EXECUTABLE))
    return one_way(*made)
