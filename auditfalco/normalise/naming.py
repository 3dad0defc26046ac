"""What a call's names stand for: from PATH records to arguments with the name as spelled and as an absolute path.

Nothing here looks at registers, so that it serves io_uring's operations too. A name counts from an `Origin`; where that
is unknown, only absolute names are resolved, and what is not resolved stays as it was spelled.
"""

from __future__ import annotations

import stat
from typing import NamedTuple

from auditfalco.model.descriptor import DIRECTORY, FILE, Descriptor
from auditfalco.model.event import Argument, Event
from auditfalco.normalise import arguments
from auditfalco.normalise.call import Call
from auditfalco.normalise.paths import is_working_directory, named, target
from kernel_sources.audit import facts
from kernel_sources.audit.facts import PathFacts, Side


class Origin(NamedTuple):
    """Where relative names count from.

    `certain` is False where a descriptor told it: descriptors are looked up after the call, and may stand for
    something else by then.
    """

    directory: str | None
    certain: bool = True


UNKNOWN_ORIGIN = Origin(None, certain=False)


def working_directory(call: Call) -> Origin:
    """The working directory at the time of the call."""
    return Origin(call.cwd)


def origin(call: Call, dirfd: int | None) -> Origin:
    """The directory given to a call, as it stands in a register; None for a call that takes none."""
    if dirfd is None or is_working_directory(dirfd):
        return working_directory(call)
    return Origin(call.directory(dirfd), certain=False)


def absolute(call: Call, name: str, record: PathFacts, start: Origin) -> str | None:
    """The absolute path that a name stands for; None when it cannot be known. An empty one is its directory's own."""
    host, process, time_ns = call.host, call.process, call.raw.time_ns
    if not name:
        place = start.directory
        return place if place is None or start.certain or host.names.agrees(process, place, record) else None
    if record.nametype in ("CREATE", "DELETE"):
        parents = [path for path in call.paths if path.nametype == "PARENT"]
        file = _moved(call.paths, record)
        return host.names.of_entry(process, start.directory, name, file, parents, time_ns, certain=start.certain)
    return call.file_name(record, start.directory, certain=start.certain)


def _moved(paths: list[PathFacts], record: PathFacts) -> PathFacts:
    """The record to know a file by that was made, removed or moved.

    When a rename replaces a file and both names end alike, the kernel writes the replaced file into the record of the
    old name (seen on Linux 6.18); what was moved is in the record of the new one.
    """
    return next((path for path in paths if path.nametype == "CREATE"), record)


def recorded(call: Call, known: Descriptor | None) -> Descriptor | None:
    """What the descriptor that a call was given stands for, by the call's record of its file, which has no name.

    `known` is what is thought to stand behind the number. If it is another file, the number has been used again since;
    then only a rule may know the file's name.
    """
    path = next((path for path in call.paths if path.name is None and path.nametype == "NORMAL"), None)
    if path is None or path.inode is None:
        return known
    if known is not None and (known.inode is None or is_of(known, path)):
        return known
    kind = DIRECTORY if path.mode is not None and stat.S_ISDIR(path.mode) else FILE
    return Descriptor(kind, call.host.names.by_number(call.process, path), None, path.dev, path.inode)


def is_of(descriptor: Descriptor, path: PathFacts) -> bool:
    """Whether a descriptor stands for the file in a record; stat(2) has devices of its own for overlays and btrfs."""
    ours, theirs = descriptor.device, path.dev
    if descriptor.inode != path.inode:
        return False
    return ours is None or theirs is None or ours == theirs or (ours[0] == 0 and theirs[0] == 0)


def spelled(call: Call, name: str, record: PathFacts, start: Origin) -> Argument:
    """A name as an argument: as it was spelled, and the path that it stands for, if that is known."""
    return Argument(name, absolute(call, name, record, start) or name)


def tell_name(call: Call, event: Event, parameter: str, name: str, record: PathFacts, start: Origin) -> None:
    """A name; Falco resolves those that it takes for paths (FSPATH, FSRELPATH) and prints others as they are."""
    if arguments.parameter_of(event.type, parameter).type == "CHARBUF":
        event.arguments[parameter] = arguments.text(name)
    else:
        event.arguments[parameter] = spelled(call, name, record, start)


def tell_path(call: Call, event: Event, parameter: str, path: PathFacts | None, start: Origin) -> None:
    """The name in a PATH record; nothing when there is none."""
    if path is not None and path.name is not None:
        tell_name(call, event, parameter, path.name, path, start)


def tell_target(call: Call, event: Event, parameter: str, start: Origin) -> None:
    """The name of the one file that a call is about."""
    tell_path(call, event, parameter, target(call.paths), start)


def tell_rename(call: Call, event: Event, old: Origin, new: Origin) -> None:
    """Both names of a rename."""
    _tell_sides(call, event, facts.sides_of_rename(call.paths), old, new)


def tell_link(call: Call, event: Event, old: Origin, new: Origin) -> None:
    """The existing name and the new one of a hard link."""
    _tell_sides(call, event, facts.sides_of_link(call.paths), old, new)


def _tell_sides(call: Call, event: Event, sides: list[Side | None], old: Origin, new: Origin) -> None:
    for parameter, side, start in (("oldpath", Side.FIRST, old), ("newpath", Side.SECOND, new)):
        of_side = named([path for path, its in zip(call.paths, sides) if its is side])
        created = [path for path in of_side if path.nametype == "CREATE"]
        chosen = created if side is Side.SECOND and created else of_side
        tell_path(call, event, parameter, chosen[0] if chosen else None, start)


def tell_symbolic_link(call: Call, event: Event, start: Origin) -> None:
    """The text that a symbolic link holds, as it is, and the link's own name."""
    link = facts.symbolic_link(call.paths)
    if link.target is not None:
        event.arguments["target"] = arguments.text(link.target)
    if link.link is not None and link.record is not None:
        tell_name(call, event, "linkpath", link.link, link.record, start)


def tell_mount(call: Call, event: Event) -> None:
    """Where something is mounted, and the device or directory where the kernel looked that up as a path.

    The kernel looks at the directory first (path_mount in fs/namespace.c). What is no path, such as `tmpfs`, it does
    not look up at all.
    """
    paths = named(call.paths)
    start = working_directory(call)
    tell_path(call, event, "dir", paths[0] if paths else None, start)
    tell_path(call, event, "dev", paths[1] if len(paths) > 1 else None, start)
