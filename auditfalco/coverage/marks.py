"""Which files fanotify is to watch for the rules: those that rules about opens name.

A mark on a file, or on a directory for the files right in it, costs nobody anything who opens other files, and tells of
opens that audit does not see or tells late. It does not tell writing from reading before the close; a directory that
only writing matters for is left out, since programs read from such ones (/usr/bin, /etc) all day.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from auditfalco.coverage.filters import OPENS
from auditfalco.coverage.needs import SOURCE, holds_in_containers_only, syscalls
from auditfalco.language.tree import And, Check, FieldUse, Literal, LiteralList, Node, Not, Or, fold
from auditfalco.ruleset.rule import Rule
from kernel_sources.procfs.realpath import KERNEL_DIRECTORIES, lies_below

MOST_FILES = 512
MOST_DIRECTORIES = 64

_KERNELS_OWN = (*KERNEL_DIRECTORIES, "/sys")
_FILE_FIELDS = frozenset({"fd.name", "fs.path.name", "evt.abspath"})
_NOT_TOLD = frozenset({"fd.nameraw", "fs.path.nameraw"})
"""What fanotify does not tell: no mark serves a rule that needs one of these."""

_EQUAL = frozenset({"=", "==", "in"})
_PREFIX = frozenset({"startswith", "pmatch"})


class Watched(NamedTuple):
    """Absolute paths to watch wherever they are: of files, and of directories for the files right in them."""

    files: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to watch."""
        return bool(self.files or self.directories)


class WatchList(NamedTuple):
    """What to watch on the host, and what in every container. `left_out` counts paths for which there was no room."""

    host: Watched
    containers: Watched
    left_out: int = 0


def watch_list(rules: Iterable[Rule]) -> WatchList:
    """What the enabled rules about opens name, in their order."""
    everywhere: list[_Named] = []
    inside: list[_Named] = []
    for rule in rules:
        if not rule.enabled or rule.source != SOURCE or rule.events.all_but:
            continue
        if not syscalls(rule.events) & OPENS:
            continue
        found = fold(rule.condition, _names_of).true.named
        if fold(rule.condition, _asks_for_writing):
            found = frozenset(one for one in found if not one.directory)
        (inside if holds_in_containers_only(rule) else everywhere).extend(sorted(found))
    host, missing = _bounded(everywhere)
    containers, missing_inside = _bounded([*everywhere, *inside])
    return WatchList(host, containers, missing + missing_inside)


class _Named(NamedTuple):
    path: str
    directory: bool


class _Names(NamedTuple):
    """What a node names; `whole` says that it can hold for nothing else."""

    named: frozenset[_Named] = frozenset()
    whole: bool = False

    @property
    def cost(self) -> tuple[int, int]:
        """Directories first: a mark on one tells of all its files."""
        return sum(one.directory for one in self.named), len(self.named)


class _Answers(NamedTuple):
    """What is named for a node to be true, and to be false."""

    true: _Names = _Names()
    false: _Names = _Names()


def _names_of(node: Node, below: list[_Answers]) -> _Answers:
    if isinstance(node, Check):
        return _Answers(_of_check(node))
    if isinstance(node, Not):
        return _Answers(below[0].false, below[0].true)
    true, false = [one.true for one in below], [one.false for one in below]
    if isinstance(node, And):
        return _Answers(_all(true), _any(false))
    return _Answers(_any(true), _all(false))


def _all(parts: list[_Names]) -> _Names:
    """What is to be watched where all parts must hold: what any one of them names, if that is the whole of it."""
    whole = [part for part in parts if part.whole]
    return min(whole, key=lambda part: part.cost) if whole else _Names(_any(parts).named)


def _any(parts: list[_Names]) -> _Names:
    named: frozenset[_Named] = frozenset().union(*(part.named for part in parts))
    return _Names(named, all(part.whole for part in parts))


def _of_check(check: Check) -> _Names:
    if not isinstance(check.left, FieldUse) or check.modifier:
        return _Names()
    texts: tuple[str, ...] = ()
    if isinstance(check.right, Literal):
        texts = (check.right.text,)
    elif isinstance(check.right, LiteralList):
        texts = check.right.items
    paths = [text.rstrip("/") for text in texts if _may_be_marked(text)]
    name, operator = check.left.name, check.operator
    if name in _NOT_TOLD:
        return _Names(frozenset(), True)
    if name in _FILE_FIELDS and operator in _EQUAL:
        return _Names(frozenset(_Named(path, False) for path in paths), True)
    if (name in _FILE_FIELDS and operator in _PREFIX) or (name == "fd.directory" and operator in _EQUAL | _PREFIX):
        return _Names(frozenset(_Named(path, True) for path in paths), True)
    return _Names()


def _may_be_marked(path: str) -> bool:
    """Whether a path is a file's; those of the kernel's own file systems are many processes' or none."""
    return path.startswith("/") and len(path.rstrip("/")) > 1 and not lies_below(path, KERNEL_DIRECTORIES)


def _asks_for_writing(node: Node, below: list[bool]) -> bool:
    """Whether a condition is proven to hold for opens for writing only."""
    if isinstance(node, Check):
        return (
            isinstance(node.left, FieldUse)
            and node.left.name in ("evt.is_open_write", "evt.is_open_create")
            and node.operator in _EQUAL
            and isinstance(node.right, Literal)
            and node.right.text == "true"
        )
    if isinstance(node, And):
        return any(below)
    return isinstance(node, Or) and bool(below) and all(below)


def _bounded(named: Iterable[_Named]) -> tuple[Watched, int]:
    distinct = list(dict.fromkeys(named))
    files = [one.path for one in distinct if not one.directory]
    directories = [one.path for one in distinct if one.directory]
    kept = Watched(tuple(files[:MOST_FILES]), tuple(directories[:MOST_DIRECTORIES]))
    return kept, len(distinct) - len(kept.files) - len(kept.directories)
