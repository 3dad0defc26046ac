"""A process and the program image it runs.

A fork copies the process but shares its image; an exec gives it a new one. The image is an object of its own because
the two are learnt from different sources: the process connector tells at once *that* an exec happened, the audit
records tell moments later *what* was executed, and a child forked in between must learn it as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from auditfalco.model.container import Container
from auditfalco.model.descriptor import Slot
from auditfalco.model.program import Program


class ProcessKey(NamedTuple):
    """Names one process for ever: `pid` in the initial namespace, `start_ns` in nanoseconds since the epoch."""

    pid: int
    start_ns: int


@dataclass(frozen=True)
class Capabilities:
    """The capability sets of a process as bit masks, bit n being capability n of capabilities(7)."""

    permitted: int
    effective: int
    inheritable: int
    ambient: int = 0


@dataclass(frozen=True)
class ExecutedFile:
    """The file that an image was loaded from: what stat(2) says of it, times in nanoseconds since the epoch.

    `writable` tells whether the user who ran it may also write it; `layer` is "upper" or "lower" on an overlay, else
    None.
    """

    inode: int
    ctime_ns: int | None = None
    mtime_ns: int | None = None
    writable: bool | None = None
    layer: str | None = None


class Environment(NamedTuple):
    """The environment that a program was started with.

    `variables` are NAME=value in their order; without `whole`, what did not fit our bounds was left out.
    """

    variables: tuple[str, ...]
    whole: bool = True


@dataclass(frozen=True)
class Measures:
    """What a process uses at one moment: sizes in KiB, None without memory of its own; page faults since its start."""

    threads: int
    size_kb: int | None
    resident_kb: int | None
    swapped_kb: int | None
    major_faults: int
    minor_faults: int


class Image:
    """What a process executes since its last exec.

    `filled` is False while only the fact of the exec is known. `exec_ns` is when it happened. `argv` is the whole
    argument vector, `exe_path` the file as the kernel resolved it inside the process's root, `comm` the name the kernel
    derived. `program` has the other names of what was executed, None where they are not looked for. `environment` is
    None until it was read. `read_ns` is when this was read from /proc, 0 when a record told it.
    """

    __slots__ = (
        "__weakref__",
        "argv",
        "capabilities",
        "comm",
        "environment",
        "exe_path",
        "exec_ns",
        "file",
        "filled",
        "from_memfd",
        "program",
        "read_ns",
    )

    def __init__(self, exec_ns: int = 0) -> None:
        self.exec_ns = exec_ns
        self.filled = False
        self.read_ns = 0
        self.comm: str | None = None
        self.argv: list[str] | None = None
        self.exe_path: str | None = None
        self.file: ExecutedFile | None = None
        self.program: Program | None = None
        self.from_memfd = False
        self.capabilities: Capabilities | None = None
        self.environment: Environment | None = None


class FormerParent(NamedTuple):
    """A parent that a process had: for certain until `sure_ns`, no more from `left_ns` on, and perhaps in between."""

    sure_ns: int
    left_ns: int
    process: Process


class Process:
    """One process (thread group), alive or remembered as somebody's ancestor.

    Ids are those of the initial namespaces unless they begin with `v`. `login_uid` and `uid` … are None when unknown
    and `login_uid` is -1 when the kernel says "unset". `tty` is Falco's number (major << 8 | minor), 0 without a
    terminal. `container` is HOST, a container, or None when unknown; `place_read` says that its control group was read
    since its last exec, and not too late. Without `start_known`, `start_ns` is the time at
    which the process was first heard of.

    `capabilities` are those that the process gave itself since its last exec; with `capabilities_lost` they were
    changed and it is not known to what. `held` has those in force.

    `parent` is the process's parent now, None when unknown; `former` are those before it; who was parent before
    `parent_since_ns` and is not among them is forgotten. `orphans` are the processes that have this one as a former
    parent. `children` are the living ones, by pid; `strays` counts those of them that `strayed`: that run or are called
    something else than at their fork. `acted_ns` is when it was last known to keep its children.

    `pending` are images that the connector announced and no record has told yet, `past` those that were replaced, the
    oldest first; `names` are the names it took since, each with the time, None for one that is no longer known.
    `doubtful` says that the inherited image may be another's.

    `threads` are the threads beside the first (None: none), if they are known; `leader_gone` says that the first has
    ended, `threads_named` that another took a name of its own. `from_proc` says that the start is as /proc tells it,
    `heard` that a record was certainly its own, `owes_exit` that its pid was used again before its end was told.

    `descriptors` are those that were seen, by number; they may have been closed since (state.descriptors;
    `descriptors_inherited` tells that the parent's were taken over). `last_group` is the group that
    its newest leading child made: (id in the pid namespace, pid of the leader).
    """

    __slots__ = (
        "__weakref__",
        "acted_ns",
        "capabilities",
        "capabilities_lost",
        "children",
        "comm",
        "container",
        "cwd",
        "descriptors",
        "descriptors_inherited",
        "doubtful",
        "egid",
        "euid",
        "exit_ns",
        "former",
        "from_proc",
        "fsgid",
        "fsuid",
        "gid",
        "group_read",
        "heard",
        "image",
        "last_group",
        "leader_gone",
        "login_uid",
        "names",
        "orphans",
        "owes_exit",
        "parent",
        "parent_since_ns",
        "past",
        "pending",
        "pgid",
        "pid",
        "place_read",
        "previous",
        "session_id",
        "sid",
        "start_known",
        "start_ns",
        "strayed",
        "strays",
        "threads",
        "threads_known",
        "threads_named",
        "tty",
        "uid",
        "vpgid",
        "vpid",
        "vsid",
    )

    def __init__(self, pid: int, start_ns: int, parent: Process | None, image: Image) -> None:
        self.pid = pid
        self.start_ns = start_ns
        self.start_known = True
        self.exit_ns: int | None = None
        self.parent = parent
        self.former: tuple[FormerParent, ...] = ()
        self.orphans: list[Process] = []
        self.previous: Process | None = None
        self.parent_since_ns = 0
        self.acted_ns = start_ns
        self.strayed = False
        self.strays = 0
        self.image = image
        self.pending: list[Image] = []
        self.past: tuple[Image, ...] = ()
        self.names: tuple[tuple[int, str | None], ...] = ()
        self.doubtful = False
        self.threads: set[int] | None = None
        self.threads_known = True
        self.threads_named = False
        self.leader_gone = False
        self.from_proc = False
        self.heard = False
        self.owes_exit = False
        self.comm: str | None = None
        self.cwd: str | None = None
        self.tty: int | None = None
        self.uid: int | None = None
        self.euid: int | None = None
        self.fsuid: int | None = None
        self.gid: int | None = None
        self.egid: int | None = None
        self.fsgid: int | None = None
        self.login_uid: int | None = None
        self.session_id: int | None = None
        self.sid: int | None = None
        self.pgid: int | None = None
        self.vpid: int | None = None
        self.vpgid: int | None = None
        self.vsid: int | None = None
        self.container: Container | None = None
        self.place_read = False
        self.capabilities: Capabilities | None = None
        self.capabilities_lost = False
        self.children: dict[int, Process] = {}
        self.group_read = False
        self.last_group: tuple[int, int] | None = None
        self.descriptors: dict[int, Slot] = {}
        self.descriptors_inherited = False

    @property
    def key(self) -> ProcessKey:
        """The process's identity."""
        return ProcessKey(self.pid, self.start_ns)

    @property
    def name(self) -> str | None:
        """The kernel's name of the process (comm): its own when it was ever told, else its image's."""
        return self.comm if self.comm is not None else self.image.comm

    @property
    def held(self) -> Capabilities | None:
        """The capability sets in force; None when they are not known."""
        if self.capabilities_lost:
            return None
        return self.capabilities if self.capabilities is not None else self.image.capabilities

    @property
    def is_alive(self) -> bool:
        """Whether no exit has been seen."""
        return self.exit_ns is None

    def __repr__(self) -> str:
        return f"Process({self.pid}, {self.name!r})"
