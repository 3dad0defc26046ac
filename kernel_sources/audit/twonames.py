"""Which PATH records of a call with two names belong to which name: rename, link, symlink, move_mount, mount.

The kernel writes records in the order in which it made them, and that is not the order of the arguments. For a rename
within one directory: PARENT, PARENT, DELETE (old), DELETE (what it replaces), CREATE (new), and for an exchange CREATE
(old). For a link: NORMAL (old), PARENT, CREATE (new). For a symbolic link: PARENT, UNKNOWN (its text), CREATE (new).

Since names are fetched before they are looked up (Linux 5.11 for rename, 5.15 for links) the C compiler decides which
of two names is first: measured on 6.18 the new name's PARENT comes first, and after a failure two UNKNOWN names stand
in reverse. Where only that order would tell, the side is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from kernel_sources.audit.pathrecord import CREATE, NORMAL, PARENT, UNKNOWN, PathFacts


class Side(Enum):
    """One of a call's two names, in the order of its arguments."""

    FIRST = 0
    SECOND = 1


class SymbolicLink(NamedTuple):
    """The names of a symbolic link that was made, or was to be made."""

    target: str | None
    """The text that the link holds; None when it is not told."""
    link: str | None
    """The link's own name as the process gave it; None when it is not told."""
    record: PathFacts | None
    """The record of the link itself; its name may be the target's."""


def sides_of_rename(paths: Sequence[PathFacts]) -> list[Side | None]:
    """Tell for each record whether it is of the old name or of the new one; None where that cannot be told.

    A name that is reused from one of the same text and directory (rename onto itself) has no record of its own.
    """
    count = {nametype: sum(path.nametype == nametype for path in paths) for nametype in (PARENT, UNKNOWN)}
    seen: dict[str | None, int] = {}
    sides: list[Side | None] = []
    for path in paths:
        nametype = path.nametype
        again = seen.get(nametype, 0) > 0
        seen[nametype] = seen.get(nametype, 0) + 1
        if nametype == PARENT or (nametype == UNKNOWN and count[UNKNOWN] > 1):
            sides.append(None)
        elif nametype == UNKNOWN:
            # The old name is looked up first; once its parent is known, it is the new one that was not found.
            sides.append(Side.SECOND if count[PARENT] else Side.FIRST)
        else:
            sides.append(Side.SECOND if again != (nametype == CREATE) else Side.FIRST)
    return sides


def sides_of_link(paths: Sequence[PathFacts]) -> list[Side | None]:
    """Tell for each record whether it is of the existing file or of the new name; None where that cannot be told."""
    nametypes = [path.nametype for path in paths]
    sides: list[Side | None] = []
    for position, nametype in enumerate(nametypes):
        if nametype == UNKNOWN and NORMAL not in nametypes:
            # What exists is looked up first; of two names that were not found either may be it.
            sides.append(Side.FIRST if nametypes.count(UNKNOWN) == 1 else None)
        elif nametype == NORMAL and NORMAL not in nametypes[:position]:
            sides.append(Side.FIRST)
        else:
            sides.append(Side.SECOND)
    return sides


def sides_of_move_mount(paths: Sequence[PathFacts], succeeded: bool) -> list[Side | None]:
    """Tell for each record whether it is of what is moved or of where to; None where that cannot be told.

    An empty name, for what is moved by its descriptor, has a record before Linux 6.15 and none since.
    """
    if len(paths) == 1:
        return [Side.SECOND if succeeded else None]
    if any(path.name == "" for path in paths):
        return [Side.FIRST if path.name == "" else Side.SECOND for path in paths]
    return [None] * len(paths)


def symbolic_link(paths: Sequence[PathFacts]) -> SymbolicLink:
    """Tell the names of symlink and symlinkat apart.

    The kernel takes the record of the text for that of the link when both end alike and the text is as long as the
    link's name, so that ``symlink("abc/x", "sub/x")`` is recorded as if ``abc/x`` had been made (``audit_inode_child``
    and ``audit_compare_dname_path`` in the kernel; seen on 6.18). The parent's record gives it away.
    """
    texts = [path for path in paths if path.nametype == UNKNOWN]
    made = next((path for path in paths if path.nametype == CREATE), None)
    parent = next((path for path in paths if path.nametype == PARENT), None)
    if made is None or made.name is None:
        # The link's name went no further than its directory; without that, either may be the unknown one.
        target = texts[0].name if parent is not None and len(texts) == 1 else None
        return SymbolicLink(target, None, None)
    if texts:
        return SymbolicLink(texts[-1].name, made.name, made)
    if parent is None or [path.item for path in paths] != list(range(len(paths))):
        return SymbolicLink(None, None, made)  # records were lost
    prefix = parent.name or ""
    if prefix.endswith("/") and not made.name.startswith(prefix):
        return SymbolicLink(made.name, prefix + made.name[len(prefix) :], made)
    return SymbolicLink(made.name, made.name, made)
