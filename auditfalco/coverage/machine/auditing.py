"""The audit subsystem: what it says of itself, which audit rules there are, and whether its records reach us."""

from __future__ import annotations

from dataclasses import dataclass

from kernel_sources.audit.control import AuditControl
from kernel_sources.audit.multicast import DEFAULT_RECEIVE_BUFFER, MulticastReader
from kernel_sources.audit.rule import AuditRule
from kernel_sources.audit.status import AuditStatus
from kernel_sources.errors import KernelSourceError, NotSupported
from kernel_sources.procfs import ProcFS

URING_RELEASE = (5, 16)
"""First kernel with a filter list for io_uring."""

_URING = "io_uring"


@dataclass(frozen=True)
class Auditing:
    """Facts about audit; what cannot be told is None.

    Attributes:
        deaf: why records cannot be read here; "" when they can.
        unsupported: whether that is because the kernel has no audit, or was started without.
        refusal: why audit cannot be asked nor changed here; "" when it can.
        status: what it says of itself.
        rules: the audit rules that are there, each list in its order.
        unread_rules: how many more there are, of a kind that is unknown here.
        uring: whether the kernel has the filter list for io_uring.
        buffer: bytes of receive buffer granted, as the kernel counts them.
        buffer_wanted: bytes that were asked for, as the kernel counts them.
        daemon: the program of the registered audit daemon; "" when its process is not there or cannot be looked at.
    """

    deaf: str = ""
    unsupported: bool = False
    refusal: str = ""
    status: AuditStatus | None = None
    rules: tuple[AuditRule, ...] | None = None
    unread_rules: int = 0
    uring: bool | None = None
    buffer: int = 0
    buffer_wanted: int = 2 * DEFAULT_RECEIVE_BUFFER
    daemon: str = ""

    @property
    def locked(self) -> bool:
        """Whether nothing can be changed until the next boot."""
        return self.status is not None and self.status.locked

    @property
    def can_ask(self) -> bool:
        """Whether audit rules can be added here."""
        return self.status is not None and not self.status.locked


def look_at_audit(proc: ProcFS, kernel_version: tuple[int, int]) -> Auditing:
    """Read the facts: two sockets are opened and closed.

    Args:
        proc: where the audit daemon is looked up.
        kernel_version: a kernel that is old enough not to have the list for io_uring is asked for it.
    """
    deaf, buffer, unsupported = _listen()
    try:
        with AuditControl() as control:
            status = control.status()
            rules = tuple(control.list_rules())
            return Auditing(
                deaf,
                unsupported,
                "",
                status,
                rules,
                control.unread_rules,
                _knows_uring(control, status, rules, kernel_version),
                buffer,
                daemon=_program(proc, status.pid),
            )
    except (KernelSourceError, OSError) as error:
        uring = True if kernel_version >= URING_RELEASE else None
        return Auditing(deaf, unsupported, str(error), buffer=buffer, uring=uring)


def _listen() -> tuple[str, int, bool]:
    """Whether records can be read: why not, the receive buffer granted, whether there is no audit at all."""
    try:
        with MulticastReader() as reader:
            return "", reader.receive_buffer, False
    except (KernelSourceError, OSError) as error:
        return str(error), 0, isinstance(error, NotSupported)


def _knows_uring(
    control: AuditControl, status: AuditStatus, rules: tuple[AuditRule, ...], version: tuple[int, int]
) -> bool | None:
    """Whether there is a list for io_uring. An older kernel, which may have been given one, is asked if it may be."""
    if version >= URING_RELEASE or any(rule.filter_list == _URING for rule in rules):
        return True
    return None if status.locked else control.knows_list(_URING)


def _program(proc: ProcFS, pid: int) -> str:
    """The program of a process, by its file or else by its name."""
    return (proc.exe(pid) or proc.comm(pid) or "") if pid else ""
