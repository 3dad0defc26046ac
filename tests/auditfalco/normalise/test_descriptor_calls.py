"""Descriptors that calls make, duplicate, mark and close, as their records tell of them."""

from __future__ import annotations

from typing import Any

import pytest

from auditfalco.fields.of_event_arguments import argument_text
from auditfalco.model.event import Event

READ, CLOSE, LSEEK, IOCTL, PREAD, WRITEV, PIPE, DUP, DUP2, FCNTL, EXECVE = 0, 3, 8, 16, 17, 20, 22, 32, 33, 72, 59
OPENAT, EPOLL_CREATE, SIGNALFD4, EVENTFD2, EPOLL_CREATE1, DUP3, PIPE2, INOTIFY_INIT1 = (
    257,
    213,
    289,
    290,
    291,
    292,
    293,
    294,
)
TIMERFD_CREATE, MEMFD_CREATE, BPF, USERFAULTFD, IO_URING_SETUP, PIDFD_OPEN, CLOSE_RANGE, PIDFD_GETFD = (
    283,
    319,
    321,
    323,
    425,
    434,
    436,
    438,
)
FD_PAIR = 1317
CLOEXEC, NONBLOCK = 0o2000000, 0o4000


class Program:
    """A process's calls, each one millisecond after the other."""

    def __init__(self, machine: Any, records: Any) -> None:
        self.machine, self._records = machine, records
        self._at_ms = 0

    def call(self, number: int, *registers: int, result: int = 0, more: Any = (), **changes: Any) -> Event:
        self._at_ms += 1
        a = [f"{register & 0xFFFFFFFFFFFFFFFF:x}" for register in registers] + ["0"] * (4 - len(registers))
        lines = [more] if isinstance(more, tuple) and more else list(more)
        record = self._records.syscall(number, a[:4], exit=result, **changes)
        event: Event = self.machine.event(record, *lines, at_ms=self._at_ms)
        return event

    def open(self, number: int, name: str, flags: int = 0) -> None:
        self.call(OPENAT, -100, 0, flags, result=number, more=[self._records.cwd("/"), self._records.path(0, name)])

    def names(self) -> dict[int, str | None]:
        """Every descriptor of the process by its name."""
        process = self.machine.host.processes.alive(500)
        known = self.machine.host.descriptors(process)
        return {number: descriptor.name for number, descriptor in sorted(known.items())}


@pytest.fixture
def program(machine: Any, records: Any) -> Program:
    return Program(machine, records)


def test_dup(program: Program) -> None:
    program.open(3, "/tmp/test")
    event = program.call(DUP, 3, result=123)
    assert argument_text(event) == "res=123(<f>/tmp/test) oldfd=3(<f>/tmp/test)"
    assert event.fd_number == 123
    assert event.descriptor is not None
    assert event.descriptor.name == "/tmp/test"


def test_dup2_and_dup3(program: Program) -> None:
    program.open(3, "/tmp/test")
    event = program.call(DUP2, 3, 0, result=0)
    assert argument_text(event) == "res=0(<f>/tmp/test) oldfd=3(<f>/tmp/test) newfd=0(<f>/tmp/test)"
    event = program.call(DUP3, 0, 7, CLOEXEC, result=7)
    assert argument_text(event) == (
        "res=7(<f>/tmp/test) oldfd=0(<f>/tmp/test) newfd=7(<f>/tmp/test) flags=4096(O_CLOEXEC)"
    )
    program.call(EXECVE)
    assert program.names() == {0: "/tmp/test", 3: "/tmp/test"}


def test_a_duplicate_that_was_refused(program: Program) -> None:
    program.open(3, "/tmp/test")
    event = program.call(DUP2, 9, 3, result=-9)
    assert (argument_text(event), event.fd_number) == ("res=-9(EBADF) oldfd=9 newfd=3", -1)
    assert program.names() == {3: "/tmp/test"}


def test_a_duplicate_of_something_unknown(program: Program) -> None:
    program.open(0, "/dev/null")
    event = program.call(DUP2, 9, 0, result=0)
    assert (event.fd_number, event.descriptor) == (0, None)
    assert program.names() == {}


def test_duplicates_by_fcntl(program: Program) -> None:
    program.open(3, "/tmp/test")
    event = program.call(FCNTL, 3, 0, 0, result=0)
    assert argument_text(event) == "res=0(<f>/tmp/test) fd=3(<f>/tmp/test) cmd=1(F_DUPFD) arg=0"
    assert event.fd_number == 0
    event = program.call(FCNTL, 3, 1030, 10, result=10)
    assert argument_text(event) == "res=10(<f>/tmp/test) fd=3(<f>/tmp/test) cmd=26(F_DUPFD_CLOEXEC) arg=A"
    program.call(EXECVE)
    assert program.names() == {0: "/tmp/test", 3: "/tmp/test"}


def test_other_commands_of_fcntl(program: Program) -> None:
    program.open(3, "/tmp/test")
    event = program.call(FCNTL, 3, 2, 1)
    assert argument_text(event) == "res=0 fd=3(<f>/tmp/test) cmd=3(F_SETFD) arg=1"
    assert event.fd_number == 3
    assert argument_text(program.call(FCNTL, 3, 99, 0, result=-22)).endswith("cmd=0(UNKNOWN) arg=0")
    program.call(EXECVE)
    assert program.names() == {}


def test_closing(program: Program) -> None:
    for number in (3, 4, 5, 6):
        program.open(number, f"/tmp/{number}")
    event = program.call(CLOSE, 3)
    assert argument_text(event) == "res=0 fd=3(<f>/tmp/3)"
    event = program.call(CLOSE_RANGE, 4, 4, 0)
    assert argument_text(event) == "res=0 first=4 last=4 flags=0"
    assert program.names() == {5: "/tmp/5", 6: "/tmp/6"}
    event = program.call(CLOSE_RANGE, 6, 0xFFFFFFFF, 4)
    assert argument_text(event) == "res=0 first=6 last=4294967295 flags=4(CLOSE_RANGE_CLOEXEC)"
    program.call(EXECVE)
    assert program.names() == {5: "/tmp/5"}


def test_a_pipe(program: Program) -> None:
    event = program.call(PIPE, 0x7FFD, more=(FD_PAIR, "fd0=3 fd1=4"))
    assert (argument_text(event), event.fd_number) == ("res=0 fd1=3(<p>) fd2=4(<p>)", 4)
    event = program.call(PIPE2, 0x7FFD, CLOEXEC | NONBLOCK, more=(FD_PAIR, "fd0=5 fd1=6"))
    assert argument_text(event) == "res=0 fd1=5(<p>) fd2=6(<p>) flags=4160(O_NONBLOCK|O_CLOEXEC)"
    program.call(EXECVE)
    assert program.names() == {3: "", 4: ""}


@pytest.mark.parametrize(
    ("number", "registers", "kind", "text"),
    [
        (EVENTFD2, (5, CLOEXEC), "event", "res=7(<e>) flags=4096(O_CLOEXEC) initval=5"),
        (SIGNALFD4, (-1, 0x7FFD, 8, NONBLOCK), "signalfd", "res=7(<s>) flags=64(O_NONBLOCK) fd=-1(EPERM)"),
        (TIMERFD_CREATE, (1, CLOEXEC), "timerfd", "res=7(<t>) clockid=1 flags=0"),
        (INOTIFY_INIT1, (NONBLOCK,), "inotify", "res=7(<i>) flags=64(O_NONBLOCK)"),
        (EPOLL_CREATE, (100,), "eventpoll", "res=7 size=100"),
        (EPOLL_CREATE1, (CLOEXEC,), "eventpoll", "res=7 flags=1(EPOLL_CLOEXEC)"),
        (USERFAULTFD, (CLOEXEC | NONBLOCK,), "userfaultfd", "res=7 flags=4160(O_NONBLOCK|O_CLOEXEC)"),
        (IO_URING_SETUP, (8, 0x7FFD), "io_uring", "res=7 entries=8"),
        (MEMFD_CREATE, (0x7FFD, 3), "memfd", "fd=7 flags=3(MFD_CLOEXEC|MFD_ALLOW_SEALING)"),
        (BPF, (5, 0x7FFD, 120), "bpf", "fd=7(<b>) cmd=5(BPF_PROG_LOAD)"),
    ],
)
def test_descriptors_without_a_name(
    program: Program, number: int, registers: tuple[int, ...], kind: str, text: str
) -> None:
    event = program.call(number, *registers, result=7)
    assert (event.fd_number, argument_text(event)) == (7, text)
    assert event.descriptor is not None
    assert event.descriptor.kind == kind
    failed = program.call(number, *registers, result=-24)
    assert (failed.fd_number, failed.descriptor) == (-1, None)
    assert "EMFILE" in argument_text(failed)


def test_a_command_of_bpf_that_makes_no_descriptor(program: Program) -> None:
    event = program.call(BPF, 2, 0x7FFD, 32)
    assert (argument_text(event), event.fd_number) == ("fd=0 cmd=2(BPF_MAP_UPDATE_ELEM)", None)


def test_descriptors_of_processes(program: Program) -> None:
    program.open(9, "/tmp/test")
    program.machine.host.processes.alive(500).vpid = 500
    event = program.call(PIDFD_OPEN, 500, NONBLOCK, result=3)
    assert argument_text(event) == "fd=3(<P>/proc/500) pid=500(cat) flags=1(PIDFD_NONBLOCK)"
    event = program.call(PIDFD_GETFD, 3, 9, 0, result=4)
    assert argument_text(event) == "fd=4(<f>/tmp/test) pid_fd=3(<P>/proc/500) target_fd=9(<f>/tmp/test) flags=0"
    event = program.call(PIDFD_GETFD, 3, 8, 0, result=-9)
    assert argument_text(event) == "fd=-9(EBADF) pid_fd=3(<P>/proc/500) target_fd=8 flags=0"


@pytest.mark.parametrize(
    ("number", "registers", "result", "text"),
    [
        (READ, (3, 0x7FFD, 5), 5, "res=5 fd=3(<f>/home/file.txt) size=5"),
        (PREAD, (3, 0x7FFD, 5, 9), -3, "res=-3(ESRCH) fd=3(<f>/home/file.txt) size=5 pos=9"),
        (WRITEV, (3, 0x7FFD, 2), 7, "res=7 fd=3(<f>/home/file.txt)"),
        (LSEEK, (3, 10, 2), 15, "res=15 fd=3(<f>/home/file.txt) offset=10 whence=2(SEEK_END)"),
        (IOCTL, (3, 0x5413, 0x7FFD), 0, "res=0 fd=3(<f>/home/file.txt) request=5413 argument=7FFD"),
        (IOCTL, (4, 0x5413, 0x7FFD), -9, "res=-9(EBADF) fd=4 request=5413 argument=7FFD"),
    ],
)
def test_reading_and_writing(program: Program, number: int, registers: tuple[int, ...], result: int, text: str) -> None:
    program.open(3, "/home/file.txt")
    event = program.call(number, *registers, result=result)
    assert (argument_text(event), event.fd_number) == (text, registers[0])


def test_positions_in_two_registers_are_told_where_both_are_seen(program: Program) -> None:
    i386 = {"arch": "40000003"}
    assert argument_text(program.call(180, 3, 0x7FFD, 5, 9, result=5, **i386)) == "res=5 fd=3 size=5"
    assert argument_text(program.call(140, 3, 1, 2, 0x7FFD, **i386)) == "res=0 fd=3 offset=4294967298"


def test_a_childs_descriptors_are_its_parents(program: Program) -> None:
    program.open(3, "/tmp/test")
    program.machine.host.processes.forked(500, 501, 1_700_000_000_005_000_000)
    for _ in range(5):
        event = program.call(DUP2, 3, 1, result=1, pid=501, ppid=500)
    assert event.descriptor is not None
    assert event.descriptor.name == "/tmp/test"
