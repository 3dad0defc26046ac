"""What an event is worth when not all can be had: the order in which the agent gives up events under overload."""

from __future__ import annotations

from auditfalco.model.syscallnames import event_type_of

OPENS = 0
"""Frequent, and mostly harmless."""

CONNECTIONS = 1
"""Calls about sockets."""

NAMES = 2
"""Calls that make, remove or rename files, or change their attributes."""

ORDINARY = 3
"""Everything that is in no other class."""

VITAL = 4
"""Executions, credentials, kernel modules, tracing of other processes, namespaces: never given up."""

_CLASSES: dict[int, tuple[str, ...]] = {
    OPENS: ("open", "openat", "openat2", "creat", "open_by_handle_at", "io_uring_enter"),
    CONNECTIONS: (
        *("socket", "socketpair", "connect", "accept", "accept4", "bind", "listen", "socketcall"),
        *("sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg", "shutdown", "getsockname"),
        *("getpeername", "getsockopt", "setsockopt", "dup", "dup2", "dup3"),
    ),
    NAMES: (
        *("rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat", "mknod", "mknodat"),
        *("link", "linkat", "symlink", "symlinkat", "chmod", "fchmod", "fchmodat", "fchmodat2"),
        *("chown", "fchown", "lchown", "fchownat", "truncate", "ftruncate", "utime", "utimes", "utimensat"),
    ),
    VITAL: (
        *("execve", "execveat", "init_module", "finit_module", "delete_module", "ptrace", "bpf"),
        *("setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid", "setgroups"),
        *("capset", "setns", "unshare", "mount", "umount", "umount2", "pivot_root", "chroot", "move_mount"),
        *("kexec_load", "kexec_file_load", "process_vm_writev", "process_vm_readv", "pidfd_getfd", "setpgid", "setsid"),
    ),
}
_WORTH = {name: worth for worth, names in _CLASSES.items() for name in names}

MEANINGS = {
    OPENS: "opens",
    CONNECTIONS: "calls about sockets",
    NAMES: "calls about names and attributes of files",
    ORDINARY: "other calls",
    VITAL: "executions, credentials, modules, tracing",
}
"""What people call each class."""


def worth_of(call: str) -> int:
    """The worth of a system call, by the kernel's name or Falco's; OPENS to VITAL."""
    worth = _WORTH.get(call)
    return worth if worth is not None else _WORTH.get(event_type_of(call), ORDINARY)
