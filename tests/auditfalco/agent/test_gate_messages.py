"""What goes between the agent and the responder arrives as it was sent."""

from __future__ import annotations

import pytest

from auditfalco.agent.gate import wire
from auditfalco.model.admission import Admission, AncestorSeen

ADMISSION = Admission(
    time_ns=5,
    pid=10,
    start_ns=3,
    tty=34816,
    pgid=10,
    sid=9,
    vpid=2,
    vpgid=2,
    vsid=1,
    cgroups=("/docker/abc", "/"),
    file="/bin/\udcff",
    device=7,
    inode=8,
    cwd=None,
    argv=("a", "b\n\0é"),
    environment=("A=1", "B=\x1b"),
    whole=True,
    ancestors=(AncestorSeen(9, 2, "sh", "/bin/sh", ("sh", "-c")), AncestorSeen(1, 0, "init", None, ())),
)


@pytest.mark.parametrize("sent", [ADMISSION, ADMISSION._replace(argv=None, environment=None, ancestors=(), cwd="/")])
def test_an_admission(sent: Admission) -> None:
    message = wire.encode_admission(sent)
    assert message[:1] == wire.ADMITTED
    assert wire.decode_admission(message) == sent


def test_the_longest_admission_fits() -> None:
    text = "\x01" * 131_071
    ancestors = tuple(AncestorSeen(n, 2, "sh", "/bin/sh", ("\x01" * 16_384,)) for n in range(64))
    sent = ADMISSION._replace(argv=(text,), environment=(text,), ancestors=ancestors)
    assert len(wire.encode_admission(sent)) <= wire.LONGEST


def test_counts() -> None:
    counts = wire.Counts(answered=4, unexamined=3, dropped=2, overflows=1)
    assert wire.decode_counts(wire.encode_counts(counts)) == counts


@pytest.mark.parametrize("message", [wire.ADMITTED, wire.ADMITTED + b"[1]", wire.ADMITTED + b"7"])
def test_what_is_none_is_refused(message: bytes) -> None:
    with pytest.raises((ValueError, TypeError)):
        wire.decode_admission(message)
