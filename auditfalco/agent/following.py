"""What the kernel is asked for as files and containers come and go: audit rules for files, and marks."""

from __future__ import annotations

from collections.abc import Callable

from auditfalco.agent.container_opens import ContainerOpens
from auditfalco.agent.fallback import FallbackSensors
from auditfalco.agent.file_marks import FileMarks
from auditfalco.agent.named_files import NamedFiles
from auditfalco.agent.sensors import Sensors
from auditfalco.coverage.files import HostFiles
from auditfalco.coverage.marks import WatchList
from auditfalco.coverage.places import Places
from auditfalco.coverage.plan import Plan
from auditfalco.coverage.rulemaking import PlannedRule
from auditfalco.model.process import Process
from kernel_sources.audit.configchange import config_change
from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.procfs import ProcFS
from kernel_sources.tables.record_types import CONFIG_CHANGE


class Following:
    """Keeps them in step with what there is.

    Args:
        plan: the audit rules.
        watched: the files to mark.
        sensors: where both are set.
        proc: access to the proc file system.

    Attributes:
        fallback: what stands in for audit where that is blind; it follows file systems.
    """

    def __init__(
        self, plan: Plan, watched: WatchList, sensors: Sensors, proc: ProcFS, say: Callable[[str], None]
    ) -> None:
        self.fallback = FallbackSensors(sensors.files, plan.needs, proc, say)
        self.opens = ContainerOpens(plan, sensors.asked, proc)
        self._plan, self._files = plan, HostFiles(proc)
        self.names = NamedFiles(plan, sensors.asked, self._files)
        self.marks = FileMarks(sensors.files, watched, proc)

    @property
    def refused(self) -> list[str]:
        """What the kernel did not take, with the reason."""
        return [*self.opens.refused, *self.names.refused, *self.marks.refused, *self.fallback.refused.values()]

    def named(self, number: tuple[int, int]) -> str | None:
        """The path by which rules name a marked file or directory, by its device and inode."""
        return self.marks.marked.get(number)

    def named_rules(self) -> tuple[PlannedRule, ...]:
        """The audit rules for the files that rules name, as of now."""
        return self._plan.file_rules(Places(self._files))

    def start(self) -> None:
        """Ask for what is there already, then follow."""
        self.opens.start()
        self.names.start()
        self.marks.start()

    def stop(self) -> None:
        """Follow no more; what was asked for stays until it is undone together."""
        self.opens.stop()
        self.names.stop()
        self.marks.stop()

    def entered(self, process: Process) -> None:
        """Say that a process runs, maybe in a container that is new."""
        self.opens.entered(process)
        self.marks.entered(process)
        self.fallback.entered(process)

    def configured(self, raw: RawEvent) -> None:
        """Say that audit's configuration has changed: the kernel drops the rule for a file whose directory goes."""
        if any(config_change(record).by_kernel for record in raw.records if record.type == CONFIG_CHANGE):
            self.names.look_again()

    def mounts_changed(self) -> None:
        """Say that the host's mount table is not what it was."""
        self.opens.mounts_changed()
        self.names.look_again()
        self.fallback.mounts_changed()
