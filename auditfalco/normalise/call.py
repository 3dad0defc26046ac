"""One audited system call with everything a normaliser looks at."""

from __future__ import annotations

from auditfalco.model.process import Process
from auditfalco.state.host import HostState
from kernel_sources.audit import facts
from kernel_sources.audit.facts import PathFacts, SyscallFacts
from kernel_sources.audit.rawevent import RawEvent


class Call:
    """A raw event seen as a system call: the SYSCALL record's facts, and the other records' on demand."""

    __slots__ = ("_argv", "_cwd", "_paths", "facts", "host", "process", "raw")

    def __init__(self, raw: RawEvent, syscall: SyscallFacts, process: Process, host: HostState) -> None:
        self.raw = raw
        self.facts = syscall
        self.process = process
        self.host = host
        self._paths: list[PathFacts] | None = None

    @property
    def paths(self) -> list[PathFacts]:
        """The PATH records by item number."""
        if self._paths is None:
            self._paths = facts.paths(self.raw)
        return self._paths

    @property
    def argv(self) -> list[str] | None:
        """The argument vector of an exec; None when no record tells it."""
        return facts.argv(self.raw)

    @property
    def cwd(self) -> str | None:
        """The working directory, as the CWD record gives it."""
        return facts.cwd(self.raw)

    @property
    def succeeded(self) -> bool:
        """Whether the call did what it was asked."""
        return self.facts.success is True

    def directory(self, dirfd: int) -> str | None:
        """Where names relative to the descriptor `dirfd` (a register) start from; None when unknown."""
        return self.host.directory(self.process, dirfd, self.cwd)
