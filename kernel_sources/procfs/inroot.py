"""Open a path as a process sees it, below its root, without ever leaving that root.

A process that is watched chooses the links in its root directory; following ``/proc/<pid>/root/some/link`` by the usual
way would resolve an absolute link against *our* root.  openat2(2) with ``RESOLVE_IN_ROOT`` (Linux 5.6) treats the root
as chroot would; where it is missing, or a seccomp filter forbids it, the path is walked one component at a time.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat

SYS_OPENAT2 = 437
"""The same on every machine but Alpha."""

RESOLVE_NO_MAGICLINKS = 0x02
RESOLVE_IN_ROOT = 0x10

LINK_LIMIT = 40
"""Symbolic links followed for one path, as the kernel has it (path_resolution(7))."""

_WALK_INSTEAD = frozenset(
    {
        errno.ENOSYS,  # older kernels
        errno.EPERM,  # a seccomp filter that does not know the call
        errno.EAGAIN,  # a rename elsewhere while ".." was resolved
    }
)

_PATH_FLAGS = os.O_PATH | os.O_CLOEXEC | os.O_DIRECTORY | os.O_NOFOLLOW
"""All that may go with ``O_PATH``; open(2) ignores other flags, openat2(2) answers ``EINVAL``."""

_O_PATH = os.O_PATH | os.O_CLOEXEC


class _OpenHow(ctypes.Structure):
    """``struct open_how`` of openat2(2)."""

    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


_libc = ctypes.CDLL(None, use_errno=True)


def open_below(root: int, path: str, flags: int) -> int:
    """Open ``path`` with the directory ``root`` as ``/``, and return the new descriptor (close-on-exec).

    Args:
        root: descriptor of the directory that stands for ``/``.
        path: absolute or relative to it, which is the same here.
        flags: ``O_*`` bits; nothing is ever created.  With ``O_NOFOLLOW`` a link at the end is not followed.

    Raises:
        OSError: as open(2); ``ELOOP`` for too many links.
    """
    if "\0" in path:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), path)
    flags |= os.O_CLOEXEC
    if flags & os.O_PATH:
        flags &= _PATH_FLAGS
    try:
        return _openat2(root, path, flags)
    except OSError as error:
        if error.errno not in _WALK_INSTEAD:
            raise
    return walk_below(root, path, flags)


def _openat2(root: int, path: str, flags: int) -> int:
    how = _OpenHow(flags, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
    name = ctypes.c_char_p(os.fsencode(path or "."))
    descriptor = _libc.syscall(
        ctypes.c_long(SYS_OPENAT2), ctypes.c_int(root), name, ctypes.byref(how), ctypes.c_size_t(ctypes.sizeof(how))
    )
    if descriptor < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path)
    return int(descriptor)


def walk_below(root: int, path: str, flags: int) -> int:
    """Do the work of :func:`open_below` without openat2(2).

    A stack of open directories stands for the way from the root, so that ``..`` at the root stays there.
    """
    stack = [os.dup(root)]
    pending = _components(path)
    links = 0
    try:
        while pending:
            name = pending.pop()
            if name == "..":
                if len(stack) > 1:
                    os.close(stack.pop())
                continue
            here = os.open(name, _O_PATH | os.O_NOFOLLOW, dir_fd=stack[-1])
            is_last = not pending
            if stat.S_ISLNK(os.fstat(here).st_mode) and not (is_last and flags & os.O_NOFOLLOW):
                target = _link_target(here)
                links += 1
                if links > LINK_LIMIT:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
                if target.startswith("/"):
                    _close_all(stack[1:])
                    del stack[1:]
                pending.extend(_components(target))
            elif is_last:
                if flags & os.O_PATH and not flags & os.O_DIRECTORY:
                    return here
                os.close(here)
                return os.open(name, flags | os.O_NOFOLLOW, dir_fd=stack[-1])
            else:
                stack.append(here)
        return os.open(".", flags, dir_fd=stack[-1])
    finally:
        _close_all(stack)


def _components(path: str) -> list[str]:
    """Return the components of a path, last one first."""
    return [name for name in reversed(path.split("/")) if name not in ("", ".")]


def _link_target(link: int) -> str:
    """Return the target of the link that is open as ``link``, and close it."""
    try:
        return os.readlink("", dir_fd=link)
    finally:
        os.close(link)


def _close_all(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
