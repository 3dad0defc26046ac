"""io_uring operations as events of the system calls that they stand for.

A record of an operation has no registers: no descriptors, no flags, no modes; and it does not tell how the operation
ended. What can be known is taken from the names (normalise.submissions), from the inodes of what was found, made or
removed, and live from what the process has open. What stays unknown is absent, but for what would hide an open: see
`UNKNOWN_DESCRIPTOR` and `_access`.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import Callable

from auditfalco.model import openflags
from auditfalco.model.descriptor import DIRECTORY, FILE, Descriptor
from auditfalco.model.event import Argument, Event
from auditfalco.normalise import arguments, uring_sockets
from auditfalco.normalise.submissions import UNKNOWN_DESCRIPTOR, Done
from auditfalco.state.host import HostState
from auditfalco.state.recordedfiles import FoundDescriptor
from kernel_sources.audit import facts
from kernel_sources.audit.facts import PathFacts
from kernel_sources.tables import record_type_name

_LAYER_BITS = {"upper": openflags.FD_UPPER_LAYER, "lower": openflags.FD_LOWER_LAYER}


def event_of(operation: Done, host: HostState) -> Event:
    """The event of an operation; its process is the caller's to set."""
    event = Event(operation.kind.event_type, operation.time_ns, operation.raw.serial)
    event.io_uring = True
    event.process = operation.process
    event.record_types = tuple(record_type_name(record.type) for record in operation.raw.records)
    event.result = _result(operation)
    builder = _BUILDERS.get(event.type)
    if builder is not None:
        builder(operation, event, host)
    return event


def _result(operation: Done) -> int | None:
    """0 for what was carried out; EINPROGRESS for a connection begun; None where a name led to nothing."""
    if operation.begun:
        return -errno.EINPROGRESS
    return operation.facts.exit


# Opens.


def _opened(operation: Done, event: Event, host: HostState) -> None:
    named = _name(operation, 0)
    found = _found(operation, named)
    opened = host.recorded_files.descriptor_on(operation.process, found) if found is not None else None
    name = _name_of_open(operation, host, named, found, opened)
    succeeded = found is not None or _may_have_opened(operation, host, named, name)
    layer = host.layer_of(operation.process, name, found.dev) if name is not None and found is not None else None
    number = opened.number if opened is not None else UNKNOWN_DESCRIPTOR
    event.result = None if not succeeded else 0 if opened is None else opened.number
    event.fd_number = number if succeeded else -1
    event.open_flags = _access(found, opened, layer)
    event.descriptor = Descriptor(
        _kind(found, opened),
        name,
        _raw(named),
        found.dev if found is not None else None,
        found.inode if found is not None else None,
        layer,
        file_type=found.file_type if found is not None else None,
    )
    if opened is not None:
        host.open_files.table.opened(operation.process, opened.number, event.descriptor, operation.time_ns)
    _describe_open(event, event.descriptor, opened)


def _found(operation: Done, named: PathFacts | None) -> PathFacts | None:
    """The record of the file that an open led to; None when none tells it."""
    own = [path for path in operation.paths if path.nametype != "PARENT" and path.inode is not None]
    if own:
        return own[-1]
    return named if _raw(named) is not None and named is not None and named.inode is not None else None


def _name_of_open(
    operation: Done, host: HostState, named: PathFacts | None, found: PathFacts | None, opened: FoundDescriptor | None
) -> str | None:
    name = _absolute(operation, host, named, found)
    if name is None and opened is not None and opened.path.startswith("/"):
        return opened.path
    return name


def _may_have_opened(operation: Done, host: HostState, named: PathFacts | None, name: str | None) -> bool:
    """Whether an open whose file no record tells can have succeeded: its name was recorded before it was used."""
    if operation.final or _raw(named) is None:
        return False
    return name is None or host.recorded_files.exists(operation.process, name) is not False


def _access(found: PathFacts | None, opened: FoundDescriptor | None, layer: str | None) -> int:
    """Falco's open flags: of the descriptor, where it was found; else reading and writing, so that rules on either see.

    A descriptor does not keep the flags that make a file; that one was made is in the record. It has O_LARGEFILE
    whether or not that was asked for (fs/open.c).
    """
    bits = openflags.O_RDWR
    if opened is not None:
        bits = openflags.from_kernel(opened.flags, os.uname().machine) & ~openflags.O_LARGEFILE
    if found is not None and found.nametype == "CREATE":
        bits |= openflags.O_CREAT | openflags.O_F_CREATED
    return bits | _LAYER_BITS.get(layer or "", 0)


def _kind(found: PathFacts | None, opened: FoundDescriptor | None) -> str:
    """What was opened; Falco calls a directory so when it was opened as one."""
    if opened is not None:
        is_directory = bool(openflags.from_kernel(opened.flags, os.uname().machine) & openflags.O_DIRECTORY)
    else:
        is_directory = found is not None and found.mode is not None and stat.S_ISDIR(found.mode)
    return DIRECTORY if is_directory else FILE


def _describe_open(event: Event, descriptor: Descriptor, opened: FoundDescriptor | None) -> None:
    add = event.arguments.__setitem__
    if opened is not None:
        add("fd", arguments.descriptor(opened.number, descriptor))
    raw, name = descriptor.name_raw, descriptor.name
    if raw is not None or name is not None:
        add("name", Argument(raw or name or "", name or raw or ""))
    if opened is not None and event.open_flags is not None:
        add("flags", Argument(event.open_flags, openflags.text(event.open_flags)))
    if descriptor.device is not None and descriptor.inode is not None:
        add("dev", arguments.device(*descriptor.device))
        add("ino", arguments.integer(descriptor.inode))


# Names.


def _name(operation: Done, at: int) -> PathFacts | None:
    return operation.named[at] if at < len(operation.named) else None


def _raw(named: PathFacts | None) -> str | None:
    """A name as it was passed; None of one that a worker used, of which the record keeps the directory alone."""
    return None if named is None or named.nametype == "PARENT" else named.name


def _absolute(
    operation: Done, host: HostState, named: PathFacts | None, found: PathFacts | None, at: int = 0
) -> str | None:
    """A name made absolute where that is certain; else the one by which rules know the file, if they do.

    `found` is the record of what it led to, and `at` which of the directories that the operation's own record names is
    the name's.
    """
    name = _certain(operation, host, named, found, at)
    if name is None and found is not None and (found.name is None or not found.name.startswith("/")):
        return host.names.of_file(operation.process, None, found, operation.time_ns)
    return name


def _certain(operation: Done, host: HostState, named: PathFacts | None, found: PathFacts | None, at: int) -> str | None:
    raw = _raw(named)
    if raw is None or named is None:
        return _name_of_entry(operation, host, named, found, at)
    own = found if found is not None and found.nametype in ("CREATE", "DELETE") else None
    if own is not None and raw.startswith("/"):
        return host.names.of_entry(operation.process, None, raw, own, _parents(operation), operation.time_ns)
    start: str | None = "/" if raw.startswith("/") else None
    if start is None and found is not None:
        start = host.recorded_files.start_of(operation.process, raw, found, operation.cwd)
    if start is None:
        return _name_of_entry(operation, host, named, found, at)
    return host.names.of_file(operation.process, start, named, operation.time_ns)


def _parents(operation: Done) -> list[PathFacts]:
    """The records of the directories in which an operation made or removed something."""
    return [path for path in operation.paths if path.nametype == "PARENT"]


def _name_of_entry(
    operation: Done, host: HostState, named: PathFacts | None, found: PathFacts | None, at: int
) -> str | None:
    """The absolute name of what an operation made or removed, sought in the directory that its record names."""
    parents = _parents(operation)
    if found is None or not parents:
        return None
    parent = parents[at]
    process, files = operation.process, host.recorded_files
    directory = files.directory(process, parent, _guesses(operation, named, parent))
    if directory is None:
        return None
    last = _last_part(found) or _last_part(named)
    if last is None:
        if found.nametype == "DELETE":  # what still has its inode is another name of it
            return None
        linked = _raw(_name(operation, 0)) if operation.kind.name == "linkat" else None
        last = files.entry(process, directory, found, but=facts.join(operation.cwd, linked))
    return None if last is None else host.names.of_entry(process, directory, last, found, [parent], operation.time_ns)


def _guesses(operation: Done, named: PathFacts | None, parent: PathFacts) -> list[str | None]:
    """Where the directory of a name may be: what was written before its last slash, or the working directory."""
    written = named.name if named is not None else None
    if written is not None and _raw(named) is not None:
        written = written.rpartition("/")[0] or ("/" if written.startswith("/") else None)
    return [*(facts.join(operation.cwd, name) for name in (written, parent.name)), operation.cwd]


def _last_part(path: PathFacts | None) -> str | None:
    """The last part of a name that is there as a whole."""
    raw = _raw(path)
    last = raw.rpartition("/")[2] if raw is not None else ""
    return last if last not in ("", ".", "..") else None


def _tell_path(
    operation: Done,
    event: Event,
    host: HostState,
    argument: str,
    named: PathFacts | None,
    found: PathFacts | None,
    at: int = 0,
) -> None:
    """A path argument: as it was passed where that is known, and absolute where that is certain."""
    raw, absolute = _raw(named), _absolute(operation, host, named, found, at)
    if raw is not None or absolute is not None:
        event.arguments[argument] = Argument(raw or absolute or "", absolute or raw or "")


def _own(operation: Done, nametype: str) -> PathFacts | None:
    """The record of what an operation made or removed, with its inode; None when it did not."""
    made = [path for path in operation.paths if path.nametype == nametype and path.inode is not None]
    return made[-1] if made else None


def _tell_outcome(event: Event, done: PathFacts | None) -> None:
    """The result where the records show that something was made or removed; else it is not known."""
    event.result = 0 if done is not None else None
    if done is not None:
        event.arguments["res"] = arguments.result(0)


def _renamed(operation: Done, event: Event, host: HostState) -> None:
    new, old = _own(operation, "CREATE"), _own(operation, "DELETE")
    _tell_outcome(event, new)
    _tell_path(operation, event, host, "oldpath", _name(operation, 0), old)
    _tell_path(operation, event, host, "newpath", _name(operation, 1), new, at=-1)


def _linked(operation: Done, event: Event, host: HostState) -> None:
    made, old = _own(operation, "CREATE"), _name(operation, 0)
    _tell_outcome(event, made)
    _tell_path(operation, event, host, "oldpath", old, old)
    _tell_path(operation, event, host, "newpath", _name(operation, 1), made)


def _symlinked(operation: Done, event: Event, host: HostState) -> None:
    made = _own(operation, "CREATE")
    _tell_outcome(event, made)
    # What the link leads to is looked up by nobody: only the record of the submission has it.
    target = _raw(operation.named[0]) if len(operation.named) > 1 else None
    if target is not None:
        event.arguments["target"] = arguments.text(target)
    _tell_path(operation, event, host, "linkpath", operation.named[-1] if operation.named else None, made)


def _unlinked(operation: Done, event: Event, host: HostState) -> None:
    # An overlay removes the file in its upper layer too, which is recorded behind.
    removed = next((path for path in operation.paths if path.nametype == "DELETE" and path.inode is not None), None)
    _tell_outcome(event, removed)
    _tell_path(operation, event, host, "name", _name(operation, 0), removed)


def _directory_made(operation: Done, event: Event, host: HostState) -> None:
    made = _own(operation, "CREATE")
    _tell_outcome(event, made)
    _tell_path(operation, event, host, "path", _name(operation, 0), made)
    if made is not None and made.mode is not None:
        event.arguments["mode"] = arguments.mode(stat.S_IMODE(made.mode))


# Others.


def _plain(operation: Done, event: Event, host: HostState) -> None:
    if event.result is not None:
        event.arguments["res"] = arguments.result(event.result)


_BUILDERS: dict[str, Callable[[Done, Event, HostState], None]] = {
    "openat": _opened,
    "openat2": _opened,
    "renameat": _renamed,
    "linkat": _linked,
    "symlinkat": _symlinked,
    "unlinkat": _unlinked,
    "mkdirat": _directory_made,
    "listen": _plain,
    "shutdown": _plain,
    "close": _plain,
    **uring_sockets.BUILDERS,
}
