"""Extractors of proc.* and thread.*: from the event's process, its image, its ancestors."""

from __future__ import annotations

from typing import Callable

from auditfalco.fields.values import Extractor, Value
from auditfalco.fields.world import World
from auditfalco.model.event import Event
from auditfalco.model.process import Capabilities, Image, Process
from kernel_sources.tables import capability_names

Aspect = Callable[[Process, Image], Value]


def name_of(process: Process, image: Image) -> Value:
    """proc.name: the kernel's comm."""
    return process.comm if process.comm is not None else image.comm


def exe_of(process: Process, image: Image) -> Value:
    """proc.exe: argv[0]."""
    return image.argv[0] if image.argv else None


def exe_path_of(process: Process, image: Image) -> Value:
    """proc.exepath: the file executed."""
    return image.exe_path


def arguments_of(image: Image) -> list[str] | None:
    """The arguments after argv[0]; None when the argument vector is unknown."""
    return None if image.argv is None else image.argv[1:]


def command_line_of(process: Process, image: Image) -> Value:
    """proc.cmdline: comm and the arguments after argv[0], joined by blanks. With unknown arguments, comm alone."""
    name = name_of(process, image)
    if not isinstance(name, str):
        return None
    return " ".join([name, *(arguments_of(image) or ())])


def executable_line_of(process: Process, image: Image) -> Value:
    """proc.exeline: argv[0], a blank, the arguments."""
    if not image.argv:
        return None
    return image.argv[0] + " " + " ".join(image.argv[1:])


def joined_arguments_of(process: Process, image: Image) -> Value:
    """proc.args: the arguments after argv[0]; "" when there are none."""
    arguments = arguments_of(image)
    return None if arguments is None else " ".join(arguments)


def pid_of(process: Process, image: Image) -> Value:
    """proc.pid in the initial pid namespace."""
    return process.pid


ASPECTS: dict[str, Aspect] = {
    "name": name_of,
    "exe": exe_of,
    "exepath": exe_path_of,
    "cmdline": command_line_of,
    "args": joined_arguments_of,
    "pid": pid_of,
}
"""What of a process may be asked of its ancestors too: proc.aNAME[n]."""


def of_self(aspect: Aspect) -> Extractor:
    """An aspect of the event's own process."""

    def extract(event: Event, world: World) -> Value:
        process = event.process
        return None if process is None else aspect(process, process.image)

    return extract


def of_ancestor(aspect: Aspect, level: int) -> Extractor:
    """An aspect of the ancestor `level` generations up; 0 is the process itself."""
    if level == 0:
        return of_self(aspect)

    def extract(event: Event, world: World) -> Value:
        process = event.process
        if process is None:
            return None
        chain = world.ancestors(process, event.time_ns)
        if level > len(chain):
            return None
        ancestor = chain[level - 1]
        return aspect(ancestor, ancestor.image)

    return extract


def of_every_ancestor(aspect: Aspect) -> Extractor:
    """An aspect of all ancestors, from the parent upwards; absent where there are none."""

    def extract(event: Event, world: World) -> Value:
        process = event.process
        if process is None:
            return None
        values = [aspect(ancestor, ancestor.image) for ancestor in world.ancestors(process, event.time_ns)]
        known = tuple(value for value in values if isinstance(value, (str, int)))
        return known or None

    return extract


def joined_arguments_of_ancestors(event: Event, world: World) -> Value:
    """proc.aargs without a level: the arguments of all ancestors, joined by blanks; absent where there are none."""
    every = of_every_ancestor(joined_arguments_of)(event, world)
    return " ".join(str(arguments) for arguments in every) if isinstance(every, tuple) else None


def of_leader(aspect: Aspect, group: bool) -> Extractor:
    """An aspect of the process group's or the session's leader.

    A leader that is gone is represented by the eldest ancestor of the same session, as in Falco; proc.sname of an
    unknown leader is "".
    """

    def extract(event: Event, world: World) -> Value:
        process = event.process
        if process is None:
            return None
        leader = _leader(process, event.time_ns, world, group)
        if leader is None:
            return "" if aspect is name_of and not group else None
        return aspect(leader, world.image(leader, event.time_ns))

    return extract


def _leader(process: Process, time_ns: int, world: World, group: bool) -> Process | None:
    identifier = world.process_group(process) if group else process.sid
    if not identifier:
        return None
    if identifier == process.pid:
        return process
    leader = world.find(identifier, time_ns)
    if leader is not None or group:
        return leader
    eldest = None
    for ancestor in world.ancestors(process, time_ns):
        if ancestor.sid != identifier:
            break
        eldest = ancestor
    return eldest


def _image_fact(read: Callable[[Image], Value]) -> Extractor:
    return of_self(lambda process, image: read(image))


def _process_fact(read: Callable[[Process], Value]) -> Extractor:
    return of_self(lambda process, image: read(process))


def _capabilities(read: Callable[[Capabilities], int]) -> Extractor:
    def aspect(process: Process, image: Image) -> Value:
        sets = process.capabilities or image.capabilities
        return None if sets is None else " ".join(capability_names(read(sets)))

    return of_self(aspect)


def _argument_count(image: Image) -> Value:
    arguments = arguments_of(image)
    return None if arguments is None else len(arguments)


def _argument_length(image: Image) -> Value:
    arguments = arguments_of(image)
    return (
        None if arguments is None else sum(len(argument.encode("utf-8", "surrogateescape")) for argument in arguments)
    )


def _layer(layer: str) -> Extractor:
    def read(image: Image) -> Value:
        return None if image.file is None else image.file.layer == layer

    return _image_fact(read)


def _ctime_to_start(process: Process, image: Image) -> Value:
    """Nanoseconds from the executable's change to the process's start; absent when unknown or not positive."""
    if image.file is None or image.file.ctime_ns is None or not process.start_known:
        return None
    return max(process.start_ns - image.file.ctime_ns, 0) or None


def _pidns_start_to_ctime(process: Process, image: Image) -> Value:
    start = process.container.start_ns if process.container is not None else None
    if image.file is None or image.file.ctime_ns is None or start is None:
        return None
    return max(image.file.ctime_ns - start, 0) or None


def _directory(process: Process) -> Value:
    if process.cwd is None:
        return None
    return process.cwd if process.cwd.endswith("/") else process.cwd + "/"


def _is_group_leader(event: Event, world: World) -> Value:
    process = event.process
    if process is None:
        return None
    group = world.process_group(process)
    if group is not None:
        return group == process.pid
    if process.vpgid is not None and process.vpid is not None:
        return process.vpgid == process.vpid
    return None


def _process_group(event: Event, world: World) -> Value:
    return None if event.process is None else world.process_group(event.process)


def _virtual_group(event: Event, world: World) -> Value:
    process = event.process
    if process is None:
        return None
    if process.vpgid is not None:
        return process.vpgid
    in_initial_namespace = process.container is not None and process.container.is_host
    return world.process_group(process) if in_initial_namespace else None


def _virtual_pid(process: Process) -> Value:
    if process.vpid is not None:
        return process.vpid
    return process.pid if process.container is not None and process.container.is_host else None


def _of_parent(read: Callable[[Process], Value]) -> Extractor:
    def extract(event: Event, world: World) -> Value:
        parent = world.parent(event.process, event.time_ns) if event.process is not None else None
        return None if parent is None else read(parent)

    return extract


def _start_of(process: Process) -> Value:
    return process.start_ns if process.start_known else None


def _age(event: Event, world: World) -> Value:
    process = event.process
    return None if process is None or not process.start_known else max(event.time_ns - process.start_ns, 0)


def _parent_age(event: Event, world: World) -> Value:
    return _of_parent(lambda parent: max(event.time_ns - parent.start_ns, 0) if parent.start_known else None)(
        event, world
    )


def _login_shell(event: Event, world: World) -> Value:
    """proc.loginshellid: pid of the eldest, self included, whose name ends in "sh"."""
    process = event.process
    if process is None:
        return None
    found = None
    for candidate in [process, *world.ancestors(process, event.time_ns)]:
        if (candidate.name or "").endswith("sh"):
            found = candidate.pid
    return found


def _pid_namespace_start(process: Process) -> Value:
    return process.container.start_ns if process.container is not None else None


def argument_at(index: int) -> Extractor:
    """proc.args[n]: one argument, 0 being the first after argv[0]; "" beyond the last."""

    def read(image: Image) -> Value:
        arguments = arguments_of(image)
        if arguments is None:
            return None
        return arguments[index] if 0 <= index < len(arguments) else ""

    return _image_fact(read)


PLAIN: dict[str, Extractor] = {
    "proc.name": of_self(name_of),
    "proc.exe": of_self(exe_of),
    "proc.exepath": of_self(exe_path_of),
    "proc.cmdline": of_self(command_line_of),
    "proc.exeline": of_self(executable_line_of),
    "proc.args": of_self(joined_arguments_of),
    "proc.cmdnargs": _image_fact(_argument_count),
    "proc.cmdlenargs": _image_fact(_argument_length),
    "proc.pname": of_ancestor(name_of, 1),
    "proc.pexe": of_ancestor(exe_of, 1),
    "proc.pexepath": of_ancestor(exe_path_of, 1),
    "proc.pcmdline": of_ancestor(command_line_of, 1),
    "proc.cwd": _process_fact(_directory),
    "proc.tty": _process_fact(lambda process: process.tty),
    "proc.pid": of_self(pid_of),
    "proc.ppid": _of_parent(lambda parent: parent.pid),
    "proc.vpid": _process_fact(_virtual_pid),
    "proc.sid": _process_fact(lambda process: process.sid),
    "proc.sname": of_leader(name_of, group=False),
    "proc.sid.exe": of_leader(exe_of, group=False),
    "proc.sid.exepath": of_leader(exe_path_of, group=False),
    "proc.pgid": _process_group,
    "proc.pgid.name": of_leader(name_of, group=True),
    "proc.pgid.exe": of_leader(exe_of, group=True),
    "proc.pgid.exepath": of_leader(exe_path_of, group=True),
    "proc.vpgid": _virtual_group,
    "proc.vpgid.name": of_leader(name_of, group=True),
    "proc.vpgid.exe": of_leader(exe_of, group=True),
    "proc.vpgid.exepath": of_leader(exe_path_of, group=True),
    "proc.is_pgid_leader": _is_group_leader,
    "proc.is_vpgid_leader": _is_group_leader,
    "proc.is_sid_leader": _process_fact(lambda process: None if process.sid is None else process.sid == process.pid),
    "proc.duration": _age,
    "proc.ppid.duration": _parent_age,
    "proc.pid.ts": _process_fact(_start_of),
    "proc.ppid.ts": _of_parent(_start_of),
    "proc.loginshellid": _login_shell,
    "proc.is_exe_writable": _image_fact(lambda image: image.file.writable if image.file else None),
    "proc.is_exe_upper_layer": _layer("upper"),
    "proc.is_exe_lower_layer": _layer("lower"),
    "proc.is_exe_from_memfd": _image_fact(lambda image: image.from_memfd),
    "proc.exe_ino": _image_fact(lambda image: image.file.inode if image.file else None),
    "proc.exe_ino.ctime": _image_fact(lambda image: image.file.ctime_ns if image.file else None),
    "proc.exe_ino.mtime": _image_fact(lambda image: image.file.mtime_ns if image.file else None),
    "proc.exe_ino.ctime_duration_proc_start": of_self(_ctime_to_start),
    "proc.exe_ino.ctime_duration_pidns_start": of_self(_pidns_start_to_ctime),
    "proc.pidns_init_start_ts": _process_fact(_pid_namespace_start),
    "thread.cap_permitted": _capabilities(lambda sets: sets.permitted),
    "thread.cap_effective": _capabilities(lambda sets: sets.effective),
    "thread.cap_inheritable": _capabilities(lambda sets: sets.inheritable),
    "thread.tid": of_self(pid_of),
}
"""Fields without an argument, and the argument-less form of those that may have one (ancestor fields apart)."""
