"""Fields of our own, which Falco does not have: a rule that uses one does not load there."""

from __future__ import annotations

from auditfalco.fields.field import Field

FIELDS: tuple[Field, ...] = (
    Field(
        "evt.is_io_uring",
        "BOOL",
        "whether the act came by io_uring and not by a system call; of such the descriptor, the flags of an open and"
        " the outcome are known only as far as the records or /proc show them; no field of Falco's",
        listed=False,
    ),
)
