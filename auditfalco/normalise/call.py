"""One audited system call with everything a normaliser looks at."""

from __future__ import annotations

from typing import Callable

from auditfalco.model.descriptor import Descriptor
from auditfalco.model.event import Event
from auditfalco.model.process import Process
from auditfalco.normalise import arguments
from auditfalco.normalise.paths import is_working_directory
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

    def file_name(self, path: PathFacts, start: str | None, *, certain: bool = True) -> str | None:
        """The absolute name of the file that a PATH record is about; see `FileNames.of_file`."""
        return self.host.names.of_file(self.process, start, path, self.raw.time_ns, certain=certain)

    # Descriptors: what they stood for before the call, and what it made of them.

    def known(self, number: int, *, is_new: bool = False) -> Descriptor | None:
        """What a number stands for at the time of the call; of one that the call made, only what /proc shows."""
        if number < 0:
            return None
        if is_new:
            self.host.open_files.table.closed(self.process, number, self.raw.time_ns)
        return self.host.descriptor(self.process, number, self.raw.time_ns)

    def closing(self, number: int) -> Descriptor | None:
        """What a number stood for that the call has closed: /proc shows at best what it was used for since."""
        slot = self.host.open_files.table.slot(self.process, number) if number >= 0 else None
        if slot is not None and slot.file is not None:
            return slot.file.descriptor
        return None if self.succeeded else self.known(number)

    def opens(
        self, event: Event, number: int, descriptor: Descriptor, *, close_on_exec: bool = False, look: bool = False
    ) -> None:
        """Note a descriptor that the call made, which the event is about.

        With `look` what the record leaves open is looked for in /proc.
        """
        self.host.remember_descriptor(self.process, number, descriptor, self.raw.time_ns, close_on_exec)
        known = self.host.descriptor(self.process, number, self.raw.time_ns) if look else descriptor
        event.fd_number, event.descriptor = number, known

    def becomes(self, event: Event, number: int, descriptor: Descriptor, *, look: bool = True) -> None:
        """Note what a socket has become by the call, for all of its descriptors."""
        before = event.descriptor.name if event.descriptor is not None else ""
        self.host.open_files.table.changed(self.process, number, descriptor, self.raw.time_ns)
        known = self.host.descriptor(self.process, number, self.raw.time_ns) if look else descriptor
        event.descriptor = known
        event.name_changed = known is not None and known.name != before

    def duplicates(self, event: Event, old: int, new: int, *, close_on_exec: bool) -> None:
        """Note that the call made `new` stand for the file of `old`; the event is about the new one."""
        event.fd_number = new
        event.descriptor = self.host.open_files.duplicated(self.process, old, new, self.raw.time_ns, close_on_exec)

    # What the event's arguments are told by; names are Falco's.

    def tell_result(self, event: Event, name: str = "res") -> None:
        """The call's result, or the error's name; nothing for a call that never returned."""
        if event.result is not None:
            event.arguments[name] = arguments.result(event.result)

    def tell(self, event: Event, name: str, value: int) -> None:
        """A number, in Falco's own bits where it is flags; printed as Falco prints the parameter."""
        event.arguments[name] = arguments.number(arguments.parameter_of(event.type, name), value)

    def tell_descriptor(self, event: Event, name: str, number: int) -> Descriptor | None:
        """A file descriptor and what it stands for, which is returned."""
        known = self.host.descriptor(self.process, number, self.raw.time_ns) if number >= 0 else None
        event.arguments[name] = arguments.descriptor(number, known)
        return known

    def tell_new(self, event: Event, name: str) -> None:
        """The descriptor that the event is about, which the call made; the error when it made none."""
        if event.fd_number is None:
            event.fd_number = -1
            self.tell_result(event, name)
        else:
            event.arguments[name] = arguments.descriptor(event.fd_number, event.descriptor)

    def tell_directory(self, event: Event, name: str, register: int) -> Descriptor | None:
        """A directory descriptor as it stands in a register, AT_FDCWD by its name; what it stands for is returned."""
        known = None
        if not is_working_directory(register):
            known = self.host.descriptor(self.process, arguments.signed32(register), self.raw.time_ns)
        event.arguments[name] = arguments.directory(register, known)
        return known

    def tell_user(self, event: Event, name: str, uid: int) -> None:
        """A user, with the name it has where the process lives."""
        event.arguments[name] = arguments.resolved(uid, self.host.user_name(self.process, uid))

    def tell_group(self, event: Event, name: str, gid: int) -> None:
        """A group, with the name it has where the process lives."""
        event.arguments[name] = arguments.resolved(gid, self.host.group_name(self.process, gid))

    def tell_process(self, event: Event, name: str, pid: int) -> None:
        """A process by the number that the caller gave, which its own pid namespace counts, and its name.

        Whom a signal or a trace really met stands in a record of its own; where there is none, the process that the
        caller calls so.
        """
        event.arguments[name] = arguments.process(pid, self._name_of(pid))

    def _name_of(self, pid: int) -> str | None:
        met = facts.obj_pids(self.raw)
        if pid <= 0 or len(met) > 1:
            return None
        if met:
            target = None if met[0].pid is None else self.host.find(met[0].pid, self.raw.time_ns)
            return met[0].comm or (target.name if target is not None else None)
        known = self.host.groups.called(self.process, pid, self.raw.time_ns)
        return known.name if known is not None else None


Builder = Callable[[Call, Event], None]
"""Fills in one call's event: arguments, descriptor, and what the call changed in the host's state."""
