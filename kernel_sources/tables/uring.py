"""Operations of io_uring: the ``uring_op=`` of URINGOP records.

Source: ``enum io_uring_op`` in include/uapi/linux/io_uring.h of Linux 6.18.
"""

from __future__ import annotations

URING_OPERATIONS = (
    "nop",
    "readv",
    "writev",
    "fsync",
    "read_fixed",
    "write_fixed",
    "poll_add",
    "poll_remove",
    "sync_file_range",
    "sendmsg",
    "recvmsg",
    "timeout",
    "timeout_remove",
    "accept",
    "async_cancel",
    "link_timeout",
    "connect",
    "fallocate",
    "openat",
    "close",
    "files_update",
    "statx",
    "read",
    "write",
    "fadvise",
    "madvise",
    "send",
    "recv",
    "openat2",
    "epoll_ctl",
    "splice",
    "provide_buffers",
    "remove_buffers",
    "tee",
    "shutdown",
    "renameat",
    "unlinkat",
    "mkdirat",
    "symlinkat",
    "linkat",
    "msg_ring",
    "fsetxattr",
    "setxattr",
    "fgetxattr",
    "getxattr",
    "socket",
    "uring_cmd",
    "send_zc",
    "sendmsg_zc",
    "read_multishot",
    "waitid",
    "futex_wait",
    "futex_wake",
    "futex_waitv",
    "fixed_fd_install",
    "ftruncate",
    "bind",
    "listen",
    "recv_zc",
    "epoll_wait",
    "readv_fixed",
    "writev_fixed",
    "pipe",
)
"""Names in the order of their numbers, from 0."""

_NUMBERS = {name: number for number, name in enumerate(URING_OPERATIONS)}


def uring_name(number: int) -> str | None:
    """Return the name of an io_uring operation, or None when it is younger than this table."""
    return URING_OPERATIONS[number] if 0 <= number < len(URING_OPERATIONS) else None


def uring_number(name: str) -> int | None:
    """Return the number of an io_uring operation, or None."""
    return _NUMBERS.get(name)


UNAUDITED = frozenset(
    {
        "nop",
        "readv",
        "writev",
        "fsync",
        "read_fixed",
        "write_fixed",
        "poll_add",
        "poll_remove",
        "sync_file_range",
        "timeout",
        "timeout_remove",
        "async_cancel",
        "link_timeout",
        "files_update",
        "statx",
        "read",
        "write",
        "fadvise",
        "madvise",
        "send",
        "recv",
        "epoll_ctl",
        "splice",
        "provide_buffers",
        "remove_buffers",
        "tee",
        "socket",
        "send_zc",
        "read_multishot",
        "epoll_wait",
        "readv_fixed",
        "writev_fixed",
    }
)
"""Operations that the kernel never audits (``audit_skip`` in io_uring/opdef.c of Linux 6.18)."""
