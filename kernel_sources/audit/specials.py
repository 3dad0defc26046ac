"""What system calls leave in records of their own: one typed fact for each kind of record.

Every function takes a raw event and returns None, or an empty list, when the event has no such record. Numbers that are
missing or broken in a record are None.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernel_sources.audit import values
from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.tables import record_types


@dataclass(frozen=True)
class CapabilityFacts:
    """A BPRM_FCAPS record: capability sets before and after an exec that raised them; each a bit mask.

    Attributes:
        permitted, inheritable, effective, ambient: the new sets.
        old_permitted, old_inheritable, old_effective, old_ambient: the sets before.
        file_permitted, file_inheritable: the sets of the program file.
        file_effective: whether the file's permitted set becomes effective.
    """

    permitted: int | None
    inheritable: int | None
    effective: int | None
    ambient: int | None
    old_permitted: int | None
    old_inheritable: int | None
    old_effective: int | None
    old_ambient: int | None
    file_permitted: int | None
    file_inheritable: int | None
    file_effective: bool | None


@dataclass(frozen=True)
class CapsetFacts:
    """A CAPSET record: the sets, each a bit mask, that a process gave itself or another with capset()."""

    pid: int | None
    permitted: int | None
    inheritable: int | None
    effective: int | None
    ambient: int | None


@dataclass(frozen=True)
class Openat2Facts:
    """An OPENAT2 record: the ``struct open_how`` of an openat2() call (flags, mode and ``RESOLVE_*`` bits)."""

    flags: int | None
    mode: int | None
    resolve: int | None


@dataclass(frozen=True)
class MmapFacts:
    """A MMAP record: descriptor (None for -1, no file) and flags of mmap(), one of which SYSCALL does not show."""

    fd: int | None
    flags: int | None


@dataclass(frozen=True)
class SocketcallFacts:
    """A SOCKETCALL record: the arguments of the socket call that socketcall()'s own first argument numbers."""

    count: int | None
    args: tuple[int, ...]


@dataclass(frozen=True)
class ObjectProcess:
    """An OBJ_PID record: a process that was sent a signal or traced."""

    pid: int | None
    auid: int | None
    uid: int | None
    ses: int | None
    comm: str | None


@dataclass(frozen=True)
class BpfFacts:
    """A BPF record: a program was loaded or unloaded (``operation``: LOAD, UNLOAD)."""

    program: int | None
    operation: str | None


@dataclass(frozen=True)
class FanotifyFacts:
    """A FANOTIFY record: how a permission event was answered (``response``: 1 allow, 2 deny) and by which rule."""

    response: int | None
    rule_type: int | None
    rule: int | None
    subject_trust: int | None
    object_trust: int | None


@dataclass(frozen=True)
class LoginFacts:
    """A LOGIN record: a process was given a login uid and session."""

    pid: int | None
    uid: int | None
    old_auid: int | None
    auid: int | None
    old_ses: int | None
    ses: int | None
    success: bool | None


def capabilities(raw: RawEvent) -> CapabilityFacts | None:
    """Return the capability sets that an exec changed."""
    record = raw.first(record_types.BPRM_FCAPS)
    if record is None:
        return None
    get = record.hexadecimal
    permitted, inheritable, effective, ambient = (_either(get("p" + s), get("new_p" + s)) for s in "piea")
    flag = record.number("fe")
    return CapabilityFacts(
        permitted,
        inheritable,
        effective,
        ambient,
        get("old_pp"),
        get("old_pi"),
        get("old_pe"),
        get("old_pa"),
        get("fp"),
        get("fi"),
        None if flag is None else flag != 0,
    )


def capset(raw: RawEvent) -> CapsetFacts | None:
    """Return the capability sets that were asked for."""
    record = raw.first(record_types.CAPSET)
    if record is None:
        return None
    get = record.hexadecimal
    return CapsetFacts(record.number("pid"), get("cap_pp"), get("cap_pi"), get("cap_pe"), get("cap_pa"))


def openat2(raw: RawEvent) -> Openat2Facts | None:
    """Return how openat2() was to open a file (Linux 5.16 and later)."""
    record = raw.first(record_types.OPENAT2)
    if record is None:
        return None
    return Openat2Facts(record.octal("oflag"), record.octal("mode"), record.hexadecimal("resolve"))


def mmap(raw: RawEvent) -> MmapFacts | None:
    """Return descriptor and flags of a memory mapping."""
    record = raw.first(record_types.MMAP)
    return None if record is None else MmapFacts(record.identifier("fd"), record.hexadecimal("flags"))


def fd_pair(raw: RawEvent) -> tuple[int, int] | None:
    """Return the two descriptors that pipe() or socketpair() made."""
    record = raw.first(record_types.FD_PAIR)
    if record is None:
        return None
    first, second = record.number("fd0"), record.number("fd1")
    return None if first is None or second is None else (first, second)


def socketcall(raw: RawEvent) -> SocketcallFacts | None:
    """Return the arguments of a call made through socketcall()."""
    record = raw.first(record_types.SOCKETCALL)
    if record is None:
        return None
    arguments = []
    for index in range(6):
        argument = record.hexadecimal(f"a{index}")
        if argument is None:
            break
        arguments.append(argument)
    return SocketcallFacts(record.number("nargs"), tuple(arguments))


def obj_pids(raw: RawEvent) -> list[ObjectProcess]:
    """Return the processes that a signal or a trace was aimed at: several when a whole group was."""
    return [
        ObjectProcess(
            record.number("opid"),
            record.identifier("oauid"),
            record.identifier("ouid"),
            record.identifier("oses"),
            record.text("ocomm"),
        )
        for record in raw.every(record_types.OBJ_PID)
    ]


def bpf(raw: RawEvent) -> BpfFacts | None:
    """Return the eBPF program that was loaded or unloaded; the first kernels called the operation ``event=``."""
    record = raw.first(record_types.BPF)
    return None if record is None else BpfFacts(record.number("prog-id"), record.text("op") or record.text("event"))


def kern_module(raw: RawEvent) -> str | None:
    """Return the name of the kernel module that was loaded or removed."""
    record = raw.first(record_types.KERN_MODULE)
    return None if record is None else record.text("name")


def fanotify(raw: RawEvent) -> FanotifyFacts | None:
    """Return the answer to a fanotify permission event."""
    record = raw.first(record_types.FANOTIFY)
    if record is None:
        return None
    get = record.number
    return FanotifyFacts(
        get("resp"), get("fan_type"), record.hexadecimal("fan_info"), get("subj_trust"), get("obj_trust")
    )


def login(raw: RawEvent) -> LoginFacts | None:
    """Return the change of a login uid, ``old-auid=1 auid=2`` or, from old kernels, ``old auid=1 new auid=2``."""
    record = raw.first(record_types.LOGIN)
    if record is None:
        return None
    text = values.decode(record.body).replace("old ", "old-").replace("new ", "new-")
    fields = dict(word.split("=", 1) for word in text.split() if "=" in word)
    result = fields.get("res")
    return LoginFacts(
        values.decimal(fields.get("pid")),
        values.identifier(fields.get("uid")),
        values.identifier(fields.get("old-auid")),
        values.identifier(fields.get("new-auid", fields.get("auid"))),
        values.identifier(fields.get("old-ses")),
        values.identifier(fields.get("new-ses", fields.get("ses"))),
        None if result is None else result in ("1", "success"),
    )


def _either(first: int | None, second: int | None) -> int | None:
    return second if first is None else first
