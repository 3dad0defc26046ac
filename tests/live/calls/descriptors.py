"""Calls that make descriptors of other things than names."""

from __future__ import annotations

from calls.descriptions import descriptor, file
from calls.row import Row

THE_FILE = "<f>{dir}/file"

COPIES = (
    Row(
        "dup",
        "dup",
        "file",
        {"res": THE_FILE, "oldfd": THE_FILE},
        fields=file("{result}", "{dir}/file"),
    ),
    Row(
        "dup2",
        "dup2",
        "file",
        {"res": THE_FILE, "oldfd": THE_FILE, "newfd": THE_FILE},
        fields=file("77", "{dir}/file"),
    ),
    Row(
        "dup3",
        "dup3",
        "file",
        {"res": THE_FILE, "oldfd": THE_FILE, "newfd": THE_FILE, "flags": "O_CLOEXEC"},
        fields=file("78", "{dir}/file"),
    ),
    Row(
        "fcntl",
        "fcntl",
        "file",
        {"res": THE_FILE, "fd": THE_FILE, "cmd": "F_DUPFD", "arg": "32"},
        fields={"fd.name": "{dir}/file", "fd.type": "file"},
    ),
    Row(
        "pidfd_getfd",
        "pidfd_getfd",
        "process",
        {"fd": THE_FILE, "pid_fd": "<P>/proc/{child}", "target_fd": THE_FILE, "flags": "0"},
        fields=file("{result}", "{dir}/file"),
    ),
)

KINDS = (
    Row(
        "pipe2",
        "pipe2",
        "IPC",
        {"res": "0", "fd1": "<p>", "fd2": "<p>", "ino": "{ino}", "flags": "O_NONBLOCK|O_CLOEXEC"},
        fields=descriptor("{fd2}", "pipe", "p", ""),
    ),
    Row(
        "eventfd2",
        "eventfd2",
        "IPC",
        {"res": "<e>", "flags": "O_NONBLOCK", "initval": "3"},
        fields=descriptor("{result}", "event", "e", ""),
    ),
    Row(
        "memfd_create",
        "memfd_create",
        "memory",
        {"fd": "<m>nameless", "name": "nameless", "flags": "MFD_CLOEXEC|MFD_ALLOW_SEALING"},
        fields=descriptor("{result}", "memfd", "m", "nameless"),
    ),
    Row(
        "timerfd_create",
        "timerfd_create",
        "time",
        {"res": "<t>", "clockid": "1", "flags": "0"},
        fields=descriptor("{result}", "timerfd", "t", ""),
    ),
    Row(
        "epoll_create1",
        "epoll_create1",
        "wait",
        {"res": "{result}", "flags": "EPOLL_CLOEXEC"},
        fields=descriptor("{result}", "eventpoll", "l", ""),
    ),
    Row(
        "inotify_init1",
        "inotify_init1",
        "IPC",
        {"res": "<i>", "flags": "O_NONBLOCK"},
        fields=descriptor("{result}", "inotify", "i", ""),
    ),
    Row(
        "signalfd4",
        "signalfd4",
        "signal",
        {"res": "<s>", "flags": "O_CLOEXEC", "fd": "EPERM"},
        absent=("mask",),
        fields=descriptor("{result}", "signalfd", "s", ""),
    ),
    Row(
        "pidfd_open",
        "pidfd_open",
        "process",
        {"fd": "<P>/proc/{child}", "pid": "calls", "flags": "PIDFD_NONBLOCK"},
        fields=descriptor("{result}", "pidfd", "P", "/proc/{child}"),
    ),
    Row(
        "userfaultfd",
        "userfaultfd",
        "file",
        {"res": "{result}", "flags": "O_NONBLOCK|O_CLOEXEC"},
        fields=descriptor("{result}", "userfaultfd", "u", ""),
    ),
    Row("bpf", "bpf", "other", {"fd": "<b>", "cmd": "BPF_MAP_CREATE"}, fields=descriptor("{result}", "bpf", "b", "")),
    Row(
        "io_uring_setup",
        "io_uring_setup",
        "unknown",
        {"res": "{result}", "entries": "4"},
        absent=("sq_entries", "cq_entries", "flags", "sq_thread_cpu", "sq_thread_idle", "features"),
        fields=descriptor("{result}", "io_uring", "r", ""),
    ),
)

ROWS = (*COPIES, *KINDS)
