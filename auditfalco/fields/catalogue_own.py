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
    Field(
        "evt.is_32bit",
        "BOOL",
        "whether the call came by a 32-bit ABI, such as int 0x80 on x86_64; absent for what came by io_uring; no"
        " field of Falco's",
        listed=False,
    ),
    Field(
        "evt.sensors",
        "CHARBUF",
        "the sensors that told of the event, parted by commas: audit, fanotify, connector; no field of Falco's",
        listed=False,
    ),
    Field(
        "fd.is_block_device",
        "BOOL",
        "whether what the call opens is a block device, whatever its name; absent for other calls; no field of Falco's",
        listed=False,
    ),
)
