"""What of the kernel's calls and operations no event tells, and how grave that is.

A table by hand: a new call or operation that is in none of Falco's events belongs here, with its risk.
"""

from __future__ import annotations

from dataclasses import dataclass

LEVELS = ("high", "medium", "low", "none")
"""From what an attacker gains by using the call in place of one that is seen, to nothing at all."""


@dataclass(frozen=True)
class Risk:
    """How grave it is that something is not seen: one of LEVELS, and why."""

    level: str
    reason: str


_DATA = Risk("high", "moves data through descriptors that are open, and no event tells of it")
_SOCKETS = Risk(
    "medium", "the kernel does not audit it in io_uring; what the socket is used for (connect, bind) is seen"
)
_PASSED = Risk("medium", "passes descriptors or commands on; Falco has no event for it")
_LOOKS = Risk("low", "looks at files or gives advice, and changes nothing; the kernel does not audit it in io_uring")
_FLUSHES = Risk("low", "writes out what was written before; the kernel does not audit it in io_uring")
_RING = Risk("low", "is about waiting or about the ring itself")
_FUTEX = Risk("low", "lets threads of one program wait for each other")
_CLOCK = Risk("low", "tells the time or the processor, mostly without entering the kernel at all (vDSO)")
_LIMITS = Risk("low", "reads a limit or moves within a file; Falco has no event for it")
_MACHINE = Risk("low", "switches the processor into the mode of a virtual 8086; Falco has no event for it")
_GONE = Risk("none", "the kernel has it no more, or never had: it returns ENOSYS")

UNKNOWN = Risk("medium", "younger than this table: nobody has judged it")

OPERATIONS: dict[str, Risk] = {
    **dict.fromkeys(
        (
            "read",
            "write",
            "readv",
            "writev",
            "read_fixed",
            "write_fixed",
            "readv_fixed",
            "writev_fixed",
            "read_multishot",
            "send",
            "recv",
            "send_zc",
            "sendmsg_zc",
            "recv_zc",
            "splice",
            "tee",
        ),
        _DATA,
    ),
    "socket": _SOCKETS,
    **dict.fromkeys(("uring_cmd", "msg_ring", "fixed_fd_install"), _PASSED),
    **dict.fromkeys(("statx", "fadvise", "madvise"), _LOOKS),
    **dict.fromkeys(("fsync", "sync_file_range"), _FLUSHES),
    **dict.fromkeys(
        (
            "nop",
            "poll_add",
            "poll_remove",
            "timeout",
            "timeout_remove",
            "async_cancel",
            "link_timeout",
            "files_update",
            "provide_buffers",
            "remove_buffers",
            "epoll_ctl",
            "epoll_wait",
            "waitid",
        ),
        _RING,
    ),
    **dict.fromkeys(("futex_wait", "futex_wake", "futex_waitv"), _FUTEX),
}
"""Operations of io_uring that may be in no event."""

CALLS: dict[str, Risk] = {
    **dict.fromkeys(("clock_gettime", "clock_gettime64", "clock_getres", "clock_getres_time64"), _CLOCK),
    **dict.fromkeys(("gettimeofday", "time", "getcpu"), _CLOCK),
    **dict.fromkeys(("_llseek", "ugetrlimit", "fadvise64_64"), _LIMITS),
    "vm86old": _MACHINE,
    **dict.fromkeys(
        (
            "afs_syscall",
            "break",
            "ftime",
            "gtty",
            "lock",
            "mpx",
            "newselect",
            "prof",
            "profil",
            "putpmsg",
            "security",
            "stty",
            "sysctl",
            "tuxcall",
            "ulimit",
            "vserver",
        ),
        _GONE,
    ),
}
"""System calls that Falco has no event for, or that a program need not make to have what they give."""

NOT_ALWAYS_MADE = frozenset(name for name, risk in CALLS.items() if risk is _CLOCK)
"""Calls that audit records where they are made, which is seldom."""
