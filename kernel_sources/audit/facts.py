"""Typed facts of a raw event: the one import for those who read events.

Every function takes a :class:`~kernel_sources.audit.rawevent.RawEvent`, is pure, and raises nothing whatever the
records hold. ``None`` means that the event does not say.
"""

from __future__ import annotations

from kernel_sources.audit.arguments import argc, argv, proctitle, proctitle_truncated
from kernel_sources.audit.multiplexed import SocketCall, meant_call
from kernel_sources.audit.pathrecord import PathFacts
from kernel_sources.audit.paths import ResolvedPath, cwd, directory_argument, join, paths, resolved_paths
from kernel_sources.audit.sockaddr import SockaddrFacts, sockaddr
from kernel_sources.audit.specials import (
    BpfFacts,
    CapabilityFacts,
    CapsetFacts,
    FanotifyFacts,
    LoginFacts,
    MmapFacts,
    ObjectProcess,
    Openat2Facts,
    SocketcallFacts,
    bpf,
    capabilities,
    capset,
    fanotify,
    fd_pair,
    kern_module,
    login,
    mmap,
    obj_pids,
    openat2,
    socketcall,
)
from kernel_sources.audit.subject import (
    SeccompFacts,
    Subject,
    SyscallFacts,
    UringFacts,
    seccomp,
    syscall,
    uring,
    urings,
)
from kernel_sources.audit.twonames import (
    Side,
    SymbolicLink,
    sides_of_link,
    sides_of_move_mount,
    sides_of_rename,
    symbolic_link,
)
from kernel_sources.audit.usermessages import UserMessage, result, user_messages

__all__ = [
    "BpfFacts",
    "CapabilityFacts",
    "CapsetFacts",
    "FanotifyFacts",
    "LoginFacts",
    "MmapFacts",
    "ObjectProcess",
    "Openat2Facts",
    "PathFacts",
    "ResolvedPath",
    "SeccompFacts",
    "Side",
    "SockaddrFacts",
    "SocketCall",
    "SocketcallFacts",
    "Subject",
    "SymbolicLink",
    "SyscallFacts",
    "UringFacts",
    "UserMessage",
    "argc",
    "argv",
    "bpf",
    "capabilities",
    "capset",
    "cwd",
    "directory_argument",
    "fanotify",
    "fd_pair",
    "join",
    "kern_module",
    "login",
    "meant_call",
    "mmap",
    "obj_pids",
    "openat2",
    "paths",
    "proctitle",
    "proctitle_truncated",
    "resolved_paths",
    "result",
    "seccomp",
    "sides_of_link",
    "sides_of_move_mount",
    "sides_of_rename",
    "sockaddr",
    "socketcall",
    "symbolic_link",
    "syscall",
    "uring",
    "urings",
    "user_messages",
]
