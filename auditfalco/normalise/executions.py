"""execve and execveat: a process runs a new image."""

from __future__ import annotations

from auditfalco.model.event import Event
from auditfalco.model.process import Image, Process
from auditfalco.normalise import arguments
from auditfalco.normalise.call import Builder, Call
from auditfalco.state.executables import deleted_name, memfd_name


def execution(call: Call, event: Event) -> None:
    """Note what the process runs from now on; a failed call leaves it as it was."""
    process = call.process
    if call.succeeded:
        _load(call, process)
    _describe(call, event, process, process.image)


def _load(call: Call, process: Process) -> None:
    argv = call.argv
    before = process.capabilities or process.image.capabilities
    image = call.host.processes.confirm_exec(process, call.raw.time_ns, argv)
    call.host.complete(process, call.raw.time_ns)  # the exec may have been its way into a container
    image.filled = True
    image.comm = call.facts.comm
    image.argv = argv
    process.cwd = call.cwd or process.cwd
    exe = call.facts.exe
    memfd = memfd_name(exe)
    image.from_memfd = memfd is not None
    image.exe_path = memfd or (deleted_name(exe) if exe is not None else None)
    image.capabilities = call.host.capabilities_after_exec(process, before, call.raw)
    image.file = call.host.executed_file(process, image, exe, call.paths)
    process.descriptors.clear()
    call.host.processes.set_parent(process, call.facts.ppid or 0, call.raw.time_ns)


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
    argv = image.argv
    if argv:
        add("exe", arguments.text(argv[0]))
        add("args", arguments.text(" ".join(argv[1:])))
    add("tid", arguments.resolved(process.pid, process.name))
    add("pid", arguments.resolved(process.pid, process.name))
    parent = call.host.parent(process, event.time_ns)
    if parent is not None:
        add("ptid", arguments.resolved(parent.pid, parent.name))
    if process.cwd is not None:
        add("cwd", arguments.text(process.cwd))
    if image.comm is not None:
        add("comm", arguments.text(image.comm))
    if process.tty is not None:
        add("tty", arguments.integer(process.tty))
    if process.login_uid is not None:
        call.tell_user(event, "loginuid", process.login_uid)
    call.tell(event, "flags", flags_of(image))
    if image.file is not None:
        add("exe_ino", arguments.integer(image.file.inode))
        for name, time_ns in (("exe_ino_ctime", image.file.ctime_ns), ("exe_ino_mtime", image.file.mtime_ns)):
            if time_ns is not None:
                add(name, arguments.integer(time_ns))
    if process.euid is not None:
        call.tell_user(event, "uid", process.euid)
    if image.exe_path is not None:
        add("trusted_exepath", arguments.text(image.exe_path))
    if process.egid is not None:
        call.tell_group(event, "gid", process.egid)
    first = call.paths[0].name if call.paths else None
    if event.type == "execve" and first is not None:
        add("filename", arguments.text(first))


BUILDERS: dict[str, Builder] = {
    "execve": execution,
    "execveat": execution,
}
