"""Calls about files that Falco knows by name alone: which file they are about, for fs.path.name.

Falco gives them no parameters and no fields. A file can be shortened by truncate or handed over by fchmodat2 all the
same, so their file is kept beside the arguments. The mode that fchmodat2 gives is told as fchmodat's: set-user-id bits
are set by it as well.
"""

from __future__ import annotations

from auditfalco.model.event import Argument, Event
from auditfalco.normalise import arguments, naming
from auditfalco.normalise.call import Builder, Call
from auditfalco.normalise.naming import UNKNOWN_ORIGIN
from auditfalco.normalise.paths import named
from kernel_sources.audit import facts
from kernel_sources.audit.facts import Side

# fmt: off
_BY_NAME = (
    "acct", "faccessat", "faccessat2", "fchmodat2", "file_getattr", "file_setattr", "fspick", "fstatat64", "futimesat",
    "getxattr", "getxattrat", "inotify_add_watch", "lgetxattr", "listxattr", "listxattrat", "llistxattr",
    "lremovexattr", "lsetxattr", "mount_setattr", "name_to_handle_at", "oldlstat", "oldstat", "open_tree",
    "open_tree_attr", "readlink", "readlinkat", "removexattr", "removexattrat", "setxattr", "setxattrat", "statfs",
    "statfs64", "statx", "swapoff", "swapon", "truncate", "uselib", "utime", "utimensat", "utimes",
)
_BY_DESCRIPTOR = (
    "fallocate", "fgetxattr", "flistxattr", "fremovexattr", "fsetxattr", "fstatfs", "fstatfs64", "ftruncate",
    "quotactl_fd",
)
# fmt: on

BEYOND_FALCO = {"fchmodat2": ("mode",)}
"""Arguments that are told of calls of which Falco has none, by event type."""


def by_name(call: Call, event: Event) -> None:
    """A call with one name, which may count from a directory; utimensat may mean the descriptor itself."""
    paths = named(call.paths)
    argument = facts.directory_argument(call.facts.name or "")
    dirfd = None if argument is None else call.facts.args[argument]
    if paths and all(path.name == paths[0].name for path in paths):
        event.named_file = naming.spelled(call, paths[-1].name or "", paths[-1], naming.origin(call, dirfd))
    elif event.type == "utimensat" and not call.paths and not call.facts.args[1]:
        by_descriptor(call, event)


def given_a_mode(call: Call, event: Event) -> None:
    """fchmodat2(dirfd, name, mode, flags): as fchmodat, whose argument a rule asks of all calls that change modes."""
    by_name(call, event)
    mode = arguments.parameter_of("fchmodat", "mode")
    event.arguments["mode"] = arguments.number(mode, call.facts.args[2] & 0o7777)


def by_descriptor(call: Call, event: Event) -> None:
    """A call whose first argument is a descriptor of the file."""
    number = arguments.signed32(call.facts.args[0])
    known = call.host.descriptor(call.process, number, call.raw.time_ns) if number >= 0 else None
    known = naming.recorded(call, known)
    if known is not None and known.name is not None and known.name.startswith("/"):
        event.named_file = Argument(known.name_raw or known.name, known.name)


def moved_mount(call: Call, event: Event) -> None:
    """move_mount: where to, as far as it can be told from what is moved."""
    paths = named(call.paths)
    sides = facts.sides_of_move_mount(paths, call.succeeded)
    there = next((path for path, side in zip(paths, sides) if side is Side.SECOND), None)
    if there is not None and there.name is not None:
        event.named_file = naming.spelled(call, there.name, there, naming.origin(call, call.facts.args[2]))


def pivoted(call: Call, event: Event) -> None:
    """pivot_root(new_root, put_old): the working directory in its record is one seen from the new root."""
    paths = named(call.paths)
    if paths and paths[0].name is not None:
        start = UNKNOWN_ORIGIN if call.succeeded else naming.working_directory(call)
        event.named_file = naming.spelled(call, paths[0].name, paths[0], start)


BUILDERS: dict[str, Builder] = {
    **dict.fromkeys(_BY_NAME, by_name),
    **dict.fromkeys(_BY_DESCRIPTOR, by_descriptor),
    "fchmodat2": given_a_mode,
    "move_mount": moved_mount,
    "pivot_root": pivoted,
}
