"""Extractors of proc.* and thread.*: from the event's process, its image, its ancestors."""

from __future__ import annotations

from auditfalco.fields.aspects import (
    Aspect,
    ancestors_of,
    image_fact,
    of_ancestor,
    of_every_ancestor,
    of_other,
    of_self,
    parent_fact,
    process_fact,
)
from auditfalco.fields.values import Extractor, Value
from auditfalco.fields.world import World
from auditfalco.model.event import Event
from auditfalco.model.process import Image, Process


def name_of(process: Process, image: Image) -> Value:
    """proc.name: the kernel's comm, with the other names of the program (model.program)."""
    name = process.comm if process.comm is not None and image is process.image else image.comm
    return name if name is None or image.program is None else image.program.called(name)


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
    if not isinstance(name, str) or not (image.filled or image.argv):
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


def joined_arguments_of_ancestors(event: Event, world: World) -> Value:
    """proc.aargs without a level: the arguments of all ancestors, joined by blanks; absent where there are none."""
    every = of_every_ancestor(joined_arguments_of)(event, world)
    return " ".join(str(arguments) for arguments in every) if isinstance(every, tuple) else None


def _argument_count(image: Image) -> Value:
    arguments = arguments_of(image)
    return None if arguments is None else len(arguments)


def _argument_length(image: Image) -> Value:
    arguments = arguments_of(image)
    return (
        None if arguments is None else sum(len(argument.encode("utf-8", "surrogateescape")) for argument in arguments)
    )


def _directory(process: Process) -> Value:
    if process.cwd is None:
        return None
    return process.cwd if process.cwd.endswith("/") else process.cwd + "/"


def _number_inside(process: Process, world: World) -> Value:
    """The number in the process's own pid namespace."""
    if process.vpid is None:
        if process.container is not None and process.container.is_host:
            return process.pid
        world.process_group(process)  # which reads the namespaced numbers too
    return process.vpid


def virtual_pid(event: Event, world: World) -> Value:
    """proc.vpid."""
    return None if event.process is None else _number_inside(event.process, world)


def _parents_virtual_pid(event: Event, world: World) -> Value:
    process = event.process
    parent = world.parent(process, event.moment_ns, event.until_ns) if process is not None else None
    return None if parent is None else _number_inside(parent, world)


def _start_of(process: Process) -> Value:
    return process.start_ns if process.start_known else None


def _age(event: Event, world: World) -> Value:
    process = event.process
    return None if process is None or not process.start_known else max(event.time_ns - process.start_ns, 0)


def _parent_age(event: Event, world: World) -> Value:
    return parent_fact(lambda parent: max(event.time_ns - parent.start_ns, 0) if parent.start_known else None)(
        event, world
    )


def _login_shell(event: Event, world: World) -> Value:
    """proc.loginshellid: pid of the eldest, self included, whose name ends in "sh"."""
    process = event.process
    if process is None:
        return None
    found = process.pid if (process.name or "").endswith("sh") else None
    for ancestor in ancestors_of(process, event, world):
        if str(of_other(name_of, ancestor, event, world) or "").endswith("sh"):
            found = ancestor.pid
    return found


def argument_at(index: int) -> Extractor:
    """proc.args[n]: one argument, 0 being the first after argv[0]; "" beyond the last."""

    def read(image: Image) -> Value:
        arguments = arguments_of(image)
        if arguments is None:
            return None
        return arguments[index] if 0 <= index < len(arguments) else ""

    return image_fact(read)


PLAIN: dict[str, Extractor] = {
    "proc.name": of_self(name_of),
    "proc.exe": of_self(exe_of),
    "proc.exepath": of_self(exe_path_of),
    "proc.cmdline": of_self(command_line_of),
    "proc.exeline": of_self(executable_line_of),
    "proc.args": of_self(joined_arguments_of),
    "proc.cmdnargs": image_fact(_argument_count),
    "proc.cmdlenargs": image_fact(_argument_length),
    "proc.pname": of_ancestor(name_of, 1),
    "proc.pexe": of_ancestor(exe_of, 1),
    "proc.pexepath": of_ancestor(exe_path_of, 1),
    "proc.pcmdline": of_ancestor(command_line_of, 1),
    "proc.cwd": process_fact(_directory),
    "proc.tty": process_fact(lambda process: process.tty),
    "proc.pid": of_self(pid_of),
    "proc.ppid": parent_fact(lambda parent: parent.pid),
    "proc.vpid": virtual_pid,
    "proc.pvpid": _parents_virtual_pid,
    "proc.duration": _age,
    "proc.ppid.duration": _parent_age,
    "proc.pid.ts": process_fact(_start_of),
    "proc.ppid.ts": parent_fact(_start_of),
    "proc.loginshellid": _login_shell,
}
"""Fields without an argument, and the argument-less form of those that may have one (ancestor fields apart)."""
