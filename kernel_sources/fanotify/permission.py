"""A fanotify group of the class that is asked first: whoever opens a marked file waits until it has been answered.

Needs CAP_SYS_ADMIN and a kernel with CONFIG_FANOTIFY_ACCESS_PERMISSIONS.  Closing the group, also by the end of its
process, lets everybody go who waits (fanotify_release() in fs/notify/fanotify/fanotify_user.c).  What keeps the group
open and answers nothing holds up everything on the marked file systems: see :mod:`auditfalco.agent.gate`.

The kernel refuses an open whose event it cannot hand to us, because this process has too many files open or may not
read the file (copy_event_to_user()).  So few events are taken at once, and only file systems should be marked of which
root may read everything.
"""

from __future__ import annotations

import os
import struct
import threading
from types import TracebackType
from typing import Callable, NamedTuple

from pyfanotify import ext

from kernel_sources.errors import from_errno
from kernel_sources.fanotify import marks
from kernel_sources.fanotify.events import METADATA, NO_DESCRIPTOR, Q_OVERFLOW, notices

OPEN_PERM: int = ext.FAN_OPEN_PERM
"""Asked for every open but those of directories."""
OPEN_EXEC_PERM: int = ext.FAN_OPEN_EXEC_PERM
"""Asked for opens in order to execute: of one exec the program, the interpreters of a script, and the loader."""

_RESPONSE = struct.Struct("=iI")
"""``struct fanotify_response``: the event's descriptor, and what becomes of who waits."""

_EVENT_FLAGS = os.O_RDONLY | getattr(os, "O_LARGEFILE", 0) | os.O_CLOEXEC | os.O_NOATIME


class Request(NamedTuple):
    """Somebody waits for our answer.

    Attributes:
        mask: :data:`OPEN_PERM`, :data:`OPEN_EXEC_PERM` or both.
        descriptor: the file, open for reading; ours, closed by :meth:`PermissionGroup.release`.
        tid: the thread that waits, in our pid namespace; 0 for one outside of it.
    """

    mask: int
    descriptor: int
    tid: int


class PermissionGroup:
    """A group that is asked before opens, and allows them all.

    Several threads may use it.

    Args:
        own_descriptor: returns the magic link of one of our descriptors, as ``ProcFS.own_descriptor``.

    Raises:
        NotPermitted: CAP_SYS_ADMIN is missing.
        NotSupported: the kernel has no fanotify.

    Attributes:
        overflows: times the kernel's queue was full; what came then was let through unasked.
    """

    def __init__(self, own_descriptor: Callable[[int], str]) -> None:
        self._own_descriptor = own_descriptor
        self._context: int = ext.create()
        self._closing = threading.Lock()
        self.overflows = 0
        flags = ext.FAN_CLASS_CONTENT | ext.FAN_CLOEXEC | ext.FAN_NONBLOCK | ext.FAN_REPORT_TID
        try:
            self._fd = int(ext.init(self._context, flags, _EVENT_FLAGS))
        except OSError as error:
            raise from_errno(error.errno or 0, "make a fanotify group that is asked first") from error

    def __enter__(self) -> PermissionGroup:
        """Return the group itself; leaving closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the group."""
        self.close()

    def close(self) -> None:
        """Close the group: its marks go, and everybody who waits is let through; closing twice is harmless."""
        with self._closing:
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1

    def fileno(self) -> int:
        """Return the descriptor to wait on; readable when somebody waits."""
        return self._fd

    def mark(self, descriptor: int, mask: int, kind: str = "filesystem") -> None:
        """Have opens asked about.

        Args:
            descriptor: an ``O_PATH`` descriptor of the object, of a directory where ``kind`` is ``filesystem``.
            mask: :data:`OPEN_PERM` or :data:`OPEN_EXEC_PERM`, perhaps with ``EVENT_ON_CHILD``.
            kind: ``inode``, ``mount`` or ``filesystem``.

        Raises:
            NotPermitted, NotSupported, OSError: the kernel refuses.
        """
        link = self._own_descriptor(descriptor)
        found = os.fstat(descriptor)
        mark = marks.Mark(kind, link, mask, found.st_dev, found.st_ino)
        marks.change(self._context, ext.FAN_MARK_ADD, mark, mask, link)

    def unmark_all(self) -> None:
        """Take every mark away.  Who waits already, waits on for an answer.

        Raises:
            OSError: the group is closed.
        """
        for kind in marks.KINDS.values():
            ext.mark(self._context, ext.FAN_MARK_FLUSH | kind, 0, ext.AT_FDCWD, "/")

    def read(self, most: int = 1) -> list[Request]:
        """Return who waits and was not returned before, at most so many, without waiting.

        It can take long nevertheless: the kernel opens the files for us, which waits while somebody holds a lease on
        one (fcntl(2)).

        Raises:
            Malformed: the kernel speaks another version of the format.
            OSError: a file could not be opened for us, whose open the kernel has refused.
        """
        try:
            data = os.read(self._fd, most * METADATA.size)
        except BlockingIOError:
            return []
        found = []
        for notice in notices(data):
            if notice.mask & Q_OVERFLOW:
                self.overflows += 1
            elif notice.descriptor > NO_DESCRIPTOR:
                found.append(Request(notice.mask, notice.descriptor, notice.pid))
        return found

    def allow(self, request: Request) -> bool:
        """Let somebody through; False when that had happened, or the one who waited was killed."""
        try:
            os.write(self._fd, _RESPONSE.pack(request.descriptor, ext.FAN_ALLOW))
        except FileNotFoundError:
            return False
        return True

    def release(self, request: Request) -> None:
        """Close the request's file; only after it has been answered, since the answer goes by its number."""
        os.close(request.descriptor)
