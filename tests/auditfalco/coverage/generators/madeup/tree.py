"""A made-up file system: inodes under names, mounts, links, and how a host or a container sees them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

from auditfalco.coverage.files import Link, Links
from kernel_sources.procfs import Mount

_MODES = {"d": 0o40755, "f": 0o100644, "l": 0o120777}
_MOST_LINKS = 40


class Device(NamedTuple):
    """Numbers of a device."""

    major: int
    minor: int


class Number(NamedTuple):
    """What the kernel tells a file by."""

    device: Device
    inode: int


@dataclass(eq=False)
class Entry:
    """A name in its directory, as a dentry of the kernel's: what has two hard links is two of these with one number."""

    name: str
    number: Number
    kind: str
    above: Entry | None = None
    leads: str = ""
    below: dict[str, Entry] = field(default_factory=dict)

    def line(self) -> Iterator[Entry]:
        """Itself and the directories above, up to the root of its file system, wherever that is mounted."""
        here: Entry | None = self
        while here is not None:
            yield here
            here = here.above


class Found(NamedTuple):
    """Where a name leads: what is there (None: nothing), the directory, the last part, and the name without links."""

    entry: Entry | None
    above: Entry
    last: str
    real: str


class FileSystem:
    """One device, and what lies on it."""

    _inodes = count(100)

    def __init__(self, device: Device) -> None:
        self.device = device
        self.root = self._entry("", "d", None)

    def _entry(self, name: str, kind: str, above: Entry | None, leads: str = "", like: Entry | None = None) -> Entry:
        number = Number(self.device, next(self._inodes)) if like is None else like.number
        made = Entry(name, number, kind, above, leads)
        if above is not None:
            above.below[name] = made
        return made

    def make(self, path: str, kind: str = "f", leads: str = "", like: Entry | None = None) -> Entry:
        """Make something, and the directories above it; `like` is a file of which it is a hard link."""
        here = self.root
        *above, last = path.strip("/").split("/")
        for part in above:
            here = here.below.get(part) or self._entry(part, "d", here)
        return here.below.get(last) or self._entry(last, kind, here, leads, like)

    def at(self, path: str) -> Entry:
        """What is at a path of the file system's own."""
        here = self.root
        for part in path.strip("/").split("/"):
            here = here.below[part]
        return here


class View:
    """What processes of one mount namespace see; the longest mount point wins.

    Attributes:
        mounted: what is seen at each mount point, `/` among them.
    """

    def __init__(self, mounted: dict[str, Entry]) -> None:
        self.mounted = mounted

    def find(self, path: str, *, follow: bool = True) -> Found | None:
        """Where an absolute path leads; None if a directory of it is missing. A final link is followed or not."""
        parts, real, links = [part for part in path.split("/") if part], "/", 0
        above, here, last = self.mounted["/"], self.mounted["/"], ""
        while parts:
            part = parts.pop(0)
            if here.kind != "d":
                return None
            if part == ".":
                continue
            if part == "..":
                real = real.rpartition("/")[0] or "/"
                here = self._step(real)
                above, last = here.above or here, here.name
                continue
            spelled = f"{real.rstrip('/')}/{part}"
            entry = self.mounted.get(spelled) or here.below.get(part)
            if entry is None:
                return None if parts else Found(None, here, part, spelled)
            if entry.kind == "l" and (parts or follow):
                links += 1
                if links > _MOST_LINKS:
                    return None
                parts = [*(one for one in entry.leads.split("/") if one), *parts]
                if entry.leads.startswith("/"):
                    here, real = self.mounted["/"], "/"
                continue
            above, here, last, real = here, entry, part, spelled
        return Found(here, above, last, real)

    def _step(self, real: str) -> Entry:
        found = self.find(real, follow=False)
        assert found is not None and found.entry is not None
        return found.entry

    def names_of(self, entry: Entry) -> list[str]:
        """All names by which one entry is seen, through whichever mount; what another mount hides has none."""
        names = []
        for point, root in self.mounted.items():
            parts: list[str] = []
            for one in entry.line():
                if one is root:
                    names.append("/".join([point.rstrip("/"), *reversed(parts)]) or "/")
                    break
                parts.append(one.name)
        return [name for name in names if (there := self.find(name, follow=False)) is not None and there.entry is entry]


class TreeFiles:
    """A view as the agent looks at it (coverage.files); every link is root's."""

    def __init__(self, view: View, mounts: Sequence[Mount]) -> None:
        self._view, self._mounts = view, mounts

    def real(self, path: str) -> str | None:
        """The path without links; None when nothing is there."""
        found = self._view.find(path)
        return None if found is None or found.entry is None else found.real

    def target(self, path: str) -> str:
        """Where a link leads, be there something or not."""
        found = self._view.find(path)
        return path if found is None else found.real

    def mode(self, path: str) -> int | None:
        """Type and permissions of what is there, a link not followed."""
        found = self._view.find(path, follow=False)
        return None if found is None or found.entry is None else _MODES[found.entry.kind]

    def inode(self, path: str) -> int | None:
        """The inode number of what is there."""
        found = self._view.find(path)
        return None if found is None or found.entry is None else found.entry.number.inode

    def links(self, directory: str, most: int) -> Links | None:
        """The links below a directory, what is mounted there left out."""
        found, entries = [], 0
        todo = [directory]
        while todo:
            here = todo.pop()
            at = self._view.find(here)
            for entry in at.entry.below.values() if at is not None and at.entry is not None else ():
                entries += 1
                path = f"{here.rstrip('/')}/{entry.name}"
                if entry.kind == "l":
                    found.append(Link(path, self.target(path), True))
                elif entry.kind == "d" and path not in self._view.mounted:
                    todo.append(path)
        return None if entries > most else Links(tuple(found), entries)

    def mounts(self) -> Sequence[Mount]:
        """The mount table."""
        return self._mounts
