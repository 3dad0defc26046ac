"""Processes as the live /proc shows them, put into the model's terms."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from auditfalco.model.container import IdMap
from auditfalco.model.process import Capabilities, Image, Measures, Process
from auditfalco.model.program import Program
from auditfalco.state.containers import Place
from auditfalco.state.executables import deleted_name, memfd_name
from auditfalco.state.groups import GroupFacts
from auditfalco.state.processreader import Ahead
from kernel_sources.procfs import Mount, ProcFS, StatFacts, StatusFacts
from kernel_sources.procfs.mounts import seen_in

_SAME_START_NS = 20_000_000
"""Two statements of a start time closer than this are about one process: /proc counts in ticks of 10 ms."""

_FALCO_CONTROLLERS = {"blkio": "io"}
"""Falco has the kernel's inner names of controllers; one was given another name on its first interface."""

_CLOCK_SET_NS = 1_000_000
"""A boot time that has moved by more than this is taken over: the clock was set. Less is the noise of reading it."""


class LiveReader:
    """Answers the process table's questions from /proc; every answer is None once the process is gone.

    Attributes:
        ahead: what the kernel has told already and the tables do not know yet.
        identify: finds the names of the program that an image was read of.
    """

    def __init__(self, proc: ProcFS) -> None:
        self._proc = proc
        self._boot_ns = proc.boot_time_ns()
        self.ahead: Ahead | None = None
        self.identify: Callable[[Process, Image], Program | None] = lambda process, image: None

    def read(self, pid: int) -> Process | None:
        """A process with its image, ids and numbers; its parent and container are the caller's to find."""
        stat, status = self._proc.stat(pid), self._proc.status(pid)
        if stat is None or status is None or stat.pgrp < 0:
            return None
        process = Process(pid, self._start_ns(stat.start_ticks), None, Image())
        process.image.capabilities = Capabilities(
            status.capabilities.permitted,
            status.capabilities.effective,
            status.capabilities.inheritable,
            status.capabilities.ambient,
        )
        _take_over(process, status)
        process.tty, process.sid, process.pgid = stat.tty_nr, stat.session, stat.pgrp
        process.vpid = status.ns_tgids[-1] if status.ns_tgids else None
        process.vpgid = status.ns_pgids[-1] if status.ns_pgids else None
        process.vsid = status.ns_sids[-1] if status.ns_sids else None
        login_uid = self._proc.loginuid(pid)
        process.login_uid = -1 if login_uid is None else login_uid
        process.session_id = self._proc.sessionid(pid)
        process.cwd = self._proc.cwd(pid)
        self.fill_image(process.image, process)
        return process

    def refresh(self, process: Process) -> None:
        """Bring up to date what changes in a process's life without an event that is always told: ids and directory.

        Its image is read only if nothing is known of it.
        """
        status, login_uid = self._proc.status(process.pid), self._proc.loginuid(process.pid)
        cwd = self._proc.cwd(process.pid)
        if status is None or self._stat(process) is None:
            return
        _take_over(process, status)
        process.login_uid = -1 if login_uid is None else login_uid
        process.cwd = cwd or process.cwd
        if not process.image.filled and not process.pending:
            self.fill_image(process.image, process)

    def parent_pid(self, process: Process) -> int | None:
        """The parent now, or when the process ended if that is known; None when it is gone or has none."""
        stat = self._stat(process)
        # Looked at last: what it says of the time before holds for what was read.
        if self.ahead is not None and self.ahead.has_ended(process.pid):
            return self.ahead.last_parent(process.pid)
        return (stat.ppid or None) if stat is not None else None

    def has_ended(self, pid: int) -> bool:
        """Whether the process with a pid is known to have ended since what the tables have been told."""
        return self.ahead is not None and self.ahead.has_ended(pid)

    def is_taken_again(self, pid: int) -> bool:
        """Whether a pid is known to belong to a new process since what the tables have been told."""
        return self.ahead is not None and self.ahead.is_taken_again(pid)

    def is_running(self, process: Process) -> bool:
        """Whether a process, or a thread of it that outlives its first, still runs."""
        stat = self._stat(process)
        return stat is not None and (stat.state not in ("Z", "X") or stat.threads > 1)

    def fill_image(self, image: Image, process: Process) -> None:
        """Complete an image with name, arguments and file of the process that runs it."""
        pid = process.pid
        argv, exe = self._proc.cmdline(pid), self._proc.exe(pid)
        stat = self._stat(process)
        if stat is None or (exe is None and not argv and not stat.is_kernel_thread):  # it is ending: its memory is gone
            return
        if self.ahead is not None and self.ahead.has_changed(pid):
            return
        comm = stat.comm
        image.filled = True
        image.comm = comm
        if argv:
            image.argv = argv
        if exe is not None:
            memfd = memfd_name(exe)
            image.from_memfd = memfd is not None
            image.exe_path = memfd or deleted_name(exe)
        image.program = self.identify(process, image)

    def read_execution(self, image: Image, process: Process) -> int | None:
        """Complete an image that began just now, and its process's ids; returns the inode of the file that it runs."""
        self.fill_image(image, process)
        self.refresh(process)
        if not image.filled:
            return None
        image.read_ns = time.time_ns()
        image.capabilities = self.capabilities(process)
        status = self._proc.stat_of_exe(process.pid)
        return status.st_ino if status is not None else None

    def cgroup_paths(self, pid: int) -> list[str] | None:
        """The control group paths of a process."""
        groups = self._proc.cgroups(pid)
        return None if groups is None else [group.path for group in groups]

    def mounts(self, pid: int | None) -> Sequence[Mount]:
        """The mounts that a process sees; those of the host (our own) for None."""
        return self._proc.mountinfo("self" if pid is None else pid) or ()

    def own_root(self, pid: int) -> str | None:
        """A path to the root of a process while that lives; None when it is the host's own or the process is gone."""
        own, its = self._proc.stat_in_root("self", "/"), self._proc.stat_in_root(pid, "/")
        if own is None or its is None or (own.st_dev, own.st_ino) == (its.st_dev, its.st_ino):
            return None
        return self._proc.root_path(pid)

    def place(self, pid: int) -> Place | None:
        """Where the root of a process is, None when it is the host's own or the process is gone."""
        if self.own_root(pid) is None:
            return None
        root = next((mount for mount in reversed(self.mounts(pid)) if mount.mount_point == "/"), None)
        if root is None:
            return None
        its_own = root.fs_type == "overlay" and root.root == "/"
        upper = None
        if its_own:
            upper = next((option[9:] for option in root.super_options if option.startswith("upperdir=/")), None)
        return Place(seen_in(root, self.mounts(None)), upper, (root.major, root.minor) if its_own else None)

    def start_ns(self, pid: int) -> int | None:
        """When a process started, nanoseconds since the epoch; None when it is gone."""
        ticks = self._proc.start_ticks(pid)
        return None if ticks is None else self._proc.start_time_ns(ticks)

    def shares_namespace(self, pid: int, kind: str) -> bool | None:
        """Whether a process is in our own namespace of a kind ("pid", "net", "ipc"), which is the host's."""
        own, its = self._proc.namespace("self", kind), self._proc.namespace(pid, kind)
        return None if own is None or its is None else own == its

    def id_map(self, pid: int, kind: str) -> IdMap:
        """How a process's user namespace maps "uid" or "gid"; empty where that is our own or the process is gone."""
        its = self._proc.id_map(pid, kind)
        return its if its != self._proc.id_map("self", kind) else ()

    def group_facts(self, process: Process) -> GroupFacts | None:
        """Process group and namespaced numbers of a process, if its pid still belongs to it."""
        stat, status = self._proc.stat(process.pid), self._proc.status(process.pid)
        if stat is None or status is None or not status.ns_tgids or not status.ns_pgids:
            return None
        # Of a process that is being reaped this moment the kernel prints group -1 and namespaced numbers 0.
        if stat.pgrp <= 0 or status.ns_tgids[-1] <= 0:
            return None
        if not self._is_of(process, stat):
            return None
        return GroupFacts(
            stat.pgrp, status.ns_tgids[-1], status.ns_pgids[-1], status.ns_sids[-1] if status.ns_sids else None
        )

    def measures(self, process: Process) -> Measures | None:
        """What a process uses now."""
        stat, status = self._proc.stat(process.pid), self._proc.status(process.pid)
        if stat is None or status is None or not self._is_of(process, stat):
            return None
        return Measures(
            status.threads,
            status.vm_size_kb,
            status.vm_rss_kb,
            status.vm_swap_kb,
            stat.major_faults,
            stat.minor_faults,
        )

    def capabilities(self, process: Process) -> Capabilities | None:
        """The capability sets of a process now."""
        status = self._proc.status(process.pid)
        if status is None or not self._is_alive(process):
            return None
        sets = status.capabilities
        return Capabilities(sets.permitted, sets.effective, sets.inheritable, sets.ambient)

    def descriptor_count(self, process: Process) -> int | None:
        """How many descriptors a process has open now."""
        numbers = self._proc.fds(process.pid)
        return len(numbers) if numbers is not None and self._is_alive(process) else None

    def descriptor_limit(self, process: Process) -> int | None:
        """How many descriptors a process may have open: its soft limit; -1 without one."""
        limits = self._proc.limits(process.pid)
        return limits.open_files if limits is not None and self._is_alive(process) else None

    def control_groups(self, process: Process) -> tuple[tuple[str, str], ...] | None:
        """The control groups of a process, (controller, path) in the kernel's order of controllers.

        A controller that no hierarchy of its own has belongs to the unified one; it is named there by its path, though
        it may be in force further up only.
        """
        groups = self._proc.cgroups(process.pid)
        if groups is None or not self._is_alive(process):
            return None
        by_controller = {name: group.path for group in groups for name in group.controllers}
        unified = next((group.path for group in groups if group.hierarchy == 0 and not group.controllers), None)
        found = ((name, by_controller.get(name, unified)) for name in self._proc.controllers())
        return tuple((_FALCO_CONTROLLERS.get(name, name), path) for name, path in found if path is not None)

    def environment(self, process: Process, exe_path: str | None) -> list[str] | None:
        """The environment of a process as long as it runs a certain program: NAME=value in its order."""
        variables = self._proc.environ(process.pid)
        if not variables or exe_path is None or not self._is_alive(process):
            return None
        exe = self._proc.exe(process.pid)
        return variables if exe is not None and (memfd_name(exe) or deleted_name(exe)) == exe_path else None

    def _is_alive(self, process: Process) -> bool:
        """Whether a pid still belongs to the process: asked after what was read, since then it did before, too."""
        stat = self._proc.stat(process.pid)
        return stat is not None and self._is_of(process, stat)

    def _is_of(self, process: Process, stat: StatFacts) -> bool:
        """Whether a stat line is that of a process; nobody's whose start is not known."""
        if not process.start_known or abs(self._start_ns(stat.start_ticks) - process.start_ns) > _SAME_START_NS:
            return False
        return self.ahead is None or not self.ahead.is_taken_again(process.pid)

    def _stat(self, process: Process) -> StatFacts | None:
        """The stat line of a process, if its pid still belongs to it; one read, so that its facts are of one moment."""
        stat = self._proc.stat(process.pid)
        return stat if stat is not None and self._is_of(process, stat) else None

    def _start_ns(self, ticks: int) -> int:
        """A start in ticks as nanoseconds since the epoch, the same for the same ticks unless the clock is set."""
        boot_ns = self._proc.boot_time_ns()
        if abs(boot_ns - self._boot_ns) > _CLOCK_SET_NS:
            self._boot_ns = boot_ns
        return self._boot_ns + ticks * 1_000_000_000 // self._proc.clock_ticks

    def is_gone(self, process: Process) -> bool:
        """Whether a process's pid belongs to somebody else by now, as far as the process's start is known."""
        stat = self._proc.stat(process.pid)
        if self.ahead is not None and self.ahead.is_taken_again(process.pid):
            return True
        if stat is None or not process.start_known:
            return False
        return abs(self._proc.start_time_ns(stat.start_ticks) - process.start_ns) > _SAME_START_NS


def _take_over(process: Process, status: StatusFacts) -> None:
    """The users and groups that a process has now."""
    process.uid, process.euid, process.fsuid = status.uids.real, status.uids.effective, status.uids.filesystem
    process.gid, process.egid, process.fsgid = status.gids.real, status.gids.effective, status.gids.filesystem
