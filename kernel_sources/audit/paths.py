"""Files of an event: CWD and PATH records, and what paths they stand for.

A PATH record has the name *as the process gave it* (relative, through symbolic links, ``..``) and the inode and device
that the kernel reached by it. Relative names count from the working directory only if the call was not given another
directory: for ``openat(7, "x")`` the kernel logs CWD all the same, and for the directory itself (nametype PARENT) it
even prints the working directory as name, with the inode of the real one (``audit_log_name()`` in kernel/auditsc.c).
Joining those would give a wrong, plausible path; they are left unresolved, with the descriptor's number beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kernel_sources.audit import values
from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.audit.record import Record
from kernel_sources.audit.subject import SyscallFacts, syscall
from kernel_sources.tables import record_types

AT_FDCWD = 0xFFFFFF9C
"""-100 as 32 bits: the directory argument that means the working directory."""

PARENT, DELETE, CREATE, NORMAL, UNKNOWN = "PARENT", "DELETE", "CREATE", "NORMAL", "UNKNOWN"

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


class PathFacts:
    """One PATH record. A view: it reads its record's fields when asked."""

    __slots__ = ("_fields", "record")

    def __init__(self, record: Record) -> None:
        self.record = record
        self._fields = record.fields

    @property
    def item(self) -> int | None:
        """Position among the event's paths, in the order in which the kernel met them."""
        return values.decimal(self._fields.get("item"))

    @property
    def name(self) -> str | None:
        """The name as the process gave it; None when the kernel has none (a file reached by descriptor)."""
        return values.string(self._fields.get("name"))

    @property
    def nametype(self) -> str | None:
        """PARENT, CREATE, DELETE, NORMAL or UNKNOWN (not found); None in logs of Linux before 3.0."""
        return self._fields.get("nametype") or self._fields.get("objtype")

    @property
    def inode(self) -> int | None:
        """Number of the file finally reached, symbolic links followed; None when none was."""
        return values.decimal(self._fields.get("inode"))

    @property
    def dev(self) -> tuple[int, int] | None:
        """(major, minor) of the file system that the file is on."""
        return values.device(self._fields.get("dev"))

    @property
    def mode(self) -> int | None:
        """Type and permission bits of the file, as st_mode."""
        return values.octal(self._fields.get("mode"))

    @property
    def ouid(self) -> int | None:
        """Owner of the file."""
        return values.identifier(self._fields.get("ouid"))

    @property
    def ogid(self) -> int | None:
        """Group of the file."""
        return values.identifier(self._fields.get("ogid"))

    @property
    def rdev(self) -> tuple[int, int] | None:
        """(major, minor) of the device that a device file stands for."""
        return values.device(self._fields.get("rdev"))


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
        first, second = (_descriptor(call, argument) for argument in _TWO_DIRECTORIES[name])
        return [second if is_second else first for is_second in _of_second_name(name, found)]
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


def _of_second_name(call: str, found: list[PathFacts]) -> Iterator[bool]:
    """Yield for each path of a call with two names whether it is of the second.

    rename: PARENT (old), PARENT (new), DELETE (old), DELETE (what it replaces), CREATE (new), and for an exchange
    CREATE (old). link: NORMAL (old), PARENT (new), CREATE (new). A name that was not found is UNKNOWN.
    """
    seen: set[str | None] = set()
    for path in found:
        nametype = path.nametype
        again = nametype in seen
        seen.add(nametype)
        if call == "linkat":
            yield again or nametype in (PARENT, CREATE, DELETE)
        else:
            yield again != (nametype == CREATE and call != "move_mount")
