"""The messages between the agent and the responder: one a packet, its kind in the first byte."""

from __future__ import annotations

import json
from typing import NamedTuple

from auditfalco.model.admission import Admission, AncestorSeen

LONGEST = 1 << 23
"""Bytes of a message at most: what the strings of an admission come to, each byte spelled with six."""

MARK = b"m"
"""From the agent, with a descriptor: mark the file system that it lies on."""
READY, MARKED, REFUSED, ADMITTED, COUNTED = b"r", b"k", b"x", b"a", b"c"
"""From the responder: it is up; a mark is set; a mark was refused, and why; an exec; its counters."""


class Counts(NamedTuple):
    """What the responder has done so far.

    `answered` are all that waited, `unexamined` those that were let go without facts because a look took too long or
    failed, `dropped` admissions that the agent was too slow to take, `overflows` times the kernel's queue was full and
    let everybody through unasked.
    """

    answered: int = 0
    unexamined: int = 0
    dropped: int = 0
    overflows: int = 0


def encode_admission(admission: Admission) -> bytes:
    """Return the message that tells of an exec."""
    return ADMITTED + json.dumps(admission, separators=(",", ":")).encode()


def decode_admission(message: bytes) -> Admission:
    """Read the message that tells of an exec.

    Raises:
        ValueError, TypeError: it is none.
    """
    fields = json.loads(message[1:])
    admission = Admission(*fields)
    return admission._replace(
        cgroups=tuple(admission.cgroups),
        argv=None if admission.argv is None else tuple(admission.argv),
        environment=None if admission.environment is None else tuple(admission.environment),
        ancestors=tuple(AncestorSeen(*seen[:4], tuple(seen[4])) for seen in admission.ancestors),
    )


def encode_counts(counts: Counts) -> bytes:
    """Return the message with the counters."""
    return COUNTED + json.dumps(counts).encode()


def decode_counts(message: bytes) -> Counts:
    """Read the message with the counters.

    Raises:
        ValueError, TypeError: it is none.
    """
    return Counts(*json.loads(message[1:]))
