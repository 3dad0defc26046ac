"""Calls about what a file is: its mode, its owner, its status, its locks; and what a directory holds.

The flags of fchownat are its fifth argument, which no record carries.
"""

from __future__ import annotations

from auditfalco.normalise.call import Builder
from auditfalco.normalise.layout import descriptor, directory, mode, owner, path, recorded_descriptor, telling
from auditfalco.normalise.registers import told_by_registers
from kernel_sources.tables.fileflags import ACCESS, AT, LOCK

_PERMISSIONS = 0o7777

_OWNED_BY_NAME = telling(path("path"), owner("uid", 1), owner("gid", 2))
_OF_NAME = telling(path("path"))
_OF_DESCRIPTOR = telling(descriptor("fd", 0))

BUILDERS: dict[str, Builder] = {
    "chmod": telling(path("filename"), mode("mode", 1, _PERMISSIONS)),
    "fchmod": telling(recorded_descriptor("fd", 0), mode("mode", 1, _PERMISSIONS)),
    "fchmodat": telling(directory("dirfd", 0), path("filename", 0), mode("mode", 2, _PERMISSIONS)),
    "chown": _OWNED_BY_NAME,
    "lchown": _OWNED_BY_NAME,
    "fchown": telling(recorded_descriptor("fd", 0), owner("uid", 1), owner("gid", 2)),
    "fchownat": telling(directory("dirfd", 0), path("pathname", 0), owner("uid", 2), owner("gid", 3)),
    "access": telling(path("name"), told_by_registers(mode=(1, ACCESS))),
    "stat": _OF_NAME,
    "stat64": _OF_NAME,
    "lstat": _OF_NAME,
    "lstat64": _OF_NAME,
    "fstat": _OF_DESCRIPTOR,
    "fstat64": telling(),
    "newfstatat": telling(directory("dirfd", 0), path("path", 0), told_by_registers(flags=(3, AT))),
    "flock": telling(descriptor("fd", 0), told_by_registers(operation=(1, LOCK))),
    "getdents": _OF_DESCRIPTOR,
    "getdents64": _OF_DESCRIPTOR,
}
