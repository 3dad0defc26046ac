"""The events of a fanotify group, and how to read them from bytes.

Source: ``struct fanotify_event_metadata`` in ``include/uapi/linux/fanotify.h``, fanotify(7).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from pyfanotify import ext

from kernel_sources.errors import Malformed

OPEN: int = ext.FAN_OPEN
OPEN_EXEC: int = ext.FAN_OPEN_EXEC
"""Opened in order to be executed: of one exec both the program and its loader."""
MODIFY: int = ext.FAN_MODIFY
CLOSE_WRITE: int = ext.FAN_CLOSE_WRITE
CLOSE_NOWRITE: int = ext.FAN_CLOSE_NOWRITE
ON_DIRECTORY: int = ext.FAN_ONDIR
"""Wanted: also events on directories.  Not shown in the events themselves; their ``mode`` tells."""
EVENT_ON_CHILD: int = ext.FAN_EVENT_ON_CHILD
"""Wanted: of a marked directory, events on the files directly in it."""
Q_OVERFLOW: int = ext.FAN_Q_OVERFLOW

NO_DESCRIPTOR = -1

METADATA = struct.Struct("=IBBHQii")
"""Event length, version, reserved, metadata length, mask, descriptor, process number."""

INFO = struct.Struct("=BxHi")
"""An information record with one descriptor in it: kind, length, descriptor."""

INFO_TYPE_PIDFD = 4


class FileEvent(NamedTuple):
    """Something happened to a file.

    Events of one process on one file that wait in the queue are merged by the kernel: ``mask`` may tell of several
    things, and how often they happened is not known.

    Attributes:
        time_ns: when it was read, in nanoseconds since 1970; the kernel does not say when it happened.
        mask: ``FAN_*`` bits of what happened.
        pid: process that did it, in the reader's pid namespace; 0 for one outside of it.
        path: path of the file as the mount namespace of the process has it, no link in it; ends in `` (deleted)`` when
            that name is gone by now.
        device: ``st_dev`` of the file.
        inode: ``st_ino`` of the file.
        mode: ``st_mode`` of the file, its type included.
        open_flags: ``O_*`` bits of each descriptor that the process has on the file, None when that was not asked, or
            the process was gone; empty when it has closed the file since.
        gone: True when the process had ended by the time the event was read, None when the kernel cannot tell.
    """

    time_ns: int
    mask: int
    pid: int
    path: str
    device: int
    inode: int
    mode: int
    open_flags: tuple[int, ...] | None = None
    gone: bool | None = None

    @property
    def opened(self) -> bool:
        """True when the file was opened, for execution or otherwise."""
        return bool(self.mask & (OPEN | OPEN_EXEC))

    @property
    def executed(self) -> bool:
        """True when the file was opened in order to be executed."""
        return bool(self.mask & OPEN_EXEC)

    @property
    def closed_after_writing(self) -> bool:
        """True when a descriptor that was open for writing was closed; it may not have written."""
        return bool(self.mask & CLOSE_WRITE)

    @property
    def closed_after_reading(self) -> bool:
        """True when a descriptor that was not open for writing was closed."""
        return bool(self.mask & CLOSE_NOWRITE)


class Notice(NamedTuple):
    """One event as it comes from the kernel; its descriptors are ours and have to be closed."""

    mask: int
    descriptor: int
    pid: int
    pidfd: int


def notices(data: bytes) -> Iterator[Notice]:
    """Yield the events in what was read from a group.

    Raises:
        Malformed: a length leaves the data, or the kernel speaks another version of the format.
    """
    offset = 0
    while offset < len(data):
        if len(data) - offset < METADATA.size:
            raise Malformed("fanotify event cut short", offset=offset)
        length, version, _, head, mask, descriptor, pid = METADATA.unpack_from(data, offset)
        if version != ext.FANOTIFY_METADATA_VERSION:
            raise Malformed(f"fanotify event of version {version}", offset=offset)
        if not METADATA.size <= head <= length <= len(data) - offset:
            raise Malformed(f"fanotify event length {length} leaves the data", offset=offset)
        yield Notice(mask, descriptor, pid, _pidfd(data, offset + head, offset + length))
        offset += length


def _pidfd(data: bytes, offset: int, end: int) -> int:
    """Return the process descriptor among the information records; negative when there is none."""
    while offset + INFO.size <= end:
        kind, length, descriptor = INFO.unpack_from(data, offset)
        if kind == INFO_TYPE_PIDFD:
            return int(descriptor)
        if length < INFO.size:
            break
        offset += length
    return NO_DESCRIPTOR
