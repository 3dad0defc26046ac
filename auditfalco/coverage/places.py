"""Where the names that rules use lead, in the terms of an audit rule.

The kernel keeps the watch of a name (`path=`) true by itself: the name may be missing, replaced or made again, as long
as its directory stays. It does not look through a link at the end of the name, nor at what is mounted there. A
directory (`dir=`) is asked for as it is now, with what is mounted below it now. So links and mounts are looked up here:

- A name whose directory goes through links is asked for where that directory is; if it is a link itself, also where
  that leads.
- Below a directory there are mounts, which are asked for on their own, and links that lead out of it, whose targets are
  asked for, since they are opened under a name below the directory.
- What processes see of themselves in a proc file system has new inodes at every turn: all of that file system is asked
  for instead.

One look is for one moment; what changes has to be looked at again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Optional

from auditfalco.coverage.constraints import Below, Named
from auditfalco.coverage.files import Files, Link
from auditfalco.coverage.look import Look
from kernel_sources.audit.rule import Field

MOST_ENTRIES = 10_000
"""Entries of one directory, at all depths, that are looked through for links; beyond, any file is asked for."""

MOST_TARGETS = 2_000
"""Targets of links that are asked for because of one directory."""

MOST_DIRECTORIES = 64
"""Mounts, and directories that links lead to, that are asked for because of one directory."""

Where = Optional[Field]
"""A field of an audit rule; None is any file at all."""


class Places:
    """The names that rules use, looked up once each."""

    def __init__(self, files: Files) -> None:
        self._look = Look(files)
        self._found: dict[Named | Below, tuple[Where, ...]] = {}

    @property
    def missing(self) -> frozenset[str]:
        """What is not there and stands in the way of a name; when one of it appears, another look is due."""
        return frozenset(self._look.missing)

    @property
    def wider(self) -> tuple[str, ...]:
        """Why more than what rules name is asked for, or less; a sentence each."""
        return tuple(self._look.wider)

    def fields_of(self, place: Named | Below) -> tuple[Where, ...]:
        """The fields, of one of which every file passes that has the name; None among them is any file at all."""
        if place not in self._found:
            found = self._named(place.path) if isinstance(place, Named) else self._below(place.directory)
            self._found[place] = tuple(dict.fromkeys(found))
        return self._found[place]

    def _named(self, path: str) -> Iterator[Where]:
        look = self._look
        volatile = look.volatile(path)
        if volatile is not None:
            look.say(f"{path} has no lasting inode: all of {volatile} is asked for")
            yield Field("dir", "=", volatile)
            return
        directory, _, name = path.rpartition("/")
        above = look.real(directory or "/")
        if above is None:
            return
        full = f"{above.rstrip('/')}/{name}"
        yield from look.file(full)
        if look.is_link(full):
            yield from look.led_to(full, look.files.target(full))

    def _below(self, directory: str) -> Iterator[Where]:
        look = self._look
        volatile = look.volatile(directory)
        if volatile is not None:
            look.say(f"{directory} has no lasting inodes: all of {volatile} is asked for")
            yield Field("dir", "=", volatile)
            return
        start = look.real(directory)
        if start is None or not look.is_directory(start):
            return
        try:
            yield from _Spread(look, start).fields()
        except _Boundless as reason:
            look.say(f"{directory} {reason}: files anywhere are asked for")
            yield None


class _Boundless(Exception):
    """Raised when a directory cannot be told from the rest of the file system."""


class _Spread:
    """What is reached by names below one directory: itself, mounts, and what links lead to."""

    def __init__(self, look: Look, start: str) -> None:
        self._look = look
        self._todo = [start]
        self._directories: dict[str, None] = {}
        self._single: dict[Field, None] = {}
        self._entries = MOST_ENTRIES

    def fields(self) -> Iterable[Field]:
        """The fields for all of it.

        Raises:
            _Boundless: it is too much.
        """
        while self._todo:
            directory = self._todo.pop()
            if not self._covered(directory):
                self._enter(directory)
        return [*(Field("dir", "=", path) for path in self._directories), *self._single]

    def _enter(self, directory: str) -> None:
        if directory == "/":
            raise _Boundless("is all there is")
        self._directories[directory] = None
        if len(self._directories) > MOST_DIRECTORIES:
            raise _Boundless("has too many mounts, or links to directories, below it")
        for point in self._look.mounted_below(directory):
            if point in self._directories:
                continue
            if self._look.is_directory(point):
                self._enter(point)
            else:
                self._add(self._look.file(point))
        if self._look.has_links_of_people(directory):
            self._follow_links(directory)

    def _follow_links(self, directory: str) -> None:
        found = self._look.files.links(directory, self._entries)
        if found is None:
            raise _Boundless(f"has more than {MOST_ENTRIES} entries, too many to look for links among them")
        self._entries -= found.entries
        for link in found.links:
            if not self._covered(link.target):
                self._follow(link)

    def _follow(self, link: Link) -> None:
        look = self._look
        if not look.is_directory(link.target):
            self._add(look.led_to(link.path, link.target))
        elif look.volatile(link.target) is not None:
            look.say(f"what processes reach through {link.path} is seen under its own name only")
        elif link.target == "/" or not link.of_root:
            look.say(f"files below {link.path}, a link to {link.target}, are seen under their own names only")
        else:
            self._todo.append(link.target)

    def _add(self, fields: Iterable[Field]) -> None:
        self._single.update((field, None) for field in fields)
        if len(self._single) > MOST_TARGETS:
            raise _Boundless("has too many links that lead out of it")

    def _covered(self, path: str) -> bool:
        """Whether a path is below what is asked for already; whatever is mounted there is asked for with it."""
        return any(path == directory or path.startswith(f"{directory}/") for directory in self._directories)
