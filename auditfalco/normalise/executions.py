"""execve and execveat: a process runs a new image."""

from __future__ import annotations

from auditfalco.model.event import Event
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME
from auditfalco.model.process import Image, Process
from auditfalco.normalise import arguments
from auditfalco.normalise.call import Builder, Call
from auditfalco.normalise.caller import tell_caller, tell_capabilities
from auditfalco.state.executables import deleted_name, memfd_name


def execution(call: Call, event: Event) -> None:
    """Note what the process runs from now on; a failed call leaves it as it was."""
    process = call.process
    if call.succeeded:
        _load(call, process, event)
    image = process.image
    event.described_by(lambda: _describe(call, event, process, image))  # most rules ask for none of the arguments


def _load(call: Call, process: Process, event: Event) -> None:
    argv = call.argv
    before = process.held
    earliest_ns = call.host.admissions.earliest(process.pid, call.raw.time_ns, argv)
    image = call.host.processes.confirm_exec(process, earliest_ns, argv)
    stopped_ns = call.host.admissions.apply(process, image, call.raw.time_ns)
    call.host.complete(process, call.raw.time_ns)  # the exec may have been its way into a container
    image.filled = True
    image.comm = call.facts.comm
    image.argv = argv
    process.cwd = call.cwd or process.cwd
    exe = call.facts.exe
    memfd = memfd_name(exe)
    image.from_memfd = memfd is not None
    image.exe_path = memfd or (deleted_name(exe) if exe is not None else None)
    event.moment_ns = event.until_ns = image.exec_ns if stopped_ns is None else stopped_ns
    call.host.processes.set_parent(process, call.facts.ppid or 0, event.moment_ns)
    call.host.place(process, image, call.paths, image.exec_ns)
    image.capabilities = call.host.capabilities_after_exec(process, before, call.raw)
    call.host.environments.learn(process, image)
    image.file = call.host.executed_file(process, image, exe, call.paths)
    image.program = call.host.programs.executed(process, image, call.paths, image.exec_ns)
    call.host.open_files.table.executed(process)


def flags_of(image: Image) -> int:
    """Falco's execution flags of an image."""
    bits = 4 if image.from_memfd else 0
    if image.file is not None:
        bits |= 1 if image.file.writable else 0
        bits |= {"upper": 2, "lower": 8}.get(image.file.layer or "", 0)
    return bits


def _describe(call: Call, event: Event, process: Process, image: Image) -> None:
    add = event.arguments.__setitem__
    call.tell_result(event)
    tell_caller(call, event)
    tell_capabilities(call, event)
    if process.tty is not None:
        add("tty", arguments.integer(process.tty))
    if process.login_uid is not None:
        call.tell_user(event, "loginuid", process.login_uid)
    call.tell(event, "flags", flags_of(image))
    _describe_numbers(call, event, process, image)
    if process.euid is not None:
        call.tell_user(event, "uid", process.euid)
    if image.exe_path is not None:
        add("trusted_exepath", arguments.text(image.exe_path))
    if process.egid is not None:
        call.tell_group(event, "gid", process.egid)
    first = call.paths[0].name if call.paths else None
    if event.type == "execve" and first is not None:
        add("filename", arguments.text(first))


def _group_of(call: Call, event: Event, process: Process) -> int | None:
    """The process group, if it was read already or a rule wants it: no record has it, and reading costs."""
    wanted = call.host.expected.arguments(EVENT_TYPES_BY_NAME[event.type])
    return call.host.process_group(process) if process.group_read or wanted & {"pgid", "vpgid"} else None


def _describe_numbers(call: Call, event: Event, process: Process, image: Image) -> None:
    """The group and the executed file's numbers."""
    group = _group_of(call, event, process)
    if group is not None:
        leader = call.host.find(group, event.time_ns)
        name = leader.name if leader is not None else None
        event.arguments["pgid"] = arguments.process(group, name)
        if process.vpgid is not None:
            event.arguments["vpgid"] = arguments.process(process.vpgid, name)
    if image.file is not None:
        event.arguments["exe_ino"] = arguments.integer(image.file.inode)
        for name, time_ns in (("exe_ino_ctime", image.file.ctime_ns), ("exe_ino_mtime", image.file.mtime_ns)):
            if time_ns is not None:
                event.arguments[name] = arguments.time_of(time_ns)


BUILDERS: dict[str, Builder] = {
    "execve": execution,
    "execveat": execution,
}
