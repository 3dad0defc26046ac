"""Calls that make descriptors of other kinds than files and sockets, duplicate them and close them."""

from __future__ import annotations

from auditfalco.model import descriptor as kinds
from auditfalco.model.descriptor import Descriptor
from auditfalco.model.event import Event
from auditfalco.normalise import arguments
from auditfalco.normalise.call import Builder, Call
from auditfalco.normalise.registers import Numbers, Source, told_by_registers
from kernel_sources.audit import facts
from kernel_sources.procfs import directory_name
from kernel_sources.tables import FCNTL_COMMANDS, open_flags
from kernel_sources.tables.fcntl import F_DUPFD, F_DUPFD_CLOEXEC, F_SETFD, FD_CLOEXEC

_NONBLOCK_CLOEXEC = ("O_NONBLOCK", "O_CLOEXEC")
_CLOSE_RANGE_CLOEXEC = 4
_BPF_MAKERS = frozenset({0, 5, 7, 13, 14, 17, 18, 19, 28, 30, 32, 33})
"""Commands of bpf(2) that return a descriptor: maps, programs, links (enum bpf_cmd in include/uapi/linux/bpf.h)."""


def _few_flags(*names: str) -> Numbers:
    """The kernel's numbers, on a machine, of the flags that a call takes."""
    return lambda machine: {name: open_flags(machine).get(name, 0) for name in names}


def duplicated(call: Call, event: Event) -> None:
    """dup(old), dup2(old, new) and dup3(old, new, flags): the new one is what the event is about."""
    old = arguments.signed32(call.facts.args[0])
    on_exec = event.type == "dup3" and bool(call.facts.args[2] & _cloexec(call))
    before = call.known(old)
    if call.succeeded and event.result is not None:
        call.duplicates(event, old, event.result, close_on_exec=on_exec)
        before = event.descriptor
    call.tell_new(event, "res")
    event.arguments["oldfd"] = arguments.descriptor(old, before)
    if event.type != "dup":
        new = arguments.signed32(call.facts.args[1])
        event.arguments["newfd"] = arguments.descriptor(new, event.descriptor if event.result == new else None)
    if event.type == "dup3":
        parameter = arguments.parameter_of(event.type, "flags")
        numbers = open_flags(call.facts.arch or "")
        call.tell(event, "flags", arguments.translated(call.facts.args[2] & 0xFFFFFFFF, numbers, parameter))


def controlled(call: Call, event: Event) -> None:
    """fcntl(fd, cmd, arg): with F_DUPFD the new descriptor is what the event is about, as with dup."""
    number, command = arguments.signed32(call.facts.args[0]), call.facts.args[1] & 0xFFFFFFFF
    known = call.known(number)
    event.fd_number, event.descriptor = number, known
    if command in (F_DUPFD, F_DUPFD_CLOEXEC) and call.succeeded and event.result is not None:
        call.duplicates(event, number, event.result, close_on_exec=command == F_DUPFD_CLOEXEC)
        known = event.descriptor
        call.tell_new(event, "res")
    else:
        call.tell_result(event)
        if command == F_SETFD and call.succeeded:
            call.host.open_files.table.marked(call.process, number, bool(call.facts.args[2] & FD_CLOEXEC))
    event.arguments["fd"] = arguments.descriptor(number, known)
    parameter = arguments.parameter_of(event.type, "cmd")
    call.tell(event, "cmd", arguments.enumerated(command, FCNTL_COMMANDS, parameter))
    call.tell(event, "arg", call.facts.args[2])


def closed(call: Call, event: Event) -> None:
    """close(fd): the event shows what it was."""
    call.tell_result(event)
    number = arguments.signed32(call.facts.args[0])
    event.fd_number, event.descriptor = number, call.closing(number)
    event.arguments["fd"] = arguments.descriptor(number, event.descriptor)
    if call.succeeded:
        call.host.open_files.table.closed(call.process, number, call.raw.time_ns)


def range_closed(call: Call, event: Event) -> None:
    """close_range(first, last, flags): closes, or marks for closing at the next exec."""
    first, last, flags = (register & 0xFFFFFFFF for register in call.facts.args[:3])
    told_by_registers(first=0, last=1, flags=2)(call, event)
    table = call.host.open_files.table
    for number in table.known(call.process) if call.succeeded else ():
        if first <= number <= last:
            if flags & _CLOSE_RANGE_CLOEXEC:
                table.marked(call.process, number, True)
            else:
                table.closed(call.process, number, call.raw.time_ns)


def pipe_made(call: Call, event: Event) -> None:
    """pipe(fds) and pipe2(fds, flags): the two are in the FD_PAIR record; the event is about the second."""
    call.tell_result(event)
    flags = call.facts.args[1] & 0xFFFFFFFF if event.type == "pipe2" else 0
    pair = facts.fd_pair(call.raw)
    if call.succeeded and pair is not None:
        for name, number in zip(("fd1", "fd2"), pair):
            descriptor = Descriptor(kinds.PIPE, "")
            call.opens(event, number, descriptor, close_on_exec=bool(flags & _cloexec(call)), look=True)
            call.tell_new(event, name)
        if event.descriptor is not None and event.descriptor.inode is not None:
            call.tell(event, "ino", event.descriptor.inode)
    if event.type == "pipe2":
        parameter = arguments.parameter_of(event.type, "flags")
        numbers = open_flags(call.facts.arch or "")
        call.tell(event, "flags", arguments.translated(flags, numbers, parameter))


def _making(kind: str, on_exec: int | None = None, /, **parameters: Source) -> Builder:
    """A call that makes a descriptor without a name; `on_exec` is the register that may hold O_CLOEXEC."""

    def build(call: Call, event: Event) -> None:
        told_by_registers(**parameters)(call, event)
        event.fd_number = event.descriptor = None
        if call.succeeded and event.result is not None:
            closes = on_exec is not None and bool(call.facts.args[on_exec] & _cloexec(call))
            call.opens(event, event.result, Descriptor(kind, ""), close_on_exec=closes)
        result = arguments.parameter_of(event.type, "res")
        if result.type == "FD":
            call.tell_new(event, "res")
        else:
            call.tell_result(event)
            event.fd_number = event.fd_number if event.fd_number is not None else -1

    return build


def memory_file_made(call: Call, event: Event) -> None:
    """memfd_create(name, flags): the name is behind a pointer, and in /proc while the descriptor is open."""
    flags = call.facts.args[1] & 0xFFFFFFFF
    if call.succeeded and event.result is not None:
        call.opens(event, event.result, Descriptor(kinds.MEMORY, None), close_on_exec=bool(flags & 1), look=True)
    call.tell_new(event, "fd")
    if event.descriptor is not None and event.descriptor.name is not None:
        event.arguments["name"] = arguments.text(event.descriptor.name)
    call.tell(event, "flags", flags & 7)


def process_opened(call: Call, event: Event) -> None:
    """pidfd_open(pid, flags): its name is the process's directory in /proc, as Falco has it."""
    pid, flags = arguments.signed32(call.facts.args[0]), call.facts.args[1] & 0xFFFFFFFF
    if call.succeeded and event.result is not None:
        # Such a descriptor is closed by an exec whatever the flags.
        call.opens(event, event.result, Descriptor(kinds.PROCESS, directory_name(pid)), close_on_exec=True)
    call.tell_new(event, "fd")
    call.tell_process(event, "pid", pid)
    parameter = arguments.parameter_of(event.type, "flags")
    numbers = {"PIDFD_NONBLOCK": open_flags(call.facts.arch or "").get("O_NONBLOCK", 0)}
    call.tell(event, "flags", arguments.translated(flags, numbers, parameter))


def descriptor_taken(call: Call, event: Event) -> None:
    """pidfd_getfd(pidfd, number, flags): another process's descriptor becomes one's own."""
    holder, target = arguments.signed32(call.facts.args[0]), arguments.signed32(call.facts.args[1])
    known = call.known(holder)
    if call.succeeded and event.result is not None:
        found = call.known(event.result, is_new=True) or _of_other(call, known, target)
        if found is not None:
            call.opens(event, event.result, found, close_on_exec=True)
    call.tell_new(event, "fd")
    event.arguments["pid_fd"] = arguments.descriptor(holder, known)
    # A number in the other process; Falco looks it up among the caller's own all the same.
    event.arguments["target_fd"] = arguments.descriptor(target, call.known(target))
    call.tell(event, "flags", call.facts.args[2] & 0xFFFFFFFF)


def _of_other(call: Call, holder: Descriptor | None, target: int) -> Descriptor | None:
    digits = (holder.name or "").rpartition("/")[2] if holder is not None and holder.kind == kinds.PROCESS else ""
    if not digits.isdecimal():
        return None
    other = call.host.groups.called(call.process, int(digits), call.raw.time_ns)
    return None if other is None else call.host.descriptor(other, target, call.raw.time_ns)


def bpf_called(call: Call, event: Event) -> None:
    """bpf(cmd, attr, size): some commands return a descriptor."""
    command = call.facts.args[0] & 0xFFFFFFFF
    if command in _BPF_MAKERS and call.succeeded and event.result is not None:
        call.opens(event, event.result, Descriptor(kinds.BPF, ""), close_on_exec=True)
    if event.fd_number is not None or not call.succeeded:
        call.tell_new(event, "fd")
    elif event.result is not None:
        event.arguments["fd"] = arguments.integer(event.result)
    call.tell(event, "cmd", command)


def _cloexec(call: Call) -> int:
    return open_flags(call.facts.arch or "").get("O_CLOEXEC", 0)


_FLAGS_ONLY = _few_flags(*_NONBLOCK_CLOEXEC)

BUILDERS: dict[str, Builder] = {
    "dup": duplicated,
    "dup2": duplicated,
    "dup3": duplicated,
    "fcntl": controlled,
    "close": closed,
    "close_range": range_closed,
    "pipe": pipe_made,
    "pipe2": pipe_made,
    "eventfd": _making(kinds.EVENT, initval=0),
    "eventfd2": _making(kinds.EVENT, 1, initval=0, flags=(1, _FLAGS_ONLY)),
    "signalfd": _making(kinds.SIGNAL, fd=0),
    "signalfd4": _making(kinds.SIGNAL, 3, fd=0, flags=(3, _FLAGS_ONLY)),
    "timerfd_create": _making(kinds.TIMER, 1, clockid=0, flags=1),
    "inotify_init": _making(kinds.INOTIFY),
    "inotify_init1": _making(kinds.INOTIFY, 0, flags=(0, _FLAGS_ONLY)),
    "epoll_create": _making(kinds.EVENTPOLL, size=0),
    "epoll_create1": _making(kinds.EVENTPOLL, 0, flags=(0, lambda machine: _epoll_flags(machine))),
    "userfaultfd": _making(kinds.USERFAULT, 0, flags=(0, _FLAGS_ONLY)),
    "io_uring_setup": _making(kinds.IO_URING, entries=0),
    "io_uring_enter": told_by_registers(fd=0, to_submit=1, min_complete=2, flags=3),
    "io_uring_register": told_by_registers(fd=0, opcode=1, arg=2, nr_args=3),
    "memfd_create": memory_file_made,
    "pidfd_open": process_opened,
    "pidfd_getfd": descriptor_taken,
    "bpf": bpf_called,
}


def _epoll_flags(machine: str) -> dict[str, int]:
    return {"EPOLL_CLOEXEC": open_flags(machine).get("O_CLOEXEC", 0)}
