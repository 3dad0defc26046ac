"""Processes that make, signal, trace and rename each other: clone and its kin, kill, ptrace, prctl, namespaces, limits.

A child that is made has its own event in Falco; audit tells of the call that made it, which the parent made.
"""

from __future__ import annotations

from auditfalco.model.event import Event
from auditfalco.model.process import Process
from auditfalco.normalise import arguments
from auditfalco.normalise.call import Builder, Call
from auditfalco.normalise.caller import tell_caller
from auditfalco.normalise.registers import sized, told_by_registers
from kernel_sources.tables import CLONE_FLAGS, CLONE_SIGNAL, RESOURCES, ptrace_requests

_PR_SET_NAME, _PR_GET_NAME, _PR_GET_CHILD_SUBREAPER = 15, 16, 37
_IN_PID_NAMESPACE = "CLONE_CHILD_IN_PIDNS"
_FLAGS_SECOND = frozenset({"s390", "s390x"})
"""Machines whose clone() takes the stack first (CONFIG_CLONE_BACKWARDS2 in arch/Kconfig)."""

_SIGNALLING = frozenset({"PTRACE_CONT", "PTRACE_SINGLESTEP", "PTRACE_DETACH", "PTRACE_SYSCALL"})
"""Requests of ptrace() whose data is a signal."""
_PEEKING = frozenset({"PTRACE_PEEKTEXT", "PTRACE_PEEKDATA", "PTRACE_PEEKUSR"})
"""Requests of ptrace() whose data is where the answer goes."""


def cloned(call: Call, event: Event) -> None:
    """clone(flags, …)."""
    flags = call.facts.args[1 if call.facts.arch in _FLAGS_SECOND else 0]
    _tell_birth(call, event, flags & 0xFFFFFFFF & ~CLONE_SIGNAL)


def cloned_by_structure(call: Call, event: Event) -> None:
    """clone3(arguments, size): the flags are behind a pointer."""
    _tell_birth(call, event, None)


def forked(call: Call, event: Event) -> None:
    """fork() and vfork(), of which Falco has no flags."""
    _tell_birth(call, event, 0)


def _tell_birth(call: Call, event: Event, flags: int | None) -> None:
    process = call.process
    if process.vpid is None:
        call.host.process_group(process)  # which reads its number in its own pid namespace too
    tell_caller(call, event)
    if event.result is not None:
        _tell_child(call, event, event.result)
    if flags is not None:
        parameter = arguments.parameter_of(event.type, "flags")
        bits = arguments.translated(flags, CLONE_FLAGS, parameter)
        if process.vpid is not None and process.vpid != process.pid:
            bits |= dict(parameter.values)[_IN_PID_NAMESPACE]
        call.tell(event, "flags", bits)
    for name, number in (("uid", process.euid), ("gid", process.egid)):
        if number is not None:
            call.tell(event, name, number)
    if process.vpid is not None:
        for name in ("vtid", "vpid"):
            event.arguments[name] = arguments.process(process.vpid, process.name)
    if process.container is not None and process.container.start_ns is not None:
        call.tell(event, "pidns_init_start_ts", process.container.start_ns)


def _tell_child(call: Call, event: Event, result: int) -> None:
    """The number that the caller got for its child, which its own pid namespace counts, or the error."""
    if result < 0:
        event.arguments["res"] = arguments.result(result)
        return
    child = call.host.groups.called(call.process, result, call.raw.time_ns)
    event.arguments["res"] = arguments.process(result, _name_of_child(call.process, child))


def _name_of_child(parent: Process, child: Process | None) -> str | None:
    return child.name if child is not None and child is not parent else None


def controlled(call: Call, event: Event) -> None:
    """prctl(option, arg2, …).

    A name is behind a pointer, and in the record, cut to the 15 bytes that the kernel keeps, when it was given.
    """
    told_by_registers(option=0)(call, event)
    option = call.facts.args[0] & 0xFFFFFFFF
    if option in (_PR_SET_NAME, _PR_GET_NAME):
        call.tell(event, "arg2_int", 0)
        if call.succeeded and call.facts.comm is not None:
            event.arguments["arg2_str"] = arguments.text(call.facts.comm)
    elif option != _PR_GET_CHILD_SUBREAPER:
        call.tell(event, "arg2_int", sized(call, "INT64", call.facts.args[1]))


def traced(call: Call, event: Event) -> None:
    """ptrace(request, pid, addr, data): data is a signal, a number or an address, and what was read never shows."""
    requests = ptrace_requests(call.facts.arch or "")
    told_by_registers(request=(0, requests), pid=1, addr=2)(call, event)
    request = call.facts.args[0] & 0xFFFFFFFF
    names = {name for name, number in requests.items() if number == request}
    if names & _SIGNALLING:
        event.arguments["data"] = arguments.signal(call.facts.args[3] & 0xFF)
    elif not names & _PEEKING:
        call.tell(event, "data", call.facts.args[3])


def parted(call: Call, event: Event) -> None:
    """unshare(flags): in a user namespace of its own a process has every capability."""
    told_by_registers(flags=(0, CLONE_FLAGS))(call, event)
    _notice_namespace(call, call.facts.args[0] & CLONE_FLAGS["CLONE_NEWUSER"])


def joined(call: Call, event: Event) -> None:
    """setns(fd, nstype): a kind of namespace, or 0 for whichever the descriptor stands for."""
    told_by_registers(fd=0, nstype=(1, CLONE_FLAGS))(call, event)
    kind = call.facts.args[1] & 0xFFFFFFFF
    _notice_namespace(call, not kind or kind & CLONE_FLAGS["CLONE_NEWUSER"])


def _notice_namespace(call: Call, may_change_capabilities: int) -> None:
    if call.succeeded and may_change_capabilities:
        call.host.capabilities_changed(call.process)


BUILDERS: dict[str, Builder] = {
    "clone": cloned,
    "clone3": cloned_by_structure,
    "fork": forked,
    "vfork": forked,
    "kill": told_by_registers(pid=0, sig=1),
    "tkill": told_by_registers(tid=0, sig=1),
    "tgkill": told_by_registers(pid=0, tid=1, sig=2),
    "prctl": controlled,
    "ptrace": traced,
    "process_vm_readv": told_by_registers(pid=0),
    "process_vm_writev": told_by_registers(pid=0),
    "setns": joined,
    "unshare": parted,
    "getrlimit": told_by_registers(resource=(0, RESOURCES)),
    "setrlimit": told_by_registers(resource=(0, RESOURCES)),
    "prlimit": told_by_registers(pid=0, resource=(1, RESOURCES)),
}
