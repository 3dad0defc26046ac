"""A made-up /proc for the tables of processes, containers and groups: it shows what the test says, at any moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from auditfalco.model.container import IdMap
from auditfalco.model.process import Image, Process
from auditfalco.state.containers import ContainerTable, Place
from auditfalco.state.groups import GroupFacts
from auditfalco.state.processes import ProcessTable
from kernel_sources.procfs import Mount

START_NS = 1_700_000_000_000_000_000
MS = 1_000_000


@dataclass
class Running:
    """One process as /proc would show it."""

    start_ns: int
    ppid: int
    comm: str
    argv: list[str]
    exe: str
    cgroup: str
    pgid: int
    vpid: int
    vpgid: int


class MadeUpProc:
    """Implements every protocol through which the state looks at /proc."""

    def __init__(self) -> None:
        self._running: dict[int, Running] = {}
        self.looked_at: list[int] = []
        self.running: set[int] = set()
        self.mount_tables: dict[int | None, Sequence[Mount]] = {}
        self.places: dict[int, Place] = {}
        self.shared: set[str] = set()
        self.id_maps: dict[int, IdMap] = {}

    def run(
        self,
        pid: int,
        ppid: int = 0,
        exe: str = "/bin/sh",
        cgroup: str = "/user.slice",
        start_ms: int = 0,
        pgid: int = 0,
        vpid: int = 0,
        vpgid: int = 0,
    ) -> None:
        """Let /proc show a process, or another state of one."""
        name = exe.rpartition("/")[2]
        group, own = pgid or pid, vpid or pid
        self._running[pid] = Running(
            START_NS + start_ms * MS, ppid, name, [name, "-x"], exe, cgroup, group, own, vpgid or (vpid or group)
        )

    def stop(self, *pids: int) -> None:
        """Let /proc know these processes no more."""
        for pid in pids:
            del self._running[pid]

    def read(self, pid: int) -> Process | None:
        """As LiveReader."""
        self.looked_at.append(pid)
        facts = self._running.get(pid)
        if facts is None:
            return None
        process = Process(pid, facts.start_ns, None, Image())
        process.vpid = facts.vpid
        self.fill_image(process.image, process)
        return process

    def parent_pid(self, process: Process) -> int | None:
        """As LiveReader."""
        facts = self._running.get(process.pid)
        return (facts.ppid or None) if facts is not None else None

    def has_ended(self, pid: int) -> bool:
        """As LiveReader: nothing is ahead here."""
        return False

    def is_taken_again(self, pid: int) -> bool:
        """As LiveReader: nothing is ahead here."""
        return False

    def is_running(self, process: Process) -> bool:
        """As LiveReader: none has threads that outlive the first here; `running` says who runs."""
        return process.pid in self.running

    def fill_image(self, image: Image, process: Process) -> None:
        """As LiveReader."""
        facts = self._running.get(process.pid)
        if facts is not None:
            image.filled, image.comm, image.argv, image.exe_path = True, facts.comm, facts.argv, facts.exe

    def cgroup_paths(self, pid: int) -> list[str] | None:
        """As LiveReader."""
        facts = self._running.get(pid)
        return None if facts is None else [facts.cgroup]

    def mounts(self, pid: int | None) -> Sequence[Mount]:
        """As LiveReader."""
        return self.mount_tables.get(pid, ())

    def place(self, pid: int) -> Place | None:
        """As LiveReader."""
        return self.places.get(pid)

    def own_root(self, pid: int) -> str | None:
        """As LiveReader."""
        return f"/proc/{pid}/root" if pid in self.places else None

    def start_ns(self, pid: int) -> int | None:
        """As LiveReader."""
        facts = self._running.get(pid)
        return None if facts is None else facts.start_ns

    def shares_namespace(self, pid: int, kind: str) -> bool | None:
        """As LiveReader."""
        return kind in self.shared if pid in self._running else None

    def id_map(self, pid: int, kind: str) -> IdMap:
        """As LiveReader."""
        return self.id_maps.get(pid, ())

    def group_facts(self, process: Process) -> GroupFacts | None:
        """As LiveReader."""
        facts = self._running.get(process.pid)
        return None if facts is None else GroupFacts(facts.pgid, facts.vpid, facts.vpgid)


@pytest.fixture
def proc() -> MadeUpProc:
    """A /proc that is empty at first."""
    return MadeUpProc()


@pytest.fixture
def containers(proc: MadeUpProc) -> ContainerTable:
    """The containers of that /proc, described by no engine."""
    return ContainerTable(proc)


@pytest.fixture
def table(proc: MadeUpProc, containers: ContainerTable) -> ProcessTable:
    """The processes of that /proc."""
    return ProcessTable(proc, containers, clock=lambda: START_NS - 1000 * MS)


@pytest.fixture
def offline() -> ProcessTable:
    """A process table without any /proc, as in a replay."""
    return ProcessTable(None, ContainerTable(None))
