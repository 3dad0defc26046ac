"""The state of one host: everything that events are seen against.

Live, it reads /proc and the engines' state files; in a replay it has no reader and knows what the log told. It is the
World that field extractors ask.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence

from auditfalco.model.container import HOST, Container, id_inside
from auditfalco.model.descriptor import Descriptor
from auditfalco.model.process import Capabilities, Environment, ExecutedFile, Image, Measures, Process
from auditfalco.state.admissions import Admissions
from auditfalco.state.boundedfiles import BoundedFiles
from auditfalco.state.containers import ContainerTable
from auditfalco.state.engines.engine import Engine
from auditfalco.state.environments import Environments
from auditfalco.state.executables import may_write
from auditfalco.state.expectations import Expectations
from auditfalco.state.filenames import FileNames
from auditfalco.state.groups import ProcessGroups
from auditfalco.state.images import newest_image
from auditfalco.state.launchers import Launchers
from auditfalco.state.live_descriptors import LiveDescriptors
from auditfalco.state.open_files import OpenFiles
from auditfalco.state.patience import Patience
from auditfalco.state.processes import ProcessTable
from auditfalco.state.processreader import Ahead
from auditfalco.state.programs import Programs
from auditfalco.state.reader import LiveReader
from auditfalco.state.recordedfiles import RecordedFiles
from auditfalco.state.recovery import recover
from auditfalco.state.truenames import TrueNames
from auditfalco.state.users import UNKNOWN_NAME, UserDirectory
from kernel_sources.audit import facts
from kernel_sources.audit.facts import PathFacts
from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.procfs import ProcFS
from kernel_sources.tables import CAPABILITIES

_AT_FDCWD = 0xFFFFFF9C
_ALL_CAPABILITIES = (1 << len(CAPABILITIES)) - 1


class HostState:
    """Processes, groups, containers and users of one host.

    `proc` is the live door to /proc, or None for a replay, which then never looks at the machine it runs on.
    """

    def __init__(self, hostname: str, proc: ProcFS | None = None, engines: Sequence[Engine] = ()) -> None:
        self.hostname = hostname
        self.first_time_ns = 0
        self._proc = proc
        self._reader = LiveReader(proc) if proc is not None else None
        self._files = BoundedFiles(proc) if proc is not None else None
        self.containers = ContainerTable(self._reader, engines, patience=Patience() if proc is not None else None)
        self.processes = ProcessTable(self._reader, self.containers)
        self.groups = ProcessGroups(self.processes, self._reader)
        self.users = UserDirectory(self._files)
        self.expected = Expectations()
        self.environments = Environments(self._reader)
        self.admissions = Admissions(self.processes, self.containers, self.environments)
        self._true_names = TrueNames(proc, self._files) if proc is not None and self._files is not None else None
        self.names = FileNames(self._files, self._true_names)
        self.programs = Programs(
            self.names, self._files, lambda process, path: self.layer_of(process, path, None), self._exe_status
        )
        if self._reader is not None:
            self._reader.identify = self.programs.running
        live = LiveDescriptors(proc) if proc is not None else None
        self.open_files = OpenFiles(live, self._is_gone)
        self._launchers = Launchers(
            self.processes, self.containers, lambda: self._reader.mounts(None) if self._reader is not None else ()
        )
        self.processes.on_forget = self.open_files.table.forget
        self.recorded_files = RecordedFiles(proc, self._files, self.open_files.table.known, self._root_of)

    def recover(self, time_ns: int) -> None:
        """Set right what is known of processes after some of their events were lost."""
        if self._reader is not None:
            recover(self.processes, self._reader, time_ns)
            self.snapshot()

    @property
    def name_evictions(self) -> int:
        """Other names of files forgotten for want of room."""
        return self._true_names.evictions if self._true_names is not None else 0

    @property
    def unseen_files(self) -> int:
        """Looks at files that were not made or not answered in time, so that some of their names are not known."""
        if self._true_names is None or self._files is None:
            return 0
        deadline = self._files.deadline
        return self._true_names.refusals + deadline.overdue + deadline.refused

    def look_ahead(self, ahead: Ahead) -> None:
        """Let the tables know whose state in /proc is later than theirs."""
        if self._reader is not None:
            self._reader.ahead = ahead

    def watch_files(self, names: Iterable[str]) -> None:
        """Recognise the files of these absolute paths, which rules name, under other names too."""
        if self._true_names is not None:
            self._true_names.watch(names)

    def look_again(self) -> None:
        """Look anew at what changes without an event that tells all; to be called every few seconds."""
        if self._true_names is not None:
            self._true_names.look_again(self.containers.roots())

    def watch_programs(self, names: Iterable[str]) -> None:
        """Recognise these programs, which rules name, under other names too."""
        self.programs.watch(names)

    def hurry_when(self, in_haste: Callable[[], bool]) -> None:
        """Say when there is no time to wait for a container's metadata."""
        if self.containers.patience is not None:
            self.containers.patience.in_haste = in_haste

    def snapshot(self) -> int:
        """Take in every process that runs now; returns their number. Parents are linked once all are known."""
        if self._proc is None or self._reader is None:
            return 0
        pids = self._proc.pids()
        for pid in pids:
            if self.processes.alive(pid) is None:
                now_ns = time.time_ns()
                self.describe_container(self.processes.obtain(pid, now_ns), now_ns)
        for process in self.processes.living():
            self.environments.learn(process, process.image)
        return len(pids)

    # The World of the extractors.

    def expect(self, name: str, argument: str | None) -> None:
        """Take note of what rules ask for."""
        self.expected.note(name, argument)
        self.environments.wanted = self.expected.environments

    def ancestors(self, process: Process, time_ns: int, until_ns: int | None = None) -> list[Process]:
        """The chain from the parent upwards at `time_ns`, or throughout until `until_ns`, as far as it is certain."""
        return self.processes.ancestors(process, time_ns, until_ns)

    def parent(self, process: Process, time_ns: int, until_ns: int | None = None) -> Process | None:
        """The parent at that time; None where that is not certain."""
        return self.processes.parent_at(process, time_ns, until_ns)

    def image(self, process: Process, time_ns: int, until_ns: int | None = None) -> Image:
        """What a process other than the event's ran, and was called, at that time; empty where that is not certain."""
        return self.processes.image_at(process, time_ns, until_ns)

    def find(self, pid: int, time_ns: int) -> Process | None:
        """The process that had a pid at `time_ns`."""
        return self.processes.find(pid, time_ns)

    def process_group(self, process: Process) -> int | None:
        """The process group in the initial pid namespace."""
        return self.groups.of(process)

    def _root_of(self, process: Process) -> str | None:
        """Where the root of a process's place is; of an unknown container, what the process itself shows of it."""
        container: Container | None = process.container
        if container is None:
            return None
        if container.root is None and self._reader is not None and process.is_alive:
            return self._reader.own_root(process.pid)
        return container.root

    def session(self, process: Process) -> int | None:
        """The session in the process's own pid namespace."""
        return self.groups.session_of(process)

    def environment(self, process: Process, image: Image) -> Environment | None:
        """The environment of an image that a process runs."""
        return self.environments.of(process, image)

    def measures(self, process: Process) -> Measures | None:
        """What a process uses now."""
        return self._reader.measures(process) if self._reader is not None and process.is_alive else None

    def descriptor_count(self, process: Process) -> int | None:
        """How many descriptors a process has open now."""
        return self._reader.descriptor_count(process) if self._reader is not None and process.is_alive else None

    def descriptor_limit(self, process: Process) -> int | None:
        """How many descriptors a process may have open now."""
        return self._reader.descriptor_limit(process) if self._reader is not None and process.is_alive else None

    def control_groups(self, process: Process) -> tuple[tuple[str, str], ...] | None:
        """The control groups of a process now, as (controller, path)."""
        return self._reader.control_groups(process) if self._reader is not None and process.is_alive else None

    def user_name(self, process: Process, uid: int) -> str:
        """A user's name where the process lives."""
        inner = self._inside(process, "uid", uid)
        return UNKNOWN_NAME if inner is None else self.users.name(self._root_of(process), inner)

    def group_name(self, process: Process, gid: int) -> str:
        """A group's name where the process lives."""
        inner = self._inside(process, "gid", gid)
        return UNKNOWN_NAME if inner is None else self.users.group_name(self._root_of(process), inner)

    def login_name(self, uid: int) -> str:
        """A login user's name on the host."""
        return self.users.name(HOST.root, uid)

    def user_entry(self, process: Process, uid: int) -> tuple[str, str] | None:
        """A user's home directory and shell where the process lives."""
        inner = self._inside(process, "uid", uid)
        entry = None if inner is None else self.users.lookup(self._root_of(process), inner)
        return None if entry is None else (entry.home, entry.shell)

    def open_descriptor(self, process: Process, number: int) -> Descriptor | None:
        """What a number of a process stands for now."""
        return self.open_files.of(process, number)

    def descriptors(self, process: Process) -> dict[int, Descriptor]:
        """Every descriptor of a process that is known."""
        return self.open_files.all_of(process)

    def is_local_address(self, process: Process, address: bytes) -> bool | None:
        """Whether an address is one of the machine's own where the process lives; None when that is not known."""
        return self.open_files.is_local_address(process, address)

    def _inside(self, process: Process, kind: str, number: int) -> int | None:
        """A user or group id as the process's container counts them."""
        container = process.container
        if container is None:
            return number
        return id_inside(container.uid_map if kind == "uid" else container.gid_map, number)

    # What normalisers need.

    def complete(self, process: Process, time_ns: int) -> None:
        """Look for what is still missing about the place that a process lives in, before one of its events is made."""
        if not self.first_time_ns:
            self.first_time_ns = time_ns
        self.describe_container(process, time_ns)

    def look_at(self, process: Process, time_ns: int) -> None:
        """Read from /proc what no record tells of a process that did something at a time, as far as it is there."""
        self.processes.catch_up(process, time_ns)
        if self._reader is not None and process.is_alive:
            self._reader.refresh(process)
        self.complete(process, time_ns)

    def read_execution(self, process: Process) -> None:
        """Read from /proc what a process runs that has executed something just now, of which no record may come."""
        image = newest_image(process)
        if self._reader is not None and process.is_alive and not image.filled:
            image.file = self.executed_file(process, image, None, (), self._reader.read_execution(image, process))

    def login_uid_now(self, pid: int) -> int | None:
        """The login uid of the process that has a pid now; None when it has none, or cannot be asked."""
        return self._proc.loginuid(pid) if self._proc is not None else None

    def place(self, process: Process, image: Image, paths: Sequence[PathFacts], time_ns: int) -> None:
        """Note where a process is that has just executed something, if it had gone before its control group was read.

        Its file tells, when that is on a container's root, and what started it (state.launchers).
        """
        program = paths[0] if paths else None
        if not process.place_read and program is not None:
            self._place_by_file(process, program, time_ns)
        self._launchers.place(process, image, program, time_ns)
        self.describe_container(process, time_ns)

    def _place_by_file(self, process: Process, program: PathFacts, time_ns: int) -> None:
        if program.dev is None or self._reader is None:
            return
        place = self.containers.of_device(program.dev, time_ns)
        inside = process.container is not None and not process.container.is_host
        if not inside or (place is not None and not place.is_host):
            process.container = place

    def describe_container(self, process: Process, time_ns: int) -> None:
        """Look for what is still missing about the container that a process is in."""
        if process.container is not None:
            self.containers.describe(process.container, process.pid, time_ns)
            if self._true_names is not None and process.container.root is not None:
                self._true_names.look_ahead(process.container.root)

    def capabilities_after_exec(self, process: Process, before: Capabilities | None, raw: RawEvent) -> Capabilities:
        """The capability sets that an exec gave to a process that had those of `before`.

        The kernel records them (BPRM_FCAPS) unless the new effective set is within the ambient one, or root got every
        capability there is (nonroot_raised_pE in security/commoncap.c), so its silence tells them too.
        """
        recorded = facts.capabilities(raw)
        if recorded is not None:
            return Capabilities(
                recorded.permitted or 0, recorded.effective or 0, recorded.inheritable or 0, recorded.ambient or 0
            )
        inheritable = before.inheritable if before is not None else 0
        if process.euid == 0:
            return Capabilities(_ALL_CAPABILITIES, _ALL_CAPABILITIES, inheritable)
        ambient = before.ambient if before is not None else 0
        return Capabilities(ambient, ambient, inheritable, ambient)

    def capabilities_changed(self, process: Process) -> None:
        """Find out what capabilities a process has now that it has taken another user or user namespace.

        The kernel takes or gives some with the user (cap_emulate_setxuid in security/commoncap.c), depending on bits
        that no record shows. A log does not tell, but of a process that has none to lose.
        """
        now = self._reader.capabilities(process) if self._reader is not None and process.is_alive else None
        held = process.held
        if now is not None:
            process.capabilities, process.capabilities_lost = now, False
        elif held is None or held.permitted:
            process.capabilities_lost = True

    def executed_file(
        self, process: Process, image: Image, exe: str | None, paths: Sequence[PathFacts], inode: int | None = None
    ) -> ExecutedFile | None:
        """What is known of the file that an exec loaded; believed when its inode is among those of the records.

        Or when it is `inode`, where there are no records.
        """
        inodes = {number for number in (inode, *(path.inode for path in paths)) if number is not None}
        status = self._stat_executed(process, image, inodes)
        if status is not None:
            layer = None if image.from_memfd or image.exe_path is None else self.layer_of(process, image.exe_path, None)
            writable = may_write(status.st_mode, status.st_uid, status.st_gid, process, image.capabilities)
            return ExecutedFile(status.st_ino, status.st_ctime_ns, status.st_mtime_ns, writable, layer)
        recorded = _recorded_executable(paths, exe, image.argv)
        if recorded is None or recorded.inode is None:
            return None
        writable = None
        if recorded.mode is not None and recorded.ouid is not None and recorded.ogid is not None:
            writable = may_write(recorded.mode, recorded.ouid, recorded.ogid, process, image.capabilities)
        return ExecutedFile(recorded.inode, writable=writable)

    def _stat_executed(self, process: Process, image: Image, inodes: set[int]) -> os.stat_result | None:
        """What stat(2) says of an executed file: by its path, which outlives the process, else by what it runs."""
        if self._proc is None or self._files is None:
            return None
        root = self._root_of(process)
        status = None
        if root is not None and image.exe_path is not None and image.exe_path.startswith("/"):
            status = self._files.stat_in_root(root, image.exe_path)
        if status is None or status.st_ino not in inodes:
            status = self._proc.stat_of_exe(process.pid)
        return status if status is not None and status.st_ino in inodes else None

    def layer_of(self, process: Process, name: str, device: tuple[int, int] | None) -> str | None:
        """Which layer of a container's overlay a file is in, "upper" or "lower"; None elsewhere or when unknown.

        Asked of the file that a name leads to: the layers hold the parts of a path, and not what its links stand for.
        """
        container = process.container
        if (
            container is None
            or container.is_host
            or container.upper is None
            or container.root is None
            or self._files is None
        ):
            return None
        found = self._files.real_in_root(container.root, name)
        if found is None:
            return None
        status, real = found
        if device is not None and (os.major(status.st_dev), os.minor(status.st_dev)) != device:
            return None
        return "lower" if self._files.stat_in_root(container.upper, real, follow=False) is None else "upper"

    def directory(self, process: Process, dirfd: int, cwd: str | None) -> str | None:
        """What names relative to a directory descriptor argument start from; None when unknown."""
        if dirfd & 0xFFFFFFFF == _AT_FDCWD:
            return cwd
        known = self.descriptor(process, dirfd & 0xFFFFFFFF)
        return known.name if known is not None else None

    def descriptor(self, process: Process, number: int, time_ns: int | None = None) -> Descriptor | None:
        """What a descriptor of a process stands for, at a time or now; None when that is not known."""
        return self.open_files.of(process, number, time_ns)

    def remember_descriptor(
        self,
        process: Process,
        number: int,
        descriptor: Descriptor,
        time_ns: int | None = None,
        close_on_exec: bool = False,
    ) -> None:
        """Note a new open file, opened at `time_ns` (now, when that is not told)."""
        at_ns = time.time_ns() if time_ns is None else time_ns
        self.open_files.table.opened(process, number, descriptor, at_ns, close_on_exec)

    def _exe_status(self, process: Process) -> os.stat_result | None:
        return self._proc.stat_of_exe(process.pid) if self._proc is not None else None

    def _is_gone(self, process: Process) -> bool:
        return self._reader is not None and self._reader.is_gone(process)


def _recorded_executable(paths: Sequence[PathFacts], exe: str | None, argv: list[str] | None) -> PathFacts | None:
    """The PATH record of an exec's file: the first, but the second for a script, whose interpreter is what runs.

    The kernel puts a script's interpreter and the script in front of its arguments (fs/binfmt_script.c).
    """
    if len(paths) > 1 and argv is not None and argv[:2] == [paths[1].name, paths[0].name]:
        return paths[1]
    return next((path for path in paths if path.name == exe), paths[0] if paths else None)
