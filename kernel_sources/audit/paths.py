"""Files of an event: CWD and PATH records, and what paths they stand for.

A PATH record has the name *as the process gave it* (relative, through symbolic links, ``..``) and the inode and device
that the kernel reached by it. Relative names count from the working directory only if the call was not given another
directory: for ``openat(7, "x")`` the kernel logs CWD all the same, and for the directory itself (nametype PARENT) it
even prints the working directory as name, with the inode of the real one (``audit_log_name()`` in kernel/auditsc.c).
Joining those would give a wrong, plausible path; they are left unresolved, with the descriptor's number beside them.
"""

from __future__ import annotations

from typing import NamedTuple

from kernel_sources.audit.pathrecord import PARENT, PathFacts
from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.audit.subject import SyscallFacts, syscall
from kernel_sources.audit.twonames import Side, sides_of_link, sides_of_move_mount, sides_of_rename
from kernel_sources.tables import record_types

AT_FDCWD = 0xFFFFFF9C
"""-100 as 32 bits: the directory argument that means the working directory."""

# fmt: off
_DIRECTORY_FIRST = (
    "openat", "openat2", "mkdirat", "mknodat", "fchownat", "futimesat", "newfstatat", "fstatat64", "unlinkat",
    "readlinkat", "fchmodat", "fchmodat2", "faccessat", "faccessat2", "utimensat", "utimensat_time64", "execveat",
    "name_to_handle_at", "statx", "open_tree", "open_tree_attr", "fspick", "mount_setattr", "setxattrat", "getxattrat",
    "listxattrat", "removexattrat", "file_getattr", "file_setattr",
)
# fmt: on
_DIRECTORY_ARGUMENT = {**dict.fromkeys(_DIRECTORY_FIRST, 0), "symlinkat": 1, "fanotify_mark": 3}
"""System call -> the argument that holds the directory of its path."""

_TWO_DIRECTORIES = {"renameat": (0, 2), "renameat2": (0, 2), "linkat": (0, 2), "move_mount": (0, 2)}
"""System call with two paths -> the arguments that hold the directories of the first and of the second."""

_WORKING_DIRECTORY = -100
_UNKNOWN_DIRECTORY = -1


class ResolvedPath(NamedTuple):
    """A path with what its name stands for."""

    path: PathFacts
    """The PATH record."""
    resolved: str | None
    """Absolute path without ``.`` and ``..``, symbolic links not followed; None when the event cannot tell it."""
    dirfd: int | None
    """Descriptor of the directory that the name counts from, when that is not the working directory."""


def cwd(raw: RawEvent) -> str | None:
    """Return the working directory; None when no path was looked up, or the kernel could not tell it.

    It may not be a path: ``<too_long>``, ``<no_memory>``, ``(unreachable)/x``.
    """
    record = raw.first(record_types.CWD)
    return None if record is None else record.text("cwd")


def paths(raw: RawEvent) -> list[PathFacts]:
    """Return the event's paths in the order of their items."""
    found = [PathFacts(record) for record in raw.every(record_types.PATH)]
    if len(found) > 1:
        found.sort(key=lambda path: path.item or 0)
    return found


def resolved_paths(raw: RawEvent) -> list[ResolvedPath]:
    """Return the event's paths, resolved as far as the event itself allows."""
    found = paths(raw)
    if not found:
        return []
    directory = cwd(raw)
    resolved = []
    for path, descriptor in zip(found, _directories(raw, found)):
        name = path.name
        if descriptor != _WORKING_DIRECTORY and _counts_from_directory(name, path.nametype, directory):
            dirfd = None if descriptor == _UNKNOWN_DIRECTORY else descriptor
            resolved.append(ResolvedPath(path, None, dirfd))
        else:
            resolved.append(ResolvedPath(path, join(directory, name), None))
    return resolved


def directory_argument(call: str) -> int | None:
    """Return which argument of a call with one path holds the directory of that path; None when none does."""
    return _DIRECTORY_ARGUMENT.get(call)


def join(directory: str | None, name: str | None) -> str | None:
    """Return an absolute name for ``name`` seen from ``directory``, with ``.``, ``..`` and double slashes removed.

    None when that needs a directory and there is none, or one that is not a path. Symbolic links are not followed.
    """
    if not name:
        return None
    if not name.startswith("/"):
        if not directory or not directory.startswith("/"):
            return None
        name = f"{directory}/{name}"
    if "//" not in name and "/." not in name and name[-1] != "/":
        return name
    kept: list[str] = []
    for part in name.split("/"):
        if part == "..":
            del kept[-1:]
        elif part and part != ".":
            kept.append(part)
    return "/" + "/".join(kept)


def _counts_from_directory(name: str | None, nametype: str | None, directory: str | None) -> bool:
    """Tell whether a name depends on the directory given: a relative one, or the kernel's stand-in for it."""
    return name is not None and (not name.startswith("/") or (nametype == PARENT and name == directory))


def _directories(raw: RawEvent, found: list[PathFacts]) -> list[int]:
    """Return for each path the directory that its name counts from: a descriptor, or one of the two constants above.

    Unknown when the call is not known, and for io_uring, whose records have no arguments.
    """
    call = syscall(raw)
    name = None if call is None else call.name
    if call is None or name is None:
        return [_UNKNOWN_DIRECTORY] * len(found)
    if name in _TWO_DIRECTORIES:
        return _of_two(call, name, found)
    if name == "fanotify_mark" and call.bits == 32:
        # Its 64-bit mask takes two arguments there, and the directory is the fifth, which audit does not record.
        return [_UNKNOWN_DIRECTORY] * len(found)
    argument = _DIRECTORY_ARGUMENT.get(name)
    return [_WORKING_DIRECTORY if argument is None else _descriptor(call, argument)] * len(found)


def _descriptor(call: SyscallFacts, argument: int) -> int:
    value = call.arg(argument)
    if value is None:
        return _UNKNOWN_DIRECTORY
    value &= 0xFFFFFFFF
    return _WORKING_DIRECTORY if value == AT_FDCWD else value


def _of_two(call: SyscallFacts, name: str, found: list[PathFacts]) -> list[int]:
    """Return for each path of a call with two names the directory that it counts from."""
    first, second = (_descriptor(call, argument) for argument in _TWO_DIRECTORIES[name])
    if first == second:
        return [first] * len(found)
    if name == "linkat":
        sides = sides_of_link(found)
    elif name == "move_mount":
        sides = sides_of_move_mount(found, call.success is True)
    else:
        sides = sides_of_rename(found)
    directories = {Side.FIRST: first, Side.SECOND: second, None: _UNKNOWN_DIRECTORY}
    return [directories[side] for side in sides]
