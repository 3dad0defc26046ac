"""The absolute names of the files that calls name, as far as they can be known and are not contradicted.

A record has a name as it was spelled, and the device and inode of what it led to. Where a name counts from is told by
the record (the working directory) or by a descriptor, which is looked up after the call and may be another one by then.
A name pieced together so is given only if it leads to what was recorded, or nothing can be looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from auditfalco.model.names import Names, mapped
from auditfalco.model.process import Process
from auditfalco.state.roots import RootedFiles
from auditfalco.state.truenames import TrueNames, same_file
from kernel_sources.audit.facts import PathFacts, join


class FileNames:
    """Names of files. Without files to look at, as in a replay, it takes names as they are told."""

    def __init__(self, files: RootedFiles | None = None, true_names: TrueNames | None = None) -> None:
        self._files = files
        self._true_names = true_names

    def of_file(
        self, process: Process, start: str | None, path: PathFacts, time_ns: int, *, certain: bool = True
    ) -> str | None:
        """The name of a file that a call named, with its other names where they are known (model.names).

        A file whose name cannot be known, but that a rule names, has the name that the rule gives it. None when it
        cannot be known at all.

        Args:
            process: who named it.
            start: the directory that a relative name counts from.
            path: the record.
            time_ns: time of the event.
            certain: whether the record told `start`, and not a descriptor.
        """
        may = None if certain else lambda name: self.agrees(process, name, path)
        found = None if path.name is None else _joined(start, path.name, may)
        if found is None:
            return self.by_number(process, path)
        if self._true_names is None:
            return found[1]
        return self._true_names.of(process, found[0], found[1], path, time_ns)

    def of_entry(
        self,
        process: Process,
        start: str | None,
        spelled: str,
        file: PathFacts,
        parents: Sequence[PathFacts],
        time_ns: int,
        *,
        certain: bool = True,
    ) -> str | None:
        """The name of a directory's entry that a call made or removed, with the directory's other names.

        As `of_file`, but known by the directory, since what was removed is no longer there to look at.

        Args:
            process: who named it.
            start: the directory that a relative name counts from.
            spelled: the name.
            file: the record of what was made or removed.
            parents: records of directories of the call, one of which may be the entry's.
            time_ns: time of the event.
            certain: whether the record told `start`, and not a descriptor.
        """
        known = [parent for parent in parents if parent.inode is not None]

        def fits(name: str) -> bool:
            return not known or any(self.agrees(process, _above(name), parent) for parent in known)

        found = _joined(start, spelled, None if certain else fits)
        if found is None:
            return self.by_number(process, file)
        as_spelled, name = found
        if self._true_names is None:
            return name
        last = name.rpartition("/")[2]
        for parent in known:
            names = self._true_names.of(process, _above(as_spelled.rstrip("/")), _above(name), parent, time_ns)
            if type(names) is Names:
                return mapped(names, lambda place: f"{place.rstrip('/')}/{last}")
        return name

    def by_number(self, process: Process, path: PathFacts) -> str | None:
        """The name by which rules know the file of a record; None when they name none such."""
        return None if self._true_names is None else self._true_names.known_name(process, path)

    def roots(self, process: Process) -> list[str]:
        """Where to look for what a process names, the likeliest place first; nowhere in a replay."""
        return [root for root, _ in self._true_names.roots(process)] if self._true_names is not None else []

    def agrees(self, process: Process, name: str, path: PathFacts) -> bool:
        """Whether a name may be that of the file that a record is about.

        Told by inode and device, where the process's root may be; the file may be a link itself (lchown, unlink). What
        cannot be looked at (a replay, a file that is gone) contradicts nothing.
        """
        if self._files is None or self._true_names is None or path.inode is None:
            return True
        contradicted = False
        for root, is_its_own in self._true_names.roots(process):
            found = [self._files.stat_in_root(root, name, follow=follow) for follow in (True, False)]
            if any(status is not None and same_file(status, path) for status in found):
                return True
            contradicted = contradicted or (is_its_own and found != [None, None])
        return not contradicted


def _joined(start: str | None, spelled: str, leads: Callable[[str], bool] | None) -> tuple[str, str] | None:
    """A name joined to the directory that it counts from: as the kernel went it, and put straight.

    A directory opened through a link has other names, and `..` leads up from where it lies, so that name is tried
    first. `leads` tells whether a name may lead to what was recorded. None when no name does, or the directory is
    unknown.
    """
    absolute = spelled.startswith("/")
    places: Sequence[str | None] = start.all if isinstance(start, Names) else (start,)
    for place in reversed(places) if ".." in spelled.split("/") else places:
        name = join(place, spelled)
        if name is not None and (leads is None or absolute or leads(name)):
            return spelled if absolute else f"{place}/{spelled}", name
    return None


def _above(path: str) -> str:
    """The directory that an absolute path's last part is in."""
    return path.rpartition("/")[0] or "/"
