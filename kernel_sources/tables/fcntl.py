"""Commands of fcntl(2) (include/uapi/asm-generic/fcntl.h, include/uapi/linux/fcntl.h)."""

from __future__ import annotations

F_DUPFD, F_SETFD, F_DUPFD_CLOEXEC = 0, 2, 1030
FD_CLOEXEC = 1

FCNTL_COMMANDS = {
    "F_DUPFD": F_DUPFD,
    "F_GETFD": 1,
    "F_SETFD": F_SETFD,
    "F_GETFL": 3,
    "F_SETFL": 4,
    "F_GETLK": 5,
    "F_SETLK": 6,
    "F_SETLKW": 7,
    "F_SETOWN": 8,
    "F_GETOWN": 9,
    "F_SETSIG": 10,
    "F_GETSIG": 11,
    "F_GETLK64": 12,
    "F_SETLK64": 13,
    "F_SETLKW64": 14,
    "F_SETOWN_EX": 15,
    "F_GETOWN_EX": 16,
    "F_OFD_GETLK": 36,
    "F_OFD_SETLK": 37,
    "F_OFD_SETLKW": 38,
    "F_SETLEASE": 1024,
    "F_GETLEASE": 1025,
    "F_NOTIFY": 1026,
    "F_CANCELLK": 1029,
    "F_DUPFD_CLOEXEC": F_DUPFD_CLOEXEC,
    "F_SETPIPE_SZ": 1031,
    "F_GETPIPE_SZ": 1032,
}
"""The commands by name."""
