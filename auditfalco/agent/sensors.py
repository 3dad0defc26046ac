"""The kernel's sources, opened for one run of the agent, and what each of them cannot give here."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass

from auditfalco.agent.asked import Asked
from auditfalco.agent.asking import ask
from auditfalco.agent.kernel_queue import KernelQueue
from auditfalco.agent.leftovers import SettingsNote, others_run, remove_strays, take_over
from auditfalco.agent.tampering.sentry import Sentry
from auditfalco.coverage.keys import Instance
from auditfalco.coverage.machine.auditing import Auditing
from auditfalco.coverage.rulemaking import PlannedRule
from kernel_sources.audit.control import AuditControl
from kernel_sources.audit.installed import InstalledRules
from kernel_sources.audit.multicast import DEFAULT_RECEIVE_BUFFER, MulticastReader
from kernel_sources.audit.status import AuditStatus
from kernel_sources.connector import ProcessEventReader
from kernel_sources.errors import KernelSourceError, NotPermitted, NotSupported, RuleRefused
from kernel_sources.fanotify import FanotifyGroup
from kernel_sources.procfs import ProcFS

BACKLOG_LIMIT = 8192
"""Records that may wait in the kernel's queue; its own default of 64 is overrun by a single burst."""


@dataclass(frozen=True)
class Buffering:
    """How much may wait in the kernel.

    Attributes:
        receive_buffer: of the audit multicast socket, bytes.
        backlog_limit: of the audit queue, records; 0 is no limit. A longer queue than this is left as it is.
        backlog_wait_time: how long a process is held up while that queue is full, kernel clock ticks; None leaves it.
    """

    receive_buffer: int = DEFAULT_RECEIVE_BUFFER
    backlog_limit: int = BACKLOG_LIMIT
    backlog_wait_time: int | None = None


class Sensors:
    """The audit multicast socket, the audit control socket, the process connector and a fanotify group.

    Audit records are what the agent lives on: without them it cannot run. Without the right to change audit rules it
    lives on the rules that are there; without the connector it knows less of short-lived processes; without fanotify it
    sees the opens that audit records and no others.

    Args:
        buffering: how much may wait in the kernel.
        instance: this run, whose changes of settings are noted for the case that it is killed; None to note nothing.

    Attributes:
        warnings: what was asked of the kernel and refused, one line each; what the machine lacks, the doctor's checks
            tell (agent.obstacles).
        asked: what the kernel is asked for; None without the right to change audit rules.
        connector: None when the kernel or the permissions do not allow it.
        files: the fanotify group, without marks at first; None likewise.
        kernel_queue: counts what the kernel's audit queue has dropped since the sensors were opened.

    Raises:
        NotPermitted, NotSupported: audit records cannot be had.
    """

    def __init__(self, buffering: Buffering = Buffering(), instance: Instance | None = None) -> None:
        self._buffering = buffering
        self._instance = instance
        self._note = SettingsNote(instance) if instance is not None else None
        self.warnings: list[str] = []
        self.asked: Asked | None = None
        self._installed: InstalledRules | None = None
        self.connector: ProcessEventReader | None = None
        self.files: FanotifyGroup | None = None
        self._control: AuditControl | None = None
        with ExitStack() as opened:
            self.reader = opened.enter_context(MulticastReader(buffering.receive_buffer))
            self._open_control(opened)
            self._open_connector(opened)
            self._open_files(opened)
            self.kernel_queue = KernelQueue(self.status)
            self._opened = opened.pop_all()

    def _open_control(self, opened: ExitStack) -> None:
        control = opened.enter_context(AuditControl())
        try:
            control.status()
        except NotPermitted:
            return
        self._control = control
        self._installed = InstalledRules(control, self._note.write if self._note is not None else None)
        self.asked = Asked(self._installed)

    def _open_connector(self, opened: ExitStack) -> None:
        try:
            self.connector = opened.enter_context(ProcessEventReader())
        except (KernelSourceError, OSError):
            self.connector = None

    def _open_files(self, opened: ExitStack) -> None:
        try:
            self.files = opened.enter_context(FanotifyGroup(ProcFS(), with_open_flags=True))
        except (KernelSourceError, OSError):
            self.files = None

    def sentry(self, mode: str) -> Sentry | None:
        """What looks after our audit rules and settings as they are now; None without the right to change them."""
        if self._control is None or self._installed is None:
            return None
        return Sentry(self._control, self._installed, mode)

    def status(self) -> AuditStatus | None:
        """The audit subsystem's state now; None without the right to ask."""
        return self._control.status() if self._control is not None else None

    def auditing(self) -> Auditing:
        """Audit's state now, with the rules that it has."""
        if self._control is None:
            return Auditing(refusal="no right to")
        return Auditing(status=self._control.status(), rules=tuple(self._control.list_rules()), uring=True)

    def ask(self, planned: Iterable[PlannedRule]) -> None:
        """Switch audit on and ask for events; what the kernel refuses becomes a warning."""
        if self._control is None or self._installed is None or self.asked is None:
            return
        try:
            self._clear_away(self._control, self._installed)
            self._set_queue(self._installed)
            self._installed.enable()
            refused = ask(self.asked, planned).refused
        except NotPermitted as error:
            self.warnings.append(f"audit rules cannot be added ({error}): seen is what the present rules record")
            return
        self.warnings.extend(_said(refused))
        if self._note is not None and self._note.failure is not None:
            self.warnings.append(
                f"the former audit settings could not be noted ({self._note.failure}): killed, the agent leaves its own"
            )

    def _clear_away(self, control: AuditControl, installed: InstalledRules) -> None:
        """Undo what a run that was killed has left behind: its rules now, its settings at our end."""
        proc = ProcFS()
        strays = remove_strays(control, proc)
        if strays:
            self.warnings.append(f"{strays} audit rules removed that a killed run of the agent had left behind")
        take_over(installed, proc)

    def _set_queue(self, installed: InstalledRules) -> None:
        wanted, status = self._buffering, self.status()
        present = status.backlog_limit if status is not None else 0
        if present and (wanted.backlog_limit == 0 or wanted.backlog_limit > present):
            installed.set_backlog_limit(wanted.backlog_limit)
        if wanted.backlog_wait_time is not None:
            try:
                installed.set_backlog_wait_time(wanted.backlog_wait_time)
            except (NotSupported, OSError) as error:
                self.warnings.append(f"audit's backlog_wait_time stays as it is: {error}")

    def descriptors(self) -> list[int]:
        """What to wait on for events."""
        others = [source.fileno() for source in (self.connector, self.files) if source is not None]
        return [self.reader.fileno(), *others]

    def close(self) -> list[Exception]:
        """Remove our audit rules, restore our settings, close the sockets; returns what could not be undone."""
        failures = self._undo() if self._installed is not None else []
        self._opened.close()
        return failures

    def _undo(self) -> list[Exception]:
        """Undo our changes; settings that another run of the agent relies on are left for that one to restore."""
        if self._installed is None or self._control is None:
            return []
        if self._instance is None:
            return self._installed.undo()
        proc = ProcFS()
        try:
            shared = others_run(self._control.list_rules(), self._instance, proc)
        except (KernelSourceError, OSError) as error:
            return [error, *self._installed.undo()]
        failures = self._installed.undo(settings=not shared)
        if not shared:
            try:
                take_over(self._installed, proc)
            except (KernelSourceError, OSError) as error:
                failures.append(error)
            failures += self._installed.undo()
        return failures


def _said(refused: Iterable[RuleRefused]) -> list[str]:
    """The kernel's refusals, a line each; that it does not know the io_uring list at all (Linux < 5.16) in one."""
    lines = []
    for refusal in refused:
        if "always,io_uring" in str(refusal) and refusal.errno == errno.EINVAL:
            lines.append("this kernel does not record io_uring operations: what is done through io_uring is not seen")
        else:
            lines.append(str(refusal))
    return list(dict.fromkeys(lines))
