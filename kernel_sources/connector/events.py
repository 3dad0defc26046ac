"""The events of the process connector, and how to read them from bytes.

Source: ``struct proc_event`` in ``include/uapi/linux/cn_proc.h`` and drivers/connector/cn_proc.c (Linux 6.18).

All process numbers are those of the initial pid namespace.  ``pid`` is what the kernel calls so, the number of one
thread; ``tgid`` is the number of its process.  ``timestamp_ns`` is the kernel's ``ktime_get_ns()``: nanoseconds of
CLOCK_MONOTONIC, which stands still while the machine sleeps.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple, Union

from kernel_sources.errors import Malformed

PROC_EVENT_NONE = 0x00000000
PROC_EVENT_FORK = 0x00000001
PROC_EVENT_EXEC = 0x00000002
PROC_EVENT_UID = 0x00000004
PROC_EVENT_GID = 0x00000040
PROC_EVENT_SID = 0x00000080
PROC_EVENT_PTRACE = 0x00000100
PROC_EVENT_COMM = 0x00000200
PROC_EVENT_COREDUMP = 0x40000000
PROC_EVENT_EXIT = 0x80000000

HEADER = struct.Struct("=IIQ")
"""``what``, ``cpu``, ``timestamp_ns``."""


class Fork(NamedTuple):
    """A new process (``child_pid == child_tgid``) or a new thread of one.

    ``parent_*`` is the real parent: of a thread, and of a child made with CLONE_PARENT, the parent of its creator.
    """

    timestamp_ns: int
    parent_pid: int
    parent_tgid: int
    child_pid: int
    child_tgid: int

    @property
    def is_thread(self) -> bool:
        """True when the new task is a thread of an existing process."""
        return self.child_pid != self.child_tgid


class Exec(NamedTuple):
    """A process runs another program; by now its other threads are gone and ``pid == tgid``."""

    timestamp_ns: int
    pid: int
    tgid: int


class Exit(NamedTuple):
    """A task has ended; the process ends with its last thread.

    ``code`` is a wait status as wait(2) has it: the exit code times 256, or the signal that killed.  ``signal`` is what
    the parent is told with, usually SIGCHLD.
    """

    timestamp_ns: int
    pid: int
    tgid: int
    code: int
    signal: int
    parent_pid: int
    parent_tgid: int

    @property
    def is_thread(self) -> bool:
        """True when the task was not the first thread of its process."""
        return self.pid != self.tgid


class Comm(NamedTuple):
    """A task changed its name, other than by exec (``prctl(PR_SET_NAME)``, ``/proc/<pid>/comm``)."""

    timestamp_ns: int
    pid: int
    tgid: int
    comm: str


class Uid(NamedTuple):
    """A task changed its user: real and effective user id, numbers of the initial user namespace."""

    timestamp_ns: int
    pid: int
    tgid: int
    real: int
    effective: int


class Gid(NamedTuple):
    """A task changed its group: real and effective group id, numbers of the initial user namespace."""

    timestamp_ns: int
    pid: int
    tgid: int
    real: int
    effective: int


class Sid(NamedTuple):
    """A process started a session of its own (setsid(2)); the new session id is its ``tgid``."""

    timestamp_ns: int
    pid: int
    tgid: int


class Ptrace(NamedTuple):
    """A tracer attached to a task, or detached from it (``tracer_pid`` 0)."""

    timestamp_ns: int
    pid: int
    tgid: int
    tracer_pid: int
    tracer_tgid: int


class Coredump(NamedTuple):
    """A process is dumping core."""

    timestamp_ns: int
    pid: int
    tgid: int
    parent_pid: int
    parent_tgid: int


ProcessEvent = Union[Fork, Exec, Exit, Comm, Uid, Gid, Sid, Ptrace, Coredump]

_FORK = struct.Struct("=8xQiiii")
_EXEC = struct.Struct("=8xQii")
_EXIT = struct.Struct("=8xQiiIIii")
_EXIT_WITHOUT_PARENT = struct.Struct("=8xQiiII")
_COMM = struct.Struct("=8xQii16s")
_ID = struct.Struct("=8xQiiII")
_COREDUMP = struct.Struct("=8xQiiii")
_ACK = struct.Struct("=16xI")

_Unpack = Callable[[bytes], ProcessEvent]


def _read_exit(data: bytes) -> Exit:
    """Read an exit; kernels before 4.18 do not name the parent, which is then 0."""
    if len(data) < _EXIT.size:
        return Exit._make((*_EXIT_WITHOUT_PARENT.unpack_from(data), 0, 0))
    return Exit._make(_EXIT.unpack_from(data))


def _read_comm(data: bytes) -> Comm:
    timestamp_ns, pid, tgid, comm = _COMM.unpack_from(data)
    return Comm(timestamp_ns, pid, tgid, comm.partition(b"\0")[0].decode("utf-8", "surrogateescape"))


_READERS: dict[int, _Unpack] = {
    PROC_EVENT_FORK: lambda data: Fork._make(_FORK.unpack_from(data)),
    PROC_EVENT_EXEC: lambda data: Exec._make(_EXEC.unpack_from(data)),
    PROC_EVENT_EXIT: _read_exit,
    PROC_EVENT_COMM: _read_comm,
    PROC_EVENT_UID: lambda data: Uid._make(_ID.unpack_from(data)),
    PROC_EVENT_GID: lambda data: Gid._make(_ID.unpack_from(data)),
    PROC_EVENT_SID: lambda data: Sid._make(_EXEC.unpack_from(data)),
    PROC_EVENT_PTRACE: lambda data: Ptrace._make(_FORK.unpack_from(data)),
    PROC_EVENT_COREDUMP: lambda data: Coredump._make(_COREDUMP.unpack_from(data)),
}

KINDS: dict[type[ProcessEvent], int] = {
    Fork: PROC_EVENT_FORK,
    Exec: PROC_EVENT_EXEC,
    Exit: PROC_EVENT_EXIT,
    Comm: PROC_EVENT_COMM,
    Uid: PROC_EVENT_UID,
    Gid: PROC_EVENT_GID,
    Sid: PROC_EVENT_SID,
    Ptrace: PROC_EVENT_PTRACE,
    Coredump: PROC_EVENT_COREDUMP,
}
"""The number of each kind of event, a single bit."""

ALL_KINDS = sum(KINDS.values())


def read_event(data: bytes) -> ProcessEvent | None:
    """Return the event in the bytes of a ``struct proc_event``; None for a kind that has no class here.

    Raises:
        Malformed: the bytes are too few for their kind.
    """
    if len(data) < HEADER.size:
        raise Malformed("process event cut short", offset=len(data))
    reader = _READERS.get(HEADER.unpack_from(data)[0])
    if reader is None:
        return None
    try:
        return reader(data)
    except struct.error as error:
        raise Malformed("process event cut short", offset=len(data)) from error


def read_acknowledgement(data: bytes) -> int:
    """Return the errno (0 is success) of the acknowledgement that a ``PROC_EVENT_NONE`` event is.

    Raises:
        Malformed: the bytes are too few.
    """
    if len(data) < _ACK.size:
        raise Malformed("process event acknowledgement cut short", offset=len(data))
    return int(_ACK.unpack_from(data)[0])
