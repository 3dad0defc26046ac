"""Everything that is asked of a proc file system (proc(5)).

A process may end, and its number be used again, between any two reads.  So every answer may be None, and whoever puts
several answers together compares :meth:`ProcFS.start_ticks` before and after, or uses :meth:`ProcFS.is_same`.
"""

from __future__ import annotations

import os
from typing import Union

from kernel_sources.procfs import (
    calls,
    cgroups,
    descriptors,
    files,
    host,
    inroot,
    limits,
    mounts,
    sockets,
    stat,
    status,
)
from kernel_sources.procfs.calls import CallFacts
from kernel_sources.procfs.cgroups import Cgroup
from kernel_sources.procfs.descriptors import FdInfo
from kernel_sources.procfs.limits import Limits
from kernel_sources.procfs.mounts import Mount
from kernel_sources.procfs.sockets import SocketFacts
from kernel_sources.procfs.stat import StatFacts
from kernel_sources.procfs.status import IdRange, StatusFacts

Pid = Union[int, str]
"""A process number, or ``"self"``."""

SMALL = 64 * 1024
"""Bytes read at most of a file with a bounded number of facts."""

STRINGS_LIMIT = 1024 * 1024
"""Bytes read at most of a command line or an environment."""

MOUNTS_LIMIT = 16 * 1024 * 1024
"""Bytes read at most of a mount table."""

SOCKETS_LIMIT = 32 * 1024 * 1024
"""Bytes read at most of a table of sockets: some 200,000 of them."""

ENTRIES_LIMIT = 4 * 1024 * 1024
"""Entries read at most of a directory of numbers; the highest possible pid_max."""

UNSET_ID = 0xFFFFFFFF


def directory_name(pid: int) -> str:
    """Return the name by which processes know a process's directory."""
    return f"/proc/{pid}"


class ProcFS:
    """A proc file system, the live one or a recorded tree.

    Args:
        root: where it is mounted.
        boot: where the boot loader's files lie, among them perhaps the kernel's configuration.
    """

    def __init__(self, root: str = "/proc", boot: str = "/boot") -> None:
        self.mount_point = root.rstrip("/")
        self._boot = boot
        self.clock_ticks = int(os.sysconf("SC_CLK_TCK"))

    def _of(self, pid: Pid, name: str) -> str:
        return f"{self.mount_point}/{pid}/{name}"

    # The machine

    def pids(self) -> list[int]:
        """Return the process numbers in use, ascending; empty when there is no proc file system."""
        return files.numbered_entries(self.mount_point, ENTRIES_LIMIT) or []

    def boot_time_ns(self) -> int:
        """Return when this machine booted, in nanoseconds since 1970; see :func:`host.boot_time_ns`."""
        return host.boot_time_ns()

    def kernel_config(self) -> dict[str, str] | None:
        """Return the options the kernel was built with (``{"CONFIG_AUDIT": "y"}``), None when they are nowhere."""
        for path in (f"{self.mount_point}/config.gz", f"{self._boot}/config-{os.uname().release}"):
            data = files.read(path, host.CONFIG_LIMIT)
            if data is not None:
                return host.parse_config(data)
        return None

    def boot_parameters(self) -> dict[str, str]:
        """Return what the kernel was started with (``{"audit": "1"}``); empty when that cannot be read."""
        return host.parse_boot_parameters(files.read(f"{self.mount_point}/cmdline", SMALL) or b"")

    def sysctl(self, name: str) -> str | None:
        """Return the value of a setting such as ``kernel.pid_max`` (or ``kernel/pid_max``), None when it is absent."""
        return files.read_text(f"{self.mount_point}/sys/{name if '/' in name else name.replace('.', '/')}", SMALL)

    def controllers(self) -> list[str]:
        """Return the controllers of control groups that the kernel has, in its order; empty when there are none."""
        data = files.read(f"{self.mount_point}/cgroups", SMALL) or b""
        lines = files.decode(data).splitlines()
        return [line.split("\t")[0] for line in lines if line and not line.startswith("#")]

    # One process: what it is

    def stat(self, pid: Pid) -> StatFacts | None:
        """Return the facts of the stat line."""
        data = files.read(self._of(pid, "stat"), SMALL)
        return None if data is None else stat.parse(data)

    def start_ticks(self, pid: Pid) -> int | None:
        """Return when the process started, in clock ticks from boot: with its number, its name for all time."""
        facts = self.stat(pid)
        return None if facts is None else facts.start_ticks

    def is_same(self, pid: Pid, start_ticks: int) -> bool:
        """Tell whether the process that started then still has this number."""
        return self.start_ticks(pid) == start_ticks

    def start_time_ns(self, start_ticks: int) -> int:
        """Return a start in clock ticks from boot as nanoseconds since 1970, as exact as the ticks are."""
        return self.boot_time_ns() + start_ticks * 1_000_000_000 // self.clock_ticks

    def status(self, pid: Pid) -> StatusFacts | None:
        """Return ids, capabilities, and numbers in namespaces."""
        data = files.read(self._of(pid, "status"), SMALL)
        return None if data is None else status.parse(data)

    def comm(self, pid: Pid) -> str | None:
        """Return the name of the process, up to 15 bytes."""
        data = files.read(self._of(pid, "comm"), SMALL)
        return None if data is None else files.decode(data[:-1] if data.endswith(b"\n") else data)

    def cmdline(self, pid: Pid) -> list[str] | None:
        """Return the arguments, from number 0; empty for kernel threads and zombies."""
        return self._strings(pid, "cmdline")

    def environ(self, pid: Pid) -> list[str] | None:
        """Return the environment the program was started with, as ``NAME=value``; empty for kernel threads."""
        return self._strings(pid, "environ")

    def _strings(self, pid: Pid, name: str) -> list[str] | None:
        """Read strings that each end with a NUL, the last one perhaps without."""
        data = files.read(self._of(pid, name), STRINGS_LIMIT)
        if data is None:
            return None
        strings = files.decode(data).split("\0")
        return strings if strings[-1] else strings[:-1]

    def loginuid(self, pid: Pid) -> int | None:
        """Return the login uid, None when it is not set (or the kernel has no audit)."""
        return self._set_number(pid, "loginuid")

    def sessionid(self, pid: Pid) -> int | None:
        """Return the audit session, None when it is not set (or the kernel has no audit)."""
        return self._set_number(pid, "sessionid")

    def _set_number(self, pid: Pid, name: str) -> int | None:
        number = files.read_number(self._of(pid, name))
        return None if number == UNSET_ID else number

    def cgroups(self, pid: Pid) -> list[Cgroup] | None:
        """Return the control groups of the process."""
        data = files.read(self._of(pid, "cgroup"), SMALL)
        return None if data is None else cgroups.parse(data)

    def namespace(self, pid: Pid, kind: str) -> int | None:
        """Return the inode number of a namespace; ``kind`` is ``mnt``, ``pid``, ``net``, ``user``, ``cgroup`` …."""
        target = files.read_link(self._of(pid, f"ns/{kind}"))
        if target is None:
            return None
        number = target.partition("[")[2].rstrip("]")
        return int(number) if number.isdecimal() else None

    def limits(self, pid: Pid) -> Limits | None:
        """Return the resource limits of the process."""
        data = files.read(self._of(pid, "limits"), SMALL)
        return None if data is None else limits.parse(data)

    def id_map(self, pid: Pid, kind: str) -> tuple[IdRange, ...]:
        """Return how the process's user namespace maps ids (``kind`` is ``uid`` or ``gid``); empty when it is gone."""
        data = files.read(self._of(pid, f"{kind}_map"), SMALL)
        return () if data is None else status.parse_id_map(data)

    def call(self, tid: Pid) -> CallFacts | None:
        """Return the system call that a waiting thread is in, None when it is in none."""
        data = files.read(self._of(tid, "syscall"), SMALL)
        return None if data is None else calls.parse(data)

    def open_memory(self, tid: Pid) -> int | None:
        """Open the memory of a thread for reading; the descriptor is the caller's to close. None when it is gone."""
        try:
            return os.open(self._of(tid, "mem"), os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            files.raise_unless_absent(error)
            return None

    # One process: where it is

    def exe(self, pid: Pid) -> str | None:
        """Return the path of its program, seen from its root; ends in `` (deleted)`` when the file is gone."""
        return files.read_link(self._of(pid, "exe"))

    def stat_of_exe(self, pid: Pid) -> os.stat_result | None:
        """Return what stat(2) gives of the program's file, wherever it lies and even when it has no name any more."""
        try:
            return os.stat(self._of(pid, "exe"))
        except OSError as error:
            files.raise_unless_absent(error)
            return None

    def open_exe(self, pid: Pid) -> int | None:
        """Open the program's file for reading, wherever it lies; to be closed by the caller. None when it is gone."""
        try:
            return os.open(self._of(pid, "exe"), os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            files.raise_unless_absent(error)
            return None

    def cwd(self, pid: Pid) -> str | None:
        """Return its working directory; ends in `` (deleted)`` when the directory is gone."""
        return files.read_link(self._of(pid, "cwd"))

    def root(self, pid: Pid) -> str | None:
        """Return its root directory; ``/`` also for a process with a mount namespace of its own."""
        return files.read_link(self._of(pid, "root"))

    def root_path(self, pid: Pid) -> str:
        """Return the magic link that opens the root directory of a process, mounts of its own included."""
        return self._of(pid, "root")

    def mountinfo(self, pid: Pid = "self") -> list[Mount] | None:
        """Return the mounts that the process sees."""
        data = files.read(self._of(pid, "mountinfo"), MOUNTS_LIMIT)
        return None if data is None else mounts.parse(data)

    def mounts_path(self, pid: Pid = "self") -> str:
        """Return the file that poll(2) reports as exceptional (POLLPRI) whenever the process's mounts change."""
        return self._of(pid, "mountinfo")

    def own_pid(self) -> int:
        """Return this process's number in the pid namespace that this proc file system belongs to."""
        link = files.read_link(f"{self.mount_point}/self")
        return int(link) if link is not None and link.isdecimal() else os.getpid()

    def open_in_root(self, pid: Pid, path: str, flags: int = os.O_RDONLY) -> int | None:
        """Open a path as the process names it, its links never leading out of its root; None when it is absent.

        Args:
            pid: the process.
            path: absolute path, seen from the root of the process.
            flags: ``O_*`` bits; never blocks on what is no regular file.  The caller closes the descriptor.
        """
        try:
            root = os.open(self._of(pid, "root"), os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            files.raise_unless_absent(error)
            return None
        try:
            return inroot.open_below(root, path, flags | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError as error:
            files.raise_unless_absent(error)
            return None
        finally:
            os.close(root)

    def stat_in_root(self, pid: Pid, path: str, *, follow: bool = True) -> os.stat_result | None:
        """Return what stat(2) of a path gives the process, its links never leading out of its root."""
        descriptor = self.open_in_root(pid, path, os.O_PATH | (0 if follow else os.O_NOFOLLOW))
        if descriptor is None:
            return None
        try:
            return os.fstat(descriptor)
        except OSError as error:
            files.raise_unless_absent(error)
            return None
        finally:
            os.close(descriptor)

    # One process: what it has open

    def own_descriptor(self, number: int) -> str:
        """Return the magic link of one of our own descriptors, for ``readlink`` and for opening it anew."""
        return self._of("self", f"fd/{number}")

    def fds(self, pid: Pid, limit: int = ENTRIES_LIMIT) -> list[int] | None:
        """Return the numbers of the open descriptors, ascending, at most ``limit`` of them."""
        return files.numbered_entries(self._of(pid, "fd"), limit)

    def fd(self, pid: Pid, number: int) -> str | None:
        """Return what a descriptor is open on: a path, or text such as ``socket:[1234]``."""
        return files.read_link(self._of(pid, f"fd/{number}"))

    def stat_of_fd(self, pid: Pid, number: int) -> os.stat_result | None:
        """Return what stat(2) gives of the file that a descriptor is open on."""
        try:
            return os.stat(self._of(pid, f"fd/{number}"))
        except OSError as error:
            files.raise_unless_absent(error)
            return None

    def socket_table(self, pid: Pid, number: int) -> str | None:
        """Return which table of sockets a socket is in (``sockets.TABLES``), as its protocol's name tells.

        None for a descriptor that is no socket, for a protocol without a table, and on a recorded tree.
        """
        try:
            name = os.getxattr(self._of(pid, f"fd/{number}"), "system.sockprotoname")
        except OSError:
            return None  # no socket, or gone
        return sockets.PROTOCOL_TABLES.get(files.decode(name.rstrip(b"\0")))

    def socket(self, pid: Pid, table: str, inode: int) -> SocketFacts | None:
        """Return the facts of a socket in the process's network namespace, None when the table lacks it."""
        data = files.read(self._of(pid, f"net/{table}"), SOCKETS_LIMIT)
        return None if data is None else sockets.find(table, data, inode)

    def local_addresses(self, pid: Pid) -> frozenset[bytes] | None:
        """Return the addresses (packed) of the process's network namespace, None when they cannot be read."""
        routes = files.read(self._of(pid, "net/fib_trie"), MOUNTS_LIMIT)
        addresses = files.read(self._of(pid, "net/if_inet6"), MOUNTS_LIMIT)  # missing without IPv6
        return None if routes is None else sockets.local_ipv4(routes) | sockets.local_ipv6(addresses or b"")

    def fdinfo(self, pid: Pid, number: int) -> FdInfo | None:
        """Return how a descriptor was opened."""
        data = files.read(self._of(pid, f"fdinfo/{number}"), SMALL)
        return None if data is None else descriptors.parse(data)

    def flags_of_open(self, pid: Pid, path: str, device: int, inode: int, limit: int = 1024) -> list[int]:
        """Return the ``O_*`` flags of every descriptor of the process on one file; empty when it has none (any more).

        Args:
            pid: the process.
            path: what the descriptor's link must read.
            device: ``st_dev`` the file must have.
            inode: ``st_ino`` the file must have.
            limit: descriptors looked at, at most.
        """
        found = []
        for number in self.fds(pid, limit) or []:
            if self.fd(pid, number) != path:
                continue
            try:
                status_of_file = os.stat(self._of(pid, f"fd/{number}"))
            except OSError as error:
                files.raise_unless_absent(error)
                continue
            info = self.fdinfo(pid, number)
            if info is not None and (status_of_file.st_dev, status_of_file.st_ino) == (device, inode):
                found.append(info.flags)
        return found
