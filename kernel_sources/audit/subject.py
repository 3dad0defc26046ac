"""Who did something, and the system call or io_uring operation by which: typed views of one record.

A view reads its record's fields when asked; it costs nothing to make one. Ids that were never set are None.
"""

from __future__ import annotations

from functools import lru_cache

from kernel_sources import tables
from kernel_sources.audit import values
from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.audit.record import Record
from kernel_sources.tables import record_types

KEY_SEPARATOR = "\x01"
"""Stands between the keys of a rule that has several (``AUDIT_KEY_SEPARATOR`` in libaudit.h)."""

_ARGUMENTS = ("a0", "a1", "a2", "a3")
_OUTCOMES = {"yes": True, "no": False}


class Subject:
    """The process that a record is about, as the kernel knew it when it wrote the record.

    Process and user numbers are those of the initial namespaces. ``pid`` is the thread group's: audit names no threads.
    """

    __slots__ = ("_fields", "record")

    def __init__(self, record: Record) -> None:
        self.record = record
        self._fields = record.fields

    @property
    def pid(self) -> int | None:
        """Process (thread group) number."""
        return values.decimal(self._fields.get("pid"))

    @property
    def ppid(self) -> int | None:
        """Number of the parent process."""
        return values.decimal(self._fields.get("ppid"))

    @property
    def auid(self) -> int | None:
        """Login uid: the user that logged in, whoever the process has become since."""
        return values.identifier(self._fields.get("auid"))

    @property
    def uid(self) -> int | None:
        """Real user."""
        return values.identifier(self._fields.get("uid"))

    @property
    def gid(self) -> int | None:
        """Real group."""
        return values.identifier(self._fields.get("gid"))

    @property
    def euid(self) -> int | None:
        """Effective user."""
        return values.identifier(self._fields.get("euid"))

    @property
    def suid(self) -> int | None:
        """Saved user."""
        return values.identifier(self._fields.get("suid"))

    @property
    def fsuid(self) -> int | None:
        """User for access to files."""
        return values.identifier(self._fields.get("fsuid"))

    @property
    def egid(self) -> int | None:
        """Effective group."""
        return values.identifier(self._fields.get("egid"))

    @property
    def sgid(self) -> int | None:
        """Saved group."""
        return values.identifier(self._fields.get("sgid"))

    @property
    def fsgid(self) -> int | None:
        """Group for access to files."""
        return values.identifier(self._fields.get("fsgid"))

    @property
    def ses(self) -> int | None:
        """Login session."""
        return values.identifier(self._fields.get("ses"))

    @property
    def tty(self) -> str | None:
        """Name of the controlling terminal, such as ``pts0``; None when the process has none."""
        value = self.record.text("tty")
        return None if value == "(none)" else value

    @property
    def comm(self) -> str | None:
        """Name of the thread, at most 15 bytes, chosen by itself."""
        return values.string(self._fields.get("comm"))

    @property
    def exe(self) -> str | None:
        """Path of the program file in the process's own root; ends in `` (deleted)`` when the file is gone."""
        return values.string(self._fields.get("exe"))

    @property
    def subj(self) -> str | None:
        """Security label."""
        return self.record.text("subj")

    @property
    def keys(self) -> list[str]:
        """Keys of the audit rule that made the kernel write the record; empty when none did."""
        key = values.string(self._fields.get("key"))
        return key.split(KEY_SEPARATOR) if key else []


class SyscallFacts(Subject):
    """A SYSCALL record: the call, its outcome and who made it.

    On execve the names and credentials are those of the new program if the call succeeded, of the old one if it failed.
    """

    __slots__ = ()

    @property
    def arch_number(self) -> int | None:
        """The ``AUDIT_ARCH_*`` number of the ABI by which the call was made."""
        return values.hexadecimal(self._fields.get("arch"))

    @property
    def arch(self) -> str | None:
        """Name of the machine, such as ``x86_64`` or ``i386``; None when it is unknown."""
        return _machine(self._fields.get("arch"))

    @property
    def number(self) -> int | None:
        """The system call's number on that machine."""
        return values.decimal(self._fields.get("syscall"))

    @property
    def name(self) -> str | None:
        """The system call's name on that machine; None when machine or number are unknown."""
        return _call_name(self._fields.get("arch"), self._fields.get("syscall"))

    @property
    def bits(self) -> int | None:
        """64 or 32: the width of the ABI; x32 calls count as 64. None when the record lacks the machine."""
        number = self.arch_number
        return None if number is None else tables.machine_bits(number)

    @property
    def args(self) -> tuple[int, ...]:
        """The first four arguments as unsigned numbers; fewer when the record was cut.

        Pointers are of no use, and a 32-bit call's negative numbers are 32 bits wide.
        """
        arguments = []
        for index in range(4):
            argument = self.arg(index)
            if argument is None:
                break
            arguments.append(argument)
        return tuple(arguments)

    def arg(self, index: int) -> int | None:
        """Return one argument (0 to 3) as unsigned number, or None when the record was cut before it."""
        return values.hexadecimal(self._fields.get(_ARGUMENTS[index]))

    @property
    def success(self) -> bool | None:
        """Whether the call succeeded; None for a call that never returned (exit, a killed process)."""
        return _yes_or_no(self._fields.get("success"))

    @property
    def exit(self) -> int | None:
        """Return value, a negative error number on failure; None for a call that never returned."""
        return values.decimal(self._fields.get("exit"))

    @property
    def items(self) -> int | None:
        """Number of PATH records that belong to the event; fewer present means that some were lost."""
        return values.decimal(self._fields.get("items"))


class UringFacts(Subject):
    """A URINGOP record: an io_uring operation carried out for a process, perhaps on one of its kernel workers.

    It has no login uid, session, terminal, program or arguments, and it does not tell how the operation ended
    (``__io_issue_sqe()`` in io_uring/io_uring.c reports whether it was carried out).
    """

    __slots__ = ()

    @property
    def number(self) -> int | None:
        """Number of the operation (``enum io_uring_op``)."""
        return values.decimal(self._fields.get("uring_op"))

    @property
    def name(self) -> str | None:
        """Name of the operation, such as ``openat``; None when it is unknown."""
        return None if self.number is None else tables.uring_name(self.number)

    @property
    def success(self) -> bool | None:
        """Whether the operation was carried out, with whatever result."""
        return _yes_or_no(self._fields.get("success"))

    @property
    def exit(self) -> int | None:
        """0 for an operation that was carried out, whatever its result; -EAGAIN for one that is to be tried again."""
        return values.decimal(self._fields.get("exit"))

    @property
    def items(self) -> int | None:
        """Number of PATH records that belong to the event."""
        return values.decimal(self._fields.get("items"))


class SeccompFacts(Subject):
    """A SECCOMP record: a filter killed, trapped or logged a system call."""

    __slots__ = ()

    @property
    def arch(self) -> str | None:
        """Name of the machine of the call, None when it is unknown."""
        return _machine(self._fields.get("arch"))

    @property
    def number(self) -> int | None:
        """Number of the system call."""
        return values.decimal(self._fields.get("syscall"))

    @property
    def name(self) -> str | None:
        """Name of the system call on that machine, None when it is unknown."""
        return _call_name(self._fields.get("arch"), self._fields.get("syscall"))

    @property
    def signal(self) -> int | None:
        """Signal that the process gets, 0 for none."""
        return values.decimal(self._fields.get("sig"))

    @property
    def code(self) -> int | None:
        """What the filter returned (``SECCOMP_RET_*``)."""
        return values.hexadecimal(self._fields.get("code"))

    @property
    def instruction(self) -> int | None:
        """Address of the call in the process."""
        return values.hexadecimal(self._fields.get("ip"))


def syscall(raw: RawEvent) -> SyscallFacts | None:
    """Return the event's system call, or None when it has no SYSCALL record; of several the last counts."""
    record = raw.last(record_types.SYSCALL)
    return None if record is None else SyscallFacts(record)


def uring(raw: RawEvent) -> UringFacts | None:
    """Return the event's io_uring operation, or None."""
    record = raw.first(record_types.URINGOP)
    return None if record is None else UringFacts(record)


def urings(raw: RawEvent) -> list[UringFacts]:
    """Return all io_uring operations of the event, in the order in which they ran.

    Those that io_uring_enter carried out itself are in that call's event.
    """
    return [UringFacts(record) for record in raw.every(record_types.URINGOP)]


def seccomp(raw: RawEvent) -> SeccompFacts | None:
    """Return what a seccomp filter did, or None."""
    record = raw.first(record_types.SECCOMP)
    return None if record is None else SeccompFacts(record)


@lru_cache(maxsize=64)
def _machine(arch: str | None) -> str | None:
    number = values.hexadecimal(arch)
    return None if number is None else tables.machine_name(number)


@lru_cache(maxsize=1024)
def _call_name(arch: str | None, number: str | None) -> str | None:
    machine, call = _machine(arch), values.decimal(number)
    return None if machine is None or call is None else tables.syscall_name(machine, call)


def _yes_or_no(value: str | None) -> bool | None:
    return _OUTCOMES.get(value) if value else None
