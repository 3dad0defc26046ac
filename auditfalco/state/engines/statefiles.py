"""Reading state files: bounded, and whatever is not as the engine writes it counts as not said."""

from __future__ import annotations

import json
import os
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

LARGEST_FILE = 4 << 20
"""Bytes; a state file that is larger is counted as unreadable."""

MOST_ROOTS = 64
"""Directories with state that are looked at for one engine; more that mounts tell of are left."""

_DECIMALS = re.compile(r"[0-9]{0,9}")


class StateRoots:
    """Directories below which an engine keeps state, in the order in which they were learnt.

    Attributes:
        left: directories that were one too many.
    """

    def __init__(self, roots: tuple[str, ...] | list[str] = ()) -> None:
        self._roots: dict[str, Path] = {}
        self.left = 0
        for root in roots:
            self.add(root)

    def add(self, root: str) -> None:
        """Look below `root` as well."""
        if root in self._roots:
            return
        if len(self._roots) >= MOST_ROOTS:
            self.left += 1
            return
        self._roots[root] = Path(root)

    def __iter__(self) -> Any:
        return iter(tuple(self._roots.values()))


class StateFiles:
    """Reads files, and counts those that cannot be read.

    Attributes:
        unreadable: files that were there and could not be read.
    """

    def __init__(self) -> None:
        self.unreadable = 0

    def bytes_of(self, path: Path) -> bytes | None:
        """The content of a regular file; None when it is absent, or (counted) too large or not for us."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError):
            self.unreadable += 1
            return None
        try:
            with open(descriptor, "rb") as file:
                content = file.read(LARGEST_FILE + 1)
        except OSError:
            self.unreadable += 1
            return None
        if len(content) > LARGEST_FILE:
            self.unreadable += 1
            return None
        return content

    def json_of(self, path: Path) -> Any:
        """What a JSON file holds; None when it is absent or (counted) no JSON."""
        content = self.bytes_of(path)
        return None if content is None else self._parsed(content)

    def object_of(self, path: Path) -> dict[str, Any] | None:
        """The object in a JSON file; None when it is absent or (counted) something else."""
        content = self.bytes_of(path)
        if content is None:
            return None
        before = self.unreadable
        found = self._parsed(content)
        if not isinstance(found, dict):
            self.unreadable = before + 1
            return None
        return found

    def parsed(self, text: object) -> Any:
        """What a JSON text inside another file holds; None when it is no text or (counted) no JSON."""
        return self._parsed(text) if isinstance(text, str) and text else None

    def _parsed(self, content: str | bytes) -> Any:
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            self.unreadable += 1
            return None


def text_at(where: object, key: str) -> str | None:
    """The text that an object has under a key; None when it has none, or an empty one."""
    found = where.get(key) if isinstance(where, dict) else None
    return found if isinstance(found, str) and found else None


def object_at(where: object, key: str) -> dict[str, Any]:
    """The object that an object has under a key; an empty one when it has none."""
    found = where.get(key) if isinstance(where, dict) else None
    return found if isinstance(found, dict) else {}


def list_at(where: object, key: str) -> list[Any]:
    """The list that an object has under a key; an empty one when it has none."""
    found = where.get(key) if isinstance(where, dict) else None
    return found if isinstance(found, list) else []


def flag_at(where: object, key: str) -> bool | None:
    """The boolean that an object has under a key."""
    found = where.get(key) if isinstance(where, dict) else None
    return found if isinstance(found, bool) else None


def pid_at(where: object, key: str) -> int | None:
    """The process id that an object has under a key."""
    found = where.get(key) if isinstance(where, dict) else None
    return found if type(found) is int and 0 < found < 1 << 31 else None


def texts_at(where: object, key: str) -> dict[str, str] | None:
    """The object of texts (labels) under a key, in order of the keys; None when there is none."""
    found = where.get(key) if isinstance(where, dict) else None
    return texts(found)


def texts(found: object) -> dict[str, str] | None:
    """An object's texts in order of their keys, what is no text left out; None for what is no object."""
    if not isinstance(found, dict):
        return None
    return {name: found[name] for name in sorted(found) if isinstance(found[name], str)}


def pid_in(content: bytes | None) -> int | None:
    """The process id that is all a file holds."""
    text = (content or b"").strip()
    return (int(text) or None) if text.isdigit() and len(text) < 10 else None


def parse_time(text: str) -> int | None:
    """Nanoseconds since the epoch of an RFC 3339 time in UTC; None for Go's zero time or other text."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    try:
        moment = datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    except ValueError:
        return None
    if moment.year < 1970 or not _DECIMALS.fullmatch(fraction):
        return None
    return int(moment.timestamp()) * 1_000_000_000 + int(fraction.ljust(9, "0"))
