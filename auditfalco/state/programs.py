"""All names of a program that was executed: through links, hard links, copies, the loader and multi-call programs.

A program is told by its file: the one executed, not the path that was spelled; of a script the script and not its
interpreter; of a program that the loader was given, that program. Where a file lies tells whether its name means
something: everybody can make a program called `sshd`, but not in /usr/sbin.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence

from auditfalco.model.names import Names
from auditfalco.model.process import Image, Process
from auditfalco.model.program import Program, cut
from auditfalco.state.filenames import FileNames
from auditfalco.state.programfiles import DIRECTORIES, ProgramFiles
from auditfalco.state.programforms import MULTI_CALL, applet_of, is_script, last_part, loaded_by, script_of
from auditfalco.state.roots import RootedFiles
from kernel_sources.audit.facts import PathFacts, join
from kernel_sources.procfs.realpath import lies_below

SYSTEM_PLACES = (
    "/bin",
    "/gnu/store",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/nix/store",
    "/opt",
    "/sbin",
    "/snap",
    "/usr",
)
"""Directories of the host whose programs are the system's, where root owns them and nobody else may write them."""

_OTHERS_MAY_WRITE = 0o022


class Programs:
    """Finds the names of programs.

    Args:
        names: knows files by their names.
        files: a look at files; None in a replay, which knows what records tell.
        layer_of: of a process and a path, the layer of its container's overlay that has the file: "upper" or "lower",
            None elsewhere or when unknown.
        exe_of: what stat(2) says of the file that a process runs.

    Attributes:
        wanted: whether any rule asks for names of programs.
    """

    def __init__(
        self,
        names: FileNames,
        files: RootedFiles | None,
        layer_of: Callable[[Process, str], str | None],
        exe_of: Callable[[Process], os.stat_result | None] = lambda process: None,
    ) -> None:
        self.wanted = True
        self._names = names
        self._files = files
        self._layer_of = layer_of
        self._exe_of = exe_of
        self._known = ProgramFiles(files) if files is not None else None

    @property
    def evictions(self) -> int:
        """What was forgotten for want of room."""
        return self._known.evictions if self._known is not None else 0

    def watch(self, names: Iterable[str]) -> None:
        """Recognise these programs, which rules name, under whatever other name."""
        listed = list(names)
        self.wanted = bool(listed)
        if self._known is not None:
            self._known.watch((*listed, *MULTI_CALL) if listed else ())

    def executed(self, process: Process, image: Image, paths: Sequence[PathFacts], time_ns: int) -> Program | None:
        """The names of what an exec loaded, from its records and, live, from a look at the file."""
        if not self.wanted or image.comm is None:
            return None
        naming = _Naming(image.comm)
        head = paths[0] if paths else None
        spelled = self._names.of_file(process, process.cwd, head, time_ns) if head is not None else None
        naming.file(spelled)
        interpreter = paths[1].name if len(paths) > 1 else None
        script = is_script(image.argv, interpreter, head.name if head is not None else None)
        real = _real(spelled) if script else image.exe_path
        if real is not None and not script and not image.from_memfd:
            naming.add(last_part(real), trusted=self._is_other_name(process, spelled, real))
        self._place(process, naming, real, head)
        if image.from_memfd:
            self._memory(process, naming)
        self._forms(process, image, naming)
        return naming.program()

    def running(self, process: Process, image: Image) -> Program | None:
        """The names of what a process runs whose exec was not seen, from what /proc shows of it."""
        if not self.wanted or image.comm is None or image.exe_path is None:
            return None
        naming = _Naming(image.comm)
        real: str | None = image.exe_path
        script = script_of(image.argv, image.comm) if cut(last_part(image.exe_path)) != image.comm else None
        if script is not None:
            real = self._real_in_roots(process, join(process.cwd, script))
            naming.add(last_part(real or script))
        elif not image.from_memfd:
            naming.add(last_part(image.exe_path), trusted=self._is_system_link(process, image.comm, image.exe_path))
        self._place(process, naming, real, None)
        if image.from_memfd:
            self._memory(process, naming)
        self._forms(process, image, naming)
        return naming.program()

    def _forms(self, process: Process, image: Image, naming: _Naming) -> None:
        """Name what a program was told to be or to run."""
        called = last_part(image.argv[0]) if image.argv else ""
        applet = applet_of(image.argv, (last_part(image.exe_path or ""), called, *naming.names))
        if applet:
            naming.add(applet)
        loaded = loaded_by(image.argv, image.exe_path)
        if loaded:
            real = self._real_in_roots(process, join(process.cwd, loaded))
            naming.add(last_part(loaded))
            naming.add(last_part(real or loaded))
            self._place(process, naming, real, None)

    def _place(self, process: Process, naming: _Naming, path: str | None, record: PathFacts | None) -> None:
        """Judge a program's file by where it lies, and find out whether it is another program by another name.

        Only of a file that is not the system's is the content looked at.
        """
        if path is None:
            return
        of_system = self._is_of_system(process, path, record)
        if not of_system:
            naming.add(path)
        if self._files is None or self._known is None:
            return
        number = _number_of(record)
        for root in self._names.roots(process):
            if number is not None:  # the file may be gone by now, and its record not
                naming.add(self._known.link_of(root, *number), trusted=of_system)
            status = self._files.stat_in_root(root, path)
            if status is not None:
                naming.add(self._known.link_of(root, status.st_dev, status.st_ino), trusted=of_system)
                if not of_system:
                    for name in self._known.copies_of(root, path, status):
                        naming.add(name)
                return

    def _memory(self, process: Process, naming: _Naming) -> None:
        """Find out whether a program without a file is a copy of another, as long as it runs."""
        status = self._exe_of(process) if process.is_alive else None
        if status is not None and self._known is not None:
            for root in self._names.roots(process):
                for name in self._known.copies_in_memory(root, process.pid, status):
                    naming.add(name)

    def _is_of_system(self, process: Process, path: str, record: PathFacts | None) -> bool:
        """Whether a file lies where the system, or a container's image, keeps its programs."""
        container = process.container
        if container is not None and not container.is_host:
            layer = self._layer_of(process, path)
            return lies_below(path, SYSTEM_PLACES) if layer is None else layer == "lower"
        if not lies_below(path, SYSTEM_PLACES):
            return False
        mode, owner = self._mode_and_owner(process, path, record)
        return owner == 0 and mode is not None and not mode & _OTHERS_MAY_WRITE

    def _mode_and_owner(self, process: Process, path: str, record: PathFacts | None) -> tuple[int | None, int | None]:
        if record is not None and record.mode is not None:
            return record.mode, record.ouid
        for root in self._names.roots(process):
            status = self._files.stat_in_root(root, path) if self._files is not None else None
            if status is not None:
                return status.st_mode, status.st_uid
        return None, None

    def _is_other_name(self, process: Process, spelled: str | None, real: str) -> bool:
        """Whether a program's own path is another name of the path that was spelled, given by the system's links."""
        if isinstance(spelled, Names):
            return real in spelled.trusted
        if (
            self._files is None and spelled is not None
        ):  # a log tells no links: those between system places are believed
            return lies_below(spelled, SYSTEM_PLACES) and lies_below(real, SYSTEM_PLACES)
        return False

    def _is_system_link(self, process: Process, name: str, real: str) -> bool:
        """Whether one of the system's directories has a program of this name that leads to a file."""
        return any(self._real_in_roots(process, f"{directory}/{name}") == real for directory in DIRECTORIES)

    def _real_in_roots(self, process: Process, path: str | None) -> str | None:
        if path is None or self._files is None:
            return None
        for root in self._names.roots(process):
            found = self._files.real_in_root(root, path)
            if found is not None:
                return found[1]
        return None


class _Naming:
    """Gathers the names of one program."""

    def __init__(self, comm: str) -> None:
        self._comm = comm
        self._also: dict[str, None] = {}
        self._trusted: dict[str, None] = {}

    def add(self, name: str | None, *, trusted: bool = False) -> None:
        """Add a name; one that the kernel's is cut from says nothing new, and is trusted as that is."""
        if name:
            (self._trusted if trusted or cut(name) == self._comm else self._also)[name] = None

    def file(self, path: str | None) -> None:
        """Add the names that a file's paths give."""
        if path is None:
            return
        self.add(last_part(str(path)), trusted=True)
        if isinstance(path, Names):
            for other in path.also:
                self.add(last_part(other))
            for other in path.trusted:
                self.add(last_part(other), trusted=True)

    @property
    def names(self) -> tuple[str, ...]:
        """What was gathered so far."""
        return (self._comm, *self._also, *self._trusted)

    def program(self) -> Program:
        """What was gathered."""
        trusted = tuple(name for name in self._trusted if name not in self._also)
        return Program(self._comm, tuple(self._also), trusted)


def _real(spelled: str | None) -> str | None:
    """Where a file lies, of its names the one that is no link's."""
    if isinstance(spelled, Names):
        return next(iter((*spelled.also, *spelled.trusted)), str(spelled))
    return spelled


def _number_of(record: PathFacts | None) -> tuple[int, int] | None:
    """Device and inode of the file in a record."""
    if record is None or record.dev is None or record.inode is None:
        return None
    return os.makedev(*record.dev), record.inode
