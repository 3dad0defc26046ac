"""A fanotify group of the notification class: marks and the reading of events.

Needs CAP_SYS_ADMIN.  Nobody waits for us; when we are too slow the queue overflows, and one event says so.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import threading
import time
from types import TracebackType
from typing import Protocol

from pyfanotify import ext

from kernel_sources.errors import from_errno
from kernel_sources.fanotify import marks
from kernel_sources.fanotify.events import (
    CLOSE_NOWRITE,
    CLOSE_WRITE,
    INFO,
    METADATA,
    NO_DESCRIPTOR,
    Q_OVERFLOW,
    FileEvent,
    Notice,
    notices,
)
from kernel_sources.fanotify.marks import Mark

FAN_REPORT_PIDFD = 0x80
"""Linux 5.15; not among the constants of pyfanotify."""

DESCRIPTORS_AT_ONCE = 64
"""Events taken from the kernel in one read; each comes with an open descriptor, or two."""

_EVENT_FLAGS = os.O_RDONLY | getattr(os, "O_LARGEFILE", 0) | os.O_CLOEXEC | os.O_NOATIME


class Descriptors(Protocol):
    """What a group has to know from the proc file system; ``kernel_sources.procfs.ProcFS`` knows it."""

    def own_descriptor(self, number: int) -> str:
        """Return the magic link of one of our own descriptors."""

    def flags_of_open(self, pid: int, path: str, device: int, inode: int) -> list[int]:
        """Return the ``O_*`` bits of each descriptor that the process has on the file."""


class FanotifyGroup:
    """A group, its marks, and its queue.

    Events of this very process are left out.  Closing the group removes its marks.

    Args:
        descriptors: access to the proc file system.
        with_open_flags: look up, for each open, how the process has the file open; costs a walk over its descriptors.
        unlimited_queue: let the kernel queue events without bound, instead of
            ``/proc/sys/fs/fanotify/max_queued_events``.

    Raises:
        NotPermitted: CAP_SYS_ADMIN is missing.
        NotSupported: the kernel has no fanotify.

    Attributes:
        overflows: times the queue overflowed, each an unknown number of lost events.
        unreadable: events lost because the kernel could not open the file for us, or the file told nothing.
        tells_exits: whether :attr:`FileEvent.gone` is known (Linux 5.15 and later).
    """

    def __init__(
        self, descriptors: Descriptors, *, with_open_flags: bool = False, unlimited_queue: bool = False
    ) -> None:
        self._descriptors = descriptors
        self._with_open_flags = with_open_flags
        self._lock = threading.Lock()
        self._marks: dict[Mark, None] = {}
        self._own_pid = os.getpid()
        self.overflows = 0
        self.unreadable = 0
        self.tells_exits = True
        # The extension frees a context only in its own event loop, which is not used here: each group leaves some
        # 2 KiB behind, which is of no account since a process makes few.
        self._context: int = ext.create()
        self._fd = self._open(unlimited_queue)

    def _open(self, unlimited_queue: bool) -> int:
        """Make the group, with process descriptors where the kernel has them."""
        flags = ext.FAN_CLASS_NOTIF | ext.FAN_CLOEXEC | ext.FAN_NONBLOCK
        if unlimited_queue:
            flags |= ext.FAN_UNLIMITED_QUEUE
        try:
            try:
                return int(ext.init(self._context, flags | FAN_REPORT_PIDFD, _EVENT_FLAGS))
            except OSError as error:
                if error.errno != errno.EINVAL:
                    raise
                self.tells_exits = False
                return int(ext.init(self._context, flags, _EVENT_FLAGS))
        except OSError as error:
            raise from_errno(error.errno or 0, "make a fanotify group") from error

    def __enter__(self) -> FanotifyGroup:
        """Return the group itself; leaving closes it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the group."""
        self.close()

    def close(self) -> None:
        """Close the group, which removes all its marks; closing twice is harmless."""
        with self._lock:
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1
            self._marks.clear()

    def fileno(self) -> int:
        """Return the descriptor to wait on; readable when events are waiting."""
        return self._fd

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The marks set here and not removed since."""
        with self._lock:
            return tuple(self._marks)

    def mark(self, path: str, mask: int, kind: str = "inode") -> Mark:
        """Listen to ``mask`` on the object at ``path`` (links are followed).

        Args:
            path: a file or directory; for a file system, any directory of it.
            mask: ``FAN_*`` bits from :mod:`kernel_sources.fanotify.events`.
            kind: ``inode``, ``mount`` or ``filesystem``.

        Returns:
            The mark, for :meth:`unmark`.

        Raises:
            NotPermitted: CAP_SYS_ADMIN is missing.
            OSError: there is no such path, or too many marks.
        """
        with self._lock:
            mark, descriptor = marks.find(path, kind, mask)
            try:
                link = self._descriptors.own_descriptor(descriptor)
                marks.change(self._context, ext.FAN_MARK_ADD, mark, mask, link)
            finally:
                os.close(descriptor)
            self._marks[mark] = None
            return mark

    def unmark(self, mark: Mark) -> bool:
        """Take one mark away, leaving what other marks want of the same object.

        Returns:
            False when the mark is not ours, or another object is at its path by now: then nothing is removed, and the
            old object keeps its mark until it or the group goes.
        """
        with self._lock:
            if mark not in self._marks:
                return False
            del self._marks[mark]
            unwanted = mark.mask
            for other in self._marks:
                if other.object == mark.object:
                    unwanted &= ~other.mask
            return not unwanted or self._remove(mark, unwanted)

    def _remove(self, mark: Mark, mask: int) -> bool:
        try:
            found, descriptor = marks.find(mark.path, mark.kind, mark.mask)
        except OSError:
            return False  # the object has gone, and its mark with it
        try:
            if found.object != mark.object:
                return False
            marks.change(self._context, ext.FAN_MARK_REMOVE, mark, mask, self._descriptors.own_descriptor(descriptor))
        except FileNotFoundError:
            return False  # the kernel has dropped the mark itself
        finally:
            os.close(descriptor)
        return True

    def read_batch(self, limit: int = 1024) -> list[FileEvent]:
        """Return up to ``limit`` waiting events without waiting for more.

        Events left out (our own) count towards the limit too, so a list shorter than ``limit`` does not mean that
        nothing is waiting.

        Raises:
            Malformed: the kernel speaks another version of the format.
        """
        found: list[FileEvent] = []
        seen = 0
        while seen < limit:
            room = min(limit - seen, DESCRIPTORS_AT_ONCE)
            try:
                data = os.read(self._fd, room * (METADATA.size + INFO.size))
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno in (errno.EBADF, errno.EINVAL):
                    raise
                # The kernel took the event off its queue, then failed to open the file for us (EMFILE, ENXIO, …).
                self.unreadable += 1
                seen += 1
                continue
            waiting = list(notices(data))
            seen += len(waiting)
            try:
                found.extend(self._events(waiting))
            finally:
                _close(waiting)
        return found

    def _events(self, waiting: list[Notice]) -> list[FileEvent]:
        """Turn what the kernel gave into events."""
        now = time.time_ns()
        found = []
        for notice in waiting:
            if notice.mask & Q_OVERFLOW:
                self.overflows += 1
            elif notice.pid != self._own_pid:
                event = self._event(notice, now)
                if event is not None:
                    found.append(event)
        return found

    def _event(self, notice: Notice, now: int) -> FileEvent | None:
        """Ask the event's descriptor for the file; None, counted, when it does not tell."""
        if notice.descriptor < 0:
            self.unreadable += 1
            return None
        try:
            path = os.readlink(self._descriptors.own_descriptor(notice.descriptor))
            file = os.fstat(notice.descriptor)
        except OSError:
            self.unreadable += 1
            return None
        flags: tuple[int, ...] | None = None
        if self._with_open_flags and notice.mask & ~(CLOSE_WRITE | CLOSE_NOWRITE):
            flags = tuple(self._descriptors.flags_of_open(notice.pid, path, file.st_dev, file.st_ino))
        gone = _has_ended(notice.pidfd) if self.tells_exits else None
        if gone:
            flags = None  # they may be those of another process that has the number now
        return FileEvent(now, notice.mask, notice.pid, path, file.st_dev, file.st_ino, file.st_mode, flags, gone)


def _has_ended(pidfd: int) -> bool:
    """Tell whether the process has ended; a negative number stands for one that had when the event was read."""
    if pidfd < 0:
        return True
    poller = select.poll()
    poller.register(pidfd, select.POLLIN)
    return bool(poller.poll(0))


def _close(waiting: list[Notice]) -> None:
    """Close every descriptor that came with the events."""
    for notice in waiting:
        for descriptor in (notice.descriptor, notice.pidfd):
            if descriptor > NO_DESCRIPTOR:
                with contextlib.suppress(OSError):  # close(2) may tell of an old write error; closed it is all the same
                    os.close(descriptor)
