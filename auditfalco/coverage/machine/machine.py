"""Everything about the machine that decides what can be watched on it."""

from __future__ import annotations

from dataclasses import dataclass, field

from auditfalco.coverage.machine.auditing import Auditing, look_at_audit
from auditfalco.coverage.machine.kernel import Kernel, look_at_kernel
from auditfalco.coverage.machine.privileges import Privileges, look_at_privileges
from auditfalco.coverage.machine.surroundings import Surroundings, look_around
from kernel_sources.connector import ProcessEventReader
from kernel_sources.errors import KernelSourceError
from kernel_sources.fanotify.features import Features, features
from kernel_sources.procfs import ProcFS
from kernel_sources.security import Security

_ANSWER_SECONDS = 0.5
"""The kernel acknowledges a subscription to process events at once, or never."""


@dataclass(frozen=True)
class Machine:
    """The machine, and what this process may do on it.

    Attributes:
        kernel: what kernel it is.
        privileges: what this process may.
        auditing: audit's state.
        fanotify: what fanotify can do; None when it cannot be used.
        no_fanotify: why not.
        no_connector: why there are no process events here; "" when there are.
        surroundings: what stands beside the kernel.
        fanotify_limits: settings of fanotify, by name.
    """

    kernel: Kernel = field(default_factory=Kernel)
    privileges: Privileges = field(default_factory=Privileges)
    auditing: Auditing = field(default_factory=Auditing)
    fanotify: Features | None = None
    no_fanotify: str = ""
    no_connector: str = ""
    surroundings: Surroundings = field(default_factory=Surroundings)
    fanotify_limits: tuple[tuple[str, str], ...] = ()

    @property
    def hears_audit(self) -> bool:
        """Whether audit records reach this process: they go to the initial network namespace alone."""
        return not self.auditing.deaf and self.privileges.net is not False

    @property
    def has_connector(self) -> bool:
        """Whether the process connector answers."""
        return not self.no_connector


_LIMITS = ("max_queued_events", "max_user_groups", "max_user_marks")


def examine(proc: ProcFS) -> Machine:
    """Look at this machine: sockets and fanotify groups are opened and closed again, nothing is changed."""
    kernel = look_at_kernel(proc, Security())
    fanotify, no_fanotify = _try_fanotify()
    limits = ((name, proc.sysctl(f"fs.fanotify.{name}")) for name in _LIMITS)
    return Machine(
        kernel,
        look_at_privileges(proc, kernel.version),
        look_at_audit(proc, kernel.version),
        fanotify,
        no_fanotify,
        _try_connector(),
        look_around(),
        tuple((name, value) for name, value in limits if value is not None),
    )


def _try_fanotify() -> tuple[Features | None, str]:
    try:
        return features(), ""
    except (KernelSourceError, OSError) as error:
        return None, str(error)


def _try_connector() -> str:
    try:
        with ProcessEventReader(timeout=_ANSWER_SECONDS):
            return ""
    except (KernelSourceError, OSError) as error:
        return str(error)
