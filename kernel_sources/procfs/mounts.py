"""``/proc/<pid>/mountinfo``: the mounts a process sees (proc(5), fs/proc_namespace.c)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Mount:
    """One mount.

    Attributes:
        id: number of the mount, unique while it is mounted.
        parent: number of the mount it is mounted on.
        major: device of the file system, as ``st_dev`` of the files in it has it.
        minor: likewise.
        root: path inside the file system that is mounted here (``/`` unless a part of it is).
        mount_point: where, seen from the process's root.
        options: options of the mount, such as ``("rw", "nosuid")``.
        fs_type: type of the file system, such as ``overlay``.
        source: device or other source; ``none`` often.
        super_options: options of the file system itself, such as ``("lowerdir=/a:/b",)``.
    """

    id: int
    parent: int
    major: int
    minor: int
    root: str
    mount_point: str
    options: tuple[str, ...]
    fs_type: str
    source: str
    super_options: tuple[str, ...]


_OCTAL = re.compile(rb"\\([0-7]{3})")


def unescape(word: bytes) -> str:
    """Undo the kernel's escapes: blank, tab, newline, backslash (and ``#``) stand as backslash and three digits."""
    if b"\\" in word:
        word = _OCTAL.sub(lambda match: bytes([int(match.group(1), 8) & 0xFF]), word)
    return word.decode("utf-8", "surrogateescape")


def parse(data: bytes) -> list[Mount]:
    """Return the mounts in the file's order; lines that are no mounts (the last one may be cut) are passed over."""
    mounts = []
    for line in data.split(b"\n"):
        mount = _mount(line)
        if mount is not None:
            mounts.append(mount)
    return mounts


def _mount(line: bytes) -> Mount | None:
    """Return the mount of one line; between the options and the `` - `` stands any number of optional fields."""
    words = line.split(b" ")
    try:
        dash = words.index(b"-", 6)
        major, _, minor = words[2].partition(b":")
        return Mount(
            id=int(words[0]),
            parent=int(words[1]),
            major=int(major),
            minor=int(minor),
            root=unescape(words[3]),
            mount_point=unescape(words[4]),
            options=_options(words[5]),
            fs_type=unescape(words[dash + 1]),
            source=unescape(words[dash + 2]),
            super_options=_options(words[dash + 3]),
        )
    except (ValueError, IndexError):
        return None


def _options(word: bytes) -> tuple[str, ...]:
    return tuple(unescape(option) for option in word.split(b",") if option)


def seen_in(mount: Mount, mounts: Iterable[Mount]) -> str | None:
    """Return where another mount table shows what is mounted: below the closest mount of the same device, or None."""
    best: str | None = None
    best_root = -1
    for candidate in mounts:
        root = candidate.root.rstrip("/")
        if (candidate.major, candidate.minor) != (mount.major, mount.minor):
            continue
        if mount.root != candidate.root and not mount.root.startswith(root + "/"):
            continue
        if len(root) > best_root:
            best_root = len(root)
            best = candidate.mount_point.rstrip("/") + mount.root[len(root) :].rstrip("/") or "/"
    return best
