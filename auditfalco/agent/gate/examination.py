"""What is looked at of a thread that an exec has stopped."""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Collection
from typing import NamedTuple

from auditfalco.model.admission import Admission, AncestorSeen
from kernel_sources.fanotify.permission import Request
from kernel_sources.procfs import ProcFS, StatFacts
from kernel_sources.procfs.calls import CallFacts
from kernel_sources.procfs.memory import Memory, Strings

MOST_ANCESTORS = 64
MOST_TEXT = 131_072
"""Bytes kept of the arguments, and of the environment, of one exec."""

MOST_ARGUMENTS = 16_384
"""Bytes kept of an ancestor's arguments."""

REMEMBERED = 4096
"""Threads and ancestors remembered, each."""


class Awake(Exception):
    """Raised when a thread has not got to sleep yet, as we may be told of it a moment before; to be looked at again."""


class Unseen(Exception):
    """Raised when one who waits cannot be looked at: it was killed."""


class _Passed(NamedTuple):
    """Where an exec call has its arguments: pointer size, and the places of argv and envp among the registers."""

    pointer_size: int
    argv: int
    envp: int


EXECS = {
    59: _Passed(8, 1, 2),
    322: _Passed(8, 2, 3),
    520: _Passed(4, 1, 2),
    545: _Passed(4, 2, 3),
    11: _Passed(4, 1, 2),
    358: _Passed(4, 2, 3),
}
"""execve and execveat of x86-64, x32 and i386; the numbers that two tables share are no calls that execute."""

_X32 = 0x40000000


class Examiner:
    """Looks at stopped threads; used by one thread at a time.

    Args:
        proc: access to the proc file system.
        login_uids: only processes with these are looked at; all, when it is empty.
    """

    def __init__(self, proc: ProcFS, login_uids: Collection[int]) -> None:
        self._proc = proc
        self._login_uids = frozenset(login_uids)
        self._calls: OrderedDict[int, tuple[CallFacts, tuple[int, int]]] = OrderedDict()
        self._arguments: OrderedDict[tuple[int, int], tuple[str, str | None, tuple[str, ...]]] = OrderedDict()

    def examine(self, request: Request) -> Admission | None:
        """Return what an exec is seen to be; None for one that is not of interest, or for its later files.

        Of one exec the kernel asks several times: for the program, for the interpreters of a script, for the loader.

        Raises:
            Awake: it is too early to look.
            Unseen: there is nothing to be seen.
        """
        tid = request.tid
        if self._login_uids and self._proc.loginuid(tid) not in self._login_uids:
            return None
        now_ns = time.monotonic_ns()
        call = self._proc.call(tid)
        if call is None:
            raise Awake
        file = os.fstat(request.descriptor)
        if not self._is_first(tid, call, (file.st_dev, file.st_ino)):
            return None
        status, cgroups = self._proc.status(tid), self._proc.cgroups(tid)
        pid = status.ns_tgids[0] if status is not None and status.ns_tgids else tid
        stat = self._proc.stat(pid)
        if status is None or stat is None or cgroups is None:
            raise Unseen(f"process {pid} is gone")
        arguments, environment = self._passed(tid, call)
        self._forget(pid)
        return Admission(
            time_ns=now_ns,
            pid=pid,
            start_ns=self._proc.start_time_ns(stat.start_ticks),
            tty=stat.tty_nr,
            pgid=stat.pgrp,
            sid=stat.session,
            vpid=status.ns_tgids[-1] if status.ns_tgids else None,
            vpgid=status.ns_pgids[-1] if status.ns_pgids else None,
            vsid=status.ns_sids[-1] if status.ns_sids else None,
            cgroups=tuple(group.path for group in cgroups),
            file=os.readlink(self._proc.own_descriptor(request.descriptor)),
            device=file.st_dev,
            inode=file.st_ino,
            cwd=self._proc.cwd(tid),
            argv=None if arguments is None else arguments.texts,
            environment=None if environment is None else environment.texts,
            whole=environment is not None and environment.whole,
            ancestors=self._ancestors(stat.ppid),
        )

    def _is_first(self, tid: int, call: CallFacts, file: tuple[int, int]) -> bool:
        """Whether a call asks for the first time; when it asks for its first file again, it is another call."""
        before = self._calls.get(tid)
        if before is not None and before[0] == call and before[1] != file:
            return False
        self._calls[tid] = call, file
        if len(self._calls) > REMEMBERED:
            self._calls.popitem(last=False)
        return True

    def _passed(self, tid: int, call: CallFacts) -> tuple[Strings | None, Strings | None]:
        """The arguments and the environment that an exec passes."""
        passed = EXECS.get(call.number & ~_X32)
        descriptor = None if passed is None else self._proc.open_memory(tid)
        if passed is None or descriptor is None:
            return None, None
        try:
            memory = Memory(descriptor, passed.pointer_size)
            arguments = memory.strings(call.arguments[passed.argv], MOST_TEXT)
            return arguments, memory.strings(call.arguments[passed.envp], MOST_TEXT)
        finally:
            os.close(descriptor)

    def _ancestors(self, pid: int) -> tuple[AncestorSeen, ...]:
        found: list[AncestorSeen] = []
        while pid > 0 and len(found) < MOST_ANCESTORS:
            stat = self._proc.stat(pid)
            if stat is None:
                break
            exe, argv = self._program(stat)
            found.append(AncestorSeen(pid, self._proc.start_time_ns(stat.start_ticks), stat.comm, exe, argv))
            pid = stat.ppid
        return tuple(found)

    def _program(self, stat: StatFacts) -> tuple[str | None, tuple[str, ...]]:
        """What an ancestor runs; its arguments are read once for each program that it runs."""
        key = stat.pid, stat.start_ticks
        exe = self._proc.exe(stat.pid)
        known = self._arguments.get(key)
        if known is not None and known[:2] == (stat.comm, exe):
            return exe, known[2]
        argv: list[str] = []
        size = 0
        for text in self._proc.cmdline(stat.pid) or ():
            size += len(text)
            if size > MOST_ARGUMENTS:
                break
            argv.append(text)
        if self._proc.exe(stat.pid) != exe:
            return None, ()  # it has executed something meanwhile
        self._arguments[key] = stat.comm, exe, tuple(argv)
        if len(self._arguments) > REMEMBERED:
            self._arguments.popitem(last=False)
        return exe, tuple(argv)

    def _forget(self, pid: int) -> None:
        """A process will run something else from now on."""
        stat = self._proc.stat(pid)
        if stat is not None:
            self._arguments.pop((pid, stat.start_ticks), None)
