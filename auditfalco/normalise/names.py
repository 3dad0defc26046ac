"""Calls that make, change and remove names: directories, links, device files, renames.

The flags of renameat2 and linkat are their fifth arguments, which no record carries. A name that was there already, or
was not there, is in no record: the kernel found its directory and then nothing to write about (mkdir that fails with
EEXIST, unlink with ENOENT).
"""

from __future__ import annotations

from auditfalco.model.event import Event
from auditfalco.normalise import naming
from auditfalco.normalise.call import Builder, Call
from auditfalco.normalise.layout import directory, mode, path, telling
from auditfalco.normalise.naming import origin, working_directory
from auditfalco.normalise.registers import told_by_registers
from kernel_sources.tables.fileflags import AT

_MODE = 0o177777
"""Type and permissions of a file."""


def _both_here(call: Call, event: Event) -> None:
    naming.tell_rename(call, event, working_directory(call), working_directory(call))


def _both(call: Call, event: Event) -> None:
    args = call.facts.args
    naming.tell_rename(call, event, origin(call, args[0]), origin(call, args[2]))


def _linked_here(call: Call, event: Event) -> None:
    naming.tell_link(call, event, working_directory(call), working_directory(call))


def _linked(call: Call, event: Event) -> None:
    args = call.facts.args
    naming.tell_link(call, event, origin(call, args[0]), origin(call, args[2]))


def _symbolic_here(call: Call, event: Event) -> None:
    naming.tell_symbolic_link(call, event, working_directory(call))


def _symbolic(call: Call, event: Event) -> None:
    naming.tell_symbolic_link(call, event, origin(call, call.facts.args[1]))


_RENAME_AT = telling(directory("olddirfd", 0), directory("newdirfd", 2), _both)

BUILDERS: dict[str, Builder] = {
    "mkdir": telling(path("path"), told_by_registers(mode=1)),
    "mkdirat": telling(directory("dirfd", 0), path("path", 0), told_by_registers(mode=2)),
    "mknod": telling(path("path"), mode("mode", 1, _MODE), told_by_registers(dev=2)),
    "mknodat": telling(directory("dirfd", 0), path("path", 0), mode("mode", 2, _MODE), told_by_registers(dev=3)),
    "rmdir": telling(path("path")),
    "unlink": telling(path("path")),
    "unlinkat": telling(directory("dirfd", 0), path("name", 0), told_by_registers(flags=(2, AT))),
    "rename": telling(_both_here),
    "renameat": _RENAME_AT,
    "renameat2": _RENAME_AT,
    "link": telling(_linked_here),
    "linkat": telling(directory("olddir", 0), directory("newdir", 2), _linked),
    "symlink": telling(_symbolic_here),
    "symlinkat": telling(directory("linkdirfd", 1), _symbolic),
}
