"""Which event type an io_uring operation is, and what it takes from its caller.

An operation does what a system call does and is told as that call's event. Where the kernel has two calls for one act
and the operation is either, it is told as the older one, which rules that name only one of them name: `renameat` (the
operation's own name) rather than `renameat2`, `accept` rather than `accept4`.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernel_sources.tables import uring_number

ENTER = "io_uring_enter"
"""The call that submits operations: the names and the address that they are given are in its record."""


@dataclass(frozen=True)
class Operation:
    """What an io_uring operation is.

    Attributes:
        name: the kernel's name of it.
        event_type: the event that it is told as.
        names: how many path names it takes.
        takes_address: whether it takes, or gives, a socket address.
    """

    name: str
    event_type: str
    names: int = 0
    takes_address: bool = False


OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation("openat", "openat", names=1),
        Operation("openat2", "openat2", names=1),
        Operation("renameat", "renameat", names=2),
        Operation("linkat", "linkat", names=2),
        Operation("symlinkat", "symlinkat", names=2),
        Operation("unlinkat", "unlinkat", names=1),
        Operation("mkdirat", "mkdirat", names=1),
        Operation("statx", "statx", names=1),
        Operation("setxattr", "setxattr", names=1),
        Operation("getxattr", "getxattr", names=1),
        Operation("connect", "connect", takes_address=True),
        Operation("bind", "bind", takes_address=True),
        Operation("accept", "accept", takes_address=True),
        Operation("sendmsg", "sendmsg", takes_address=True),
        Operation("recvmsg", "recvmsg", takes_address=True),
        Operation("fsetxattr", "fsetxattr"),
        Operation("fgetxattr", "fgetxattr"),
        Operation("socket", "socket"),
        Operation("listen", "listen"),
        Operation("shutdown", "shutdown"),
        Operation("close", "close"),
        Operation("fallocate", "fallocate"),
        Operation("ftruncate", "ftruncate"),
        Operation("splice", "splice"),
        Operation("tee", "tee"),
        Operation("fsync", "fsync"),
        Operation("sync_file_range", "sync_file_range"),
        Operation("fadvise", "fadvise64"),
        Operation("madvise", "madvise"),
        Operation("epoll_ctl", "epoll_ctl"),
        Operation("epoll_wait", "epoll_wait"),
        Operation("waitid", "waitid"),
        Operation("pipe", "pipe2"),
    )
}
"""Operations by their names; every other one is no event: it is about the ring itself, or about data in flight."""


def operations_for(event_types: frozenset[str]) -> list[Operation]:
    """The operations that are events of some types, in the order of the kernel's numbers."""
    wanted = (operation for operation in OPERATIONS.values() if operation.event_type in event_types)
    return sorted(wanted, key=lambda operation: uring_number(operation.name) or 0)
