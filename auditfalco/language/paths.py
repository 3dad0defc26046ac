"""Path prefixes: the ``pmatch`` operator.

A path is under a prefix when its first components are the prefix's. Slashes at the start, at the end and doubled do
not count; a component of a prefix may be a glob, which then matches exactly one component. Source: libsinsp's
prefix_search.h.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Callable

from auditfalco.language.glob import compile_glob


class PathPrefixes:
    """A tree of path prefixes, by component."""

    __slots__ = ("_below", "_ends", "_globs")

    def __init__(self, prefixes: Iterable[str] = ()) -> None:
        """Make the tree of `prefixes`; without one, nothing matches."""
        self._below: dict[str, PathPrefixes] = {}
        self._globs: list[tuple[Callable[[str], bool], PathPrefixes]] = []
        self._ends = False
        patterns: dict[tuple[int, str], PathPrefixes] = {}
        for prefix in prefixes:
            self._add([component for component in prefix.split("/") if component], patterns)

    def _add(self, components: list[str], patterns: dict[tuple[int, str], PathPrefixes]) -> None:
        node = self
        for component in components:
            if any(special in component for special in "*?["):
                key = (id(node), component)
                if key not in patterns:
                    patterns[key] = PathPrefixes()
                    node._globs.append((compile_glob(component), patterns[key]))
                node = patterns[key]
            else:
                node = node._below.setdefault(component, PathPrefixes())
        node._ends = True

    def match(self, path: str) -> bool:
        """Tell whether `path` is under one of the prefixes, or is one."""
        level = [self]
        if self._ends:
            return True
        for component in path.split("/"):
            if not component:
                continue
            level = [below for node in level for below in node._step(component)]
            if any(node._ends for node in level):
                return True
            if not level:
                return False
        return False

    def _step(self, component: str) -> list[PathPrefixes]:
        reached = [below for matches, below in self._globs if matches(component)]
        below = self._below.get(component)
        if below is not None:
            reached.append(below)
        return reached
