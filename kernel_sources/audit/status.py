"""The state of the audit subsystem: ``struct audit_status``.

The structure has grown over the years (``include/uapi/linux/audit.h``); a shorter one from an older kernel leaves the
later members None, a longer one from a newer kernel is read as far as it is known.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from kernel_sources.errors import Malformed

MASK_ENABLED = 0x0001
MASK_RATE_LIMIT = 0x0008
MASK_BACKLOG_LIMIT = 0x0010
MASK_BACKLOG_WAIT_TIME = 0x0020

FEATURE_BACKLOG_LIMIT = 0x01
FEATURE_BACKLOG_WAIT_TIME = 0x02
FEATURE_EXECUTABLE_PATH = 0x04
FEATURE_EXCLUDE_EXTEND = 0x08
FEATURE_SESSIONID_FILTER = 0x10
FEATURE_LOST_RESET = 0x20
FEATURE_FILTER_FS = 0x40

LOCKED = 2
"""Value of ``enabled`` after which nothing can be changed until the next boot."""

_MEMBERS = (
    "enabled",
    "failure",
    "pid",
    "rate_limit",
    "backlog_limit",
    "lost",
    "backlog",
    "feature_bitmap",
    "backlog_wait_time",
    "backlog_wait_time_actual",
)
_FIRST_VERSION_WORDS = 8
_WORD_SIZE = 4


@dataclass(frozen=True)
class AuditStatus:
    """What ``auditctl -s`` shows.

    Attributes:
        enabled: 0 off, 1 on, 2 on and locked until the next boot.
        failure: what the kernel does on failure: 0 nothing, 1 a line in its log, 2 panic.
        pid: process registered as the audit daemon, 0 for none.
        rate_limit: records a second beyond which the kernel drops, 0 for no limit.
        backlog_limit: records that may wait in the kernel's queue, 0 for no limit.
        lost: records that the kernel itself has lost; what a multicast reader lost is not among them.
        backlog: records waiting now.
        feature_bitmap: ``FEATURE_*`` bits; None before Linux 3.15 (there it was a version number, or not there at all).
        backlog_wait_time: clock ticks a process may be held up when the queue is full; None where unknown.
        backlog_wait_time_actual: clock ticks processes have been held up so far; None before Linux 5.9.
    """

    enabled: int
    failure: int
    pid: int
    rate_limit: int
    backlog_limit: int
    lost: int
    backlog: int
    feature_bitmap: int | None = None
    backlog_wait_time: int | None = None
    backlog_wait_time_actual: int | None = None

    @property
    def locked(self) -> bool:
        """True when rules and settings cannot be changed until the next boot."""
        return self.enabled == LOCKED

    def has_feature(self, bit: int) -> bool:
        """Tell whether the kernel announces the ``FEATURE_*`` bit."""
        return self.feature_bitmap is not None and bool(self.feature_bitmap & bit)


def decode(payload: bytes) -> AuditStatus:
    """Return the status in the payload of an ``AUDIT_GET`` reply.

    Raises:
        Malformed: when it is shorter than the first version of the structure.
    """
    count = len(payload) // _WORD_SIZE
    if count < _FIRST_VERSION_WORDS:
        raise Malformed("audit status cut short", offset=len(payload))
    words = struct.unpack_from(f"={count}I", payload)
    return AuditStatus(**dict(zip(_MEMBERS, words[1:])))


def encode(mask: int, **members: int) -> bytes:
    """Return the payload of an ``AUDIT_SET`` message that sets the members named, whose bits are in ``mask``."""
    words = [members.get(name, 0) for name in _MEMBERS]
    return struct.pack(f"={len(words) + 1}I", mask, *words)
