"""Marks: what a fanotify group listens to (fanotify_mark(2)).

A mark belongs to an object (an inode, a mount, a file system), not to a path, and the kernel keeps one mask an object.
What was asked for is remembered here, so that taking one mark away leaves the bits that other marks want.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

from pyfanotify import ext

from kernel_sources.errors import from_errno

KINDS: dict[str, int] = {
    "inode": ext.FAN_MARK_INODE,
    "mount": ext.FAN_MARK_MOUNT,
    "filesystem": ext.FAN_MARK_FILESYSTEM,
}


@dataclass(frozen=True)
class Mark:
    """One subscription.

    Attributes:
        kind: ``inode`` (with :data:`EVENT_ON_CHILD` in the mask: a directory's files), ``mount`` or ``filesystem``.
        path: where the object was found.
        mask: ``FAN_*`` bits of what to listen to.
        device: ``st_dev`` of the object found at ``path``.
        inode: ``st_ino`` of the object found at ``path``.
    """

    kind: str
    path: str
    mask: int
    device: int
    inode: int

    @property
    def object(self) -> tuple[str, int, int, str]:
        """What two marks share when the kernel keeps one mask for both, as far as that can be told.

        A file system is its device; a mount is known only by its path.
        """
        if self.kind == "filesystem":
            return (self.kind, self.device, 0, "")
        return (self.kind, self.device, self.inode, self.path if self.kind == "mount" else "")


def find(path: str, kind: str, mask: int) -> tuple[Mark, int]:
    """Open what a mark is to be set on.

    Returns:
        The mark, and an ``O_PATH`` descriptor of its object, for the caller to close.

    Raises:
        ValueError: an unknown kind.
        OSError: there is nothing at ``path``.
    """
    if kind not in KINDS:
        raise ValueError(f"unknown kind of fanotify mark {kind!r}")
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        found = os.fstat(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return Mark(kind, path, mask, found.st_dev, found.st_ino), descriptor


def change(context: int, operation: int, mark: Mark, mask: int, link: str) -> None:
    """Tell the kernel to add ``mask`` to the object's mask or to remove it from there.

    Args:
        context: the group, as ``ext.create()`` gave it.
        operation: ``ext.FAN_MARK_ADD`` or ``ext.FAN_MARK_REMOVE``.
        mark: the mark concerned.
        mask: bits to add or remove.
        link: magic link of an ``O_PATH`` descriptor of the object, so that no rename can put another in its place.

    Raises:
        NotPermitted, NotSupported, OSError: the kernel refuses.
    """
    flags = operation | KINDS[mark.kind]
    try:
        if mark.kind == "filesystem":
            _change_by_descriptor(context, flags, mask, link)
        else:
            ext.mark(context, flags, mask, ext.AT_FDCWD, link)
    except OSError as error:
        verb = "add" if operation == ext.FAN_MARK_ADD else "remove"
        raise from_errno(error.errno or 0, f"{verb} a fanotify {mark.kind} mark on {mark.path}") from error


def _change_by_descriptor(context: int, flags: int, mask: int, link: str) -> None:
    """Mark a file system through an open file of it.

    Given a path, ``ext.mark`` of pyfanotify 0.3.0 opens the directory itself and keeps it open for good, which would
    hold the mount of a container that is to be stopped.  Given a descriptor and no path it does not.
    """
    if not stat.S_ISDIR(os.stat(link).st_mode):
        raise NotADirectoryError(20, os.strerror(20), link)
    descriptor = os.open(link, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        ext.mark(context, flags, mask, descriptor, None)
    finally:
        os.close(descriptor)
