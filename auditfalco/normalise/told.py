"""Which of Falco's parameters the events of each type tell, found by trying.

A call of the type is made up with every record that the kernel writes about any call, in several ways (other registers,
success and failure), and given to the normaliser; whatever it tells of one of them it can tell. So the answer is never
older than the builders. A parameter counts also if it is told of some calls alone, as a new descriptor of fcntl is.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from itertools import product
from typing import NamedTuple

from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME
from auditfalco.model.process import Image, Process
from auditfalco.model.syscallnames import calls_of
from auditfalco.model.uringoperations import OPERATIONS
from auditfalco.normalise.exits import EVENT_TYPE as EXIT
from auditfalco.normalise.exits import exit_event
from auditfalco.normalise.normaliser import BUILDERS, Normaliser
from auditfalco.state.host import HostState
from kernel_sources.audit.assembler import Assembler
from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.audit.record import Record
from kernel_sources.procfs import ProcFS
from kernel_sources.tables import machine_number, record_type_number, syscall_number, uring_number

_MACHINES = ("x86_64", "i386", "aarch64", "arm")
_REGISTERS = ("3", "0", "1", "2", "4", "10", "ffffff9c")
"""What all four registers hold, one after the other: descriptors, commands, flags, AT_FDCWD."""

_RESULTS = ("success=yes exit=3", "success=yes exit=0", "success=no exit=-13")
_BOTH_NAMES = 2
_EXECUTIONS = ("execve", "execveat")
_IDS = " ".join(f"{name}=0" for name in ("uid", "gid", "euid", "suid", "fsuid", "egid", "sgid", "fsgid"))

_OTHER_RECORDS = (
    ("BPRM_FCAPS", "fver=0 fp=0 fi=0 fe=0 old_pp=0 old_pi=0 old_pe=0 old_pa=0 pp=1 pi=0 pe=1 pa=0 frootid=0"),
    ("EXECVE", 'argc=2 a0="true" a1="x"'),
    ("CWD", 'cwd="/tmp"'),
    ("SOCKADDR", "saddr=0200005050BADCFE0000000000000000"),
    ("FD_PAIR", "fd0=3 fd1=4"),
    ("MMAP", "fd=3 flags=0x22"),
    ("CAPSET", "pid={pid} cap_pi=0 cap_pp=1 cap_pe=1 cap_pa=0"),
    ("OPENAT2", "oflag=0102 mode=0644 resolve=0x8"),
    ("OBJ_PID", 'opid={pid} oauid=0 ouid=0 oses=1 ocomm="true"'),
    ("KERN_MODULE", 'name="m"'),
    ("BPF", "prog-id=1 op=LOAD"),
)


class _File(NamedTuple):
    """What a PATH record tells of a file; `kind` is its nametype, `device` as stat(2) gives it."""

    name: str
    kind: str
    inode: int
    device: int


_PARENT = _File("/tmp/", "PARENT", 1, 0x801)
_RENAMED = (_PARENT, _PARENT, _File("/tmp/a", "DELETE", 2, 0x801), _File("/tmp/b", "CREATE", 3, 0x801))
_LINKED = (_File("/tmp/a", "NORMAL", 2, 0x801), _PARENT, _File("/tmp/b", "CREATE", 2, 0x801))
"""The two ways in which the kernel records two names: of what is moved, and of what is named once more."""

_COMMANDS = {"quotactl": ("80000200",)}
"""Further registers of calls that have a command; this one turns quotas on."""


@cache
def told_parameters(event_type: str) -> tuple[str, ...]:
    """The parameters that events of a type may have, in Falco's order; none where Falco knows only the type's name.

    Facts that only a living process's /proc tells are counted: this process is the one that is asked.
    """
    known = EVENT_TYPES_BY_NAME.get(event_type)
    if event_type == EXIT:
        return tuple(exit_event(Process(1, 0, None, Image()), 0, 0, ()).arguments)
    if known is None or event_type not in BUILDERS:
        return ()
    caller = _Caller()
    host = HostState("localhost", caller.proc)
    for parameter in known.parameters:
        host.expect("evt.arg", parameter.name)
    normaliser = Normaliser(host)
    told: set[str] = set()
    execution = event_type if event_type in _EXECUTIONS else "execve"
    for raw in (caller.execution(execution), *_calls(event_type, caller)):
        event = normaliser.event(raw)
        if event is not None and event.type == event_type:
            told |= event.arguments.keys()
    return tuple(parameter.name for parameter in known.parameters if parameter.name in told)


@cache
def told_by_operation(name: str) -> tuple[str, ...]:
    """The parameters that the events of an io_uring operation may have, in Falco's order.

    Its names, its address and a file that it opened and that is still open are counted.
    """
    operation = OPERATIONS.get(name)
    known = EVENT_TYPES_BY_NAME.get(operation.event_type) if operation is not None else None
    if operation is None or known is None:
        return ()
    caller = _Caller()
    normaliser = Normaliser(HostState("localhost", caller.proc))
    told: set[str] = set()
    with caller.open_file() as file:
        for kind in ("NORMAL", "CREATE", "DELETE"):
            files = (_PARENT, file._replace(kind=kind)) if operation.names < _BOTH_NAMES else _RENAMED
            for raw in (caller.execution("execve"), *caller.operations(name, files)):
                told.update(*(event.arguments for event in normaliser.events(raw) if event.io_uring))
    return tuple(parameter.name for parameter in known.parameters if parameter.name in told)


def _calls(event_type: str, caller: _Caller) -> Iterator[RawEvent]:
    """Made-up calls of a type, each with every record."""
    for call in calls_of(event_type):
        machine = next((machine for machine in _MACHINES if syscall_number(machine, call) is not None), None)
        if machine is not None:
            registers = (*_REGISTERS, *_COMMANDS.get(event_type, ()))
            for register, result, files in product(registers, _RESULTS, (_RENAMED, _LINKED)):
                yield caller.call(machine, call, register, result, files)


class _Caller:
    """This process, as the one whose calls are made up."""

    def __init__(self) -> None:
        self.proc = ProcFS()
        self._pid = self.proc.own_pid()
        self._exe = self.proc.exe(self._pid) or "/usr/bin/true"
        self._time_ms = time.time_ns() // 1_000_000
        self._serial = 0

    def execution(self, name: str) -> RawEvent:
        """The execution of the program that this process runs."""
        return self.call("x86_64", name, "0", "success=yes exit=0", [self._program()])

    def _program(self) -> _File:
        file = self.proc.stat_of_exe(self._pid)
        inode, device = (file.st_ino, file.st_dev) if file is not None else (1, 0x801)
        return _File(self._exe, "NORMAL", inode, device)

    @contextmanager
    def open_file(self) -> Iterator[_File]:
        """The program's file, which is open meanwhile."""
        with suppress(OSError), open(self._exe, "rb"):
            yield self._program()

    def operations(self, name: str, files: Sequence[_File]) -> Iterator[RawEvent]:
        """One operation of io_uring: carried out by its submitter, and by the kernel's own thread."""
        outcome = f"uring_op={uring_number(name)} success=yes exit=0 items={len(files)}"
        ran = f"{outcome} ppid=1 pid={self._pid} {_IDS} key=(null)"
        yield self.call("x86_64", "io_uring_enter", "1", "success=yes exit=1", files, [("URINGOP", ran)])
        cwd = [line for line in _OTHER_RECORDS if line[0] == "CWD"]
        yield self._raw([("URINGOP", ran), *cwd, *_path_records(files)])

    def call(
        self,
        machine: str,
        name: str,
        register: str,
        result: str,
        files: Sequence[_File],
        before: Sequence[tuple[str, str]] = (),
    ) -> RawEvent:
        """One call, all its registers the same, with the files that it names; `before` are records ahead of it."""
        registers = " ".join(f"a{index}={register}" for index in range(4))
        arch, number = machine_number(machine) or 0, syscall_number(machine, name)
        call = f"arch={arch:x} syscall={number} {result} {registers} items={len(files)}"
        subject = f'ppid=1 pid={self._pid} auid=0 {_IDS} tty=pts0 ses=1 comm="true" exe="{self._exe}" key=(null)'
        return self._raw([*before, ("SYSCALL", f"{call} {subject}"), *_OTHER_RECORDS, *_path_records(files)])

    def _raw(self, lines: list[tuple[str, str]]) -> RawEvent:
        """These records as one raw event."""
        self._serial += 1
        stamp = f"audit({self._time_ms // 1000}.{self._time_ms % 1000:03}:{self._serial}): "
        assembler = Assembler()
        finished: list[RawEvent] = []
        for name, text in (*lines, ("EOE", "")):
            payload = (stamp + text.replace("{pid}", str(self._pid))).encode("utf-8", "surrogateescape")
            finished += assembler.feed(Record.from_netlink(record_type_number(name) or 0, payload), 0.0)
        return finished[0]


def _path_records(files: Sequence[_File]) -> list[tuple[str, str]]:
    lines = []
    for item, file in enumerate(files):
        place = f"inode={file.inode} dev={os.major(file.device):02x}:{os.minor(file.device):02x}"
        mode = "040755" if file.kind == "PARENT" else "0100755"
        about = f"mode={mode} ouid=0 ogid=0 rdev=00:00 nametype={file.kind}"
        lines.append(("PATH", f'item={item} name="{file.name}" {place} {about}'))
    return lines
