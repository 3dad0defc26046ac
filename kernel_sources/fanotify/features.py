"""What fanotify can do here, found by trying; nothing is marked.

A mark is never set: the kernel is asked to remove one that does not exist, which it refuses with ENOENT if it knows the
kind of mark, and with EINVAL if not (fanotify_mark(2)).
"""

from __future__ import annotations

import errno
import os
from typing import NamedTuple

from pyfanotify import ext

from kernel_sources.errors import KernelSourceError, from_errno
from kernel_sources.fanotify.group import FAN_REPORT_PIDFD

_MARKED = "/"
_EVENT_FLAGS = os.O_RDONLY | os.O_CLOEXEC


class Features(NamedTuple):
    """What fanotify can do for us.

    Attributes:
        process_descriptors: events come with a descriptor of the process (Linux 5.15).
        filesystem_marks: a whole file system can be marked (Linux 4.20).
        permission_events: groups that are asked before an open are allowed (CONFIG_FANOTIFY_ACCESS_PERMISSIONS).
    """

    process_descriptors: bool
    filesystem_marks: bool
    permission_events: bool


def features() -> Features:
    """Try what fanotify can do.

    Raises:
        NotPermitted: CAP_SYS_ADMIN is missing.
        NotSupported: the kernel has no fanotify.
        OSError: this user has as many groups as are allowed.
    """
    plain = ext.FAN_CLASS_NOTIF | ext.FAN_CLOEXEC | ext.FAN_NONBLOCK
    context, descriptor = _group(plain)
    try:
        marks = _knows_mark(context, ext.FAN_MARK_FILESYSTEM, ext.FAN_OPEN)
    finally:
        os.close(descriptor)
    return Features(_can_make(plain | FAN_REPORT_PIDFD), marks, _takes_permission_events())


def _group(flags: int) -> tuple[int, int]:
    """Make a group; returns its context and its descriptor, for the caller to close."""
    context = ext.create()
    try:
        return context, int(ext.init(context, flags, _EVENT_FLAGS))
    except OSError as error:
        raise from_errno(error.errno or 0, "make a fanotify group") from error


def _can_make(flags: int) -> bool:
    try:
        os.close(_group(flags)[1])
    except (KernelSourceError, OSError):
        return False
    return True


def _takes_permission_events() -> bool:
    try:
        context, descriptor = _group(ext.FAN_CLASS_CONTENT | ext.FAN_CLOEXEC | ext.FAN_NONBLOCK)
    except (KernelSourceError, OSError):
        return False
    try:
        return _knows_mark(context, ext.FAN_MARK_INODE, ext.FAN_OPEN_PERM)
    finally:
        os.close(descriptor)


def _knows_mark(context: int, kind: int, mask: int) -> bool:
    directory = os.open(_MARKED, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        ext.mark(context, ext.FAN_MARK_REMOVE | kind, mask, directory, None)
    except OSError as error:
        return error.errno == errno.ENOENT
    finally:
        os.close(directory)
    return True
