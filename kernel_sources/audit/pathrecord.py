"""One PATH record: a name that a call was given, and the file that the kernel reached by it."""

from __future__ import annotations

import stat

from kernel_sources.audit import values
from kernel_sources.audit.record import Record

PARENT, DELETE, CREATE, NORMAL, UNKNOWN = "PARENT", "DELETE", "CREATE", "NORMAL", "UNKNOWN"


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
    def file_type(self) -> int | None:
        """The S_IFMT bits of the mode."""
        return None if self.mode is None else stat.S_IFMT(self.mode)

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
