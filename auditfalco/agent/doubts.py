"""The comparison of audit and fanotify in a running agent: where it finds what it compares."""

from __future__ import annotations

from auditfalco.agent.disagreements import Disagreements
from auditfalco.agent.following import Following
from auditfalco.agent.internal import InternalAlerts
from auditfalco.agent.pipeline import Pipeline
from auditfalco.agent.reading import Reader
from auditfalco.agent.sensors import Sensors
from kernel_sources.procfs import ProcFS

RING = "anon_inode:[io_uring]"


def doubts_about(
    sensors: Sensors, reader: Reader, pipeline: Pipeline, opens: Following, internal: InternalAlerts
) -> Disagreements:
    """The comparison for one run, told of the opens of `pipeline`."""
    proc = ProcFS()

    def excused() -> int:
        """What audit may have told and was lost, and whether it is known to be blind."""
        lost = pipeline.assembler.lost + pipeline.assembler.partial + sensors.reader.overruns
        return lost + reader.shedder.total + opens.fallback.engaged

    def uses_rings(pid: int) -> bool:
        return any(proc.fd(pid, number) == RING for number in proc.fds(pid) or ())

    made = Disagreements(
        lambda: sensors.asked.in_force if sensors.asked is not None else (),
        lambda number: opens.named(number) is not None,
        excused,
        uses_rings,
        internal,
    )
    pipeline.files.audit_alone = made.audit_alone
    pipeline.files.fanotify_alone = made.fanotify_alone
    return made
