"""YAML to nodes that know where they were written.

The nodes are made from libyaml's events: no object of any other class can come out, nothing recurses, and aliases are
followed only within a budget, so that a small file cannot stand for a huge one. Scalars keep their text; what ``true``
or ``5`` mean is decided by whoever reads them, as in Falco. Of two equal keys the first counts.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Union

import yaml

from auditfalco.language.source import Anchor, Source
from auditfalco.model.location import Location

MAX_BYTES = 32 * 1024 * 1024
MAX_DEPTH = 64
MAX_NODES = 2_000_000  # aliases counted as what they stand for
_NULLS = ("", "~", "null", "Null", "NULL")
_ESCAPES = re.compile(r"[\\\"']")  # from here on a scalar's text may differ from what is written
_PROBE = 24  # characters of a line by which it is found in a scalar's text


class YamlError(Exception):
    """Raised when a text is not YAML, or too much of it."""

    def __init__(self, message: str, location: Location) -> None:
        super().__init__(f"{location}: {message}")
        self.message = message
        self.location = location


@dataclass(frozen=True)
class Scalar:
    """A text; `plain` without quotes; `written` is what stands in the file for it."""

    text: str
    place: Location
    plain: bool
    written: str

    @property
    def is_null(self) -> bool:
        """Whether it stands for nothing."""
        return self.plain and self.text in _NULLS

    def source(self) -> Source:
        """Return the text with the places of its lines."""
        text = self.text
        anchors: list[Anchor] = []
        cursor = 0
        for number, line in enumerate(self.written.split("\n")):
            content = line.lstrip(" \t").lstrip("\"'")
            probe = _ESCAPES.split(content[:_PROBE])[0].rstrip(" \t\r")
            found = text.find(probe, cursor) if probe else -1
            if found < 0 or (number == 0 and self.written[:1] in ("|", ">")):
                continue
            column = len(line) - len(content) + (self.place.column if number == 0 else 1)
            anchors.append(Anchor(found, Location(self.place.file, self.place.line + number, column)))
            cursor = found + len(probe)
        if not anchors or anchors[0].offset > 0:
            anchors.insert(0, Anchor(0, self.place, still=True))
        return Source(text, tuple(anchors))


@dataclass(frozen=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    place: Location


@dataclass(frozen=True)
class Mapping:
    """A map; `pairs` in order, keys that are no scalars left out."""

    pairs: tuple[tuple[Scalar, Node], ...]
    place: Location

    def get(self, key: str) -> Node | None:
        """Return the value of a key, None if it is not there."""
        return next((value for name, value in self.pairs if name.text == key), None)


Node = Union[Scalar, Sequence, Mapping]


def decode(raw: bytes, file: str) -> str:
    """Return the text of a file: UTF-8, or UTF-16 if it begins with that byte order mark.

    Raises:
        YamlError: too large, or not of that encoding.
    """
    start = Location(file, 1, 1)
    if len(raw) > MAX_BYTES:
        raise YamlError(f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB", start)
    encoding = "utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line_start = before.rfind(b"\n") + 1
        place = Location(file, before.count(b"\n") + 1, error.start - line_start + 1)
        raise YamlError(f"not {'UTF-16' if encoding == 'utf-16' else 'UTF-8'}", place) from None


def documents(text: str, file: str) -> list[Node | None]:
    """Return the root of every document of a YAML text; None for an empty one.

    Raises:
        YamlError: the text is not YAML, nested more than MAX_DEPTH deep, or stands for more than MAX_NODES nodes.
    """
    start = Location(file, 1, 1)
    try:
        return _Composer(text, file).compose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Location(file, mark.line + 1, mark.column + 1) if mark is not None else start
        raise YamlError(str(error.problem or error.context or "not YAML"), place) from None
    except yaml.reader.ReaderError as error:
        raise YamlError(f"a character that YAML does not allow: {error.reason}", _find(text, file)) from None
    except yaml.YAMLError as error:
        raise YamlError(str(error).splitlines()[0], start) from None


def _find(text: str, file: str) -> Location:
    """Return the place of the first control character, which is what libyaml refuses."""
    for number, line in enumerate(text.split("\n")):
        for column, character in enumerate(line):
            if (character < " " and character not in "\t\r") or character == "\x7f":
                return Location(file, number + 1, column + 1)
    return Location(file, 1, 1)


class _Open:
    """A list or map whose end has not come; `size` counts the nodes in it."""

    __slots__ = ("anchor", "items", "mapping", "place", "size")

    def __init__(self, mapping: bool, place: Location, anchor: str | None) -> None:
        self.mapping = mapping
        self.place = place
        self.anchor = anchor
        self.items: list[Node] = []
        self.size = 1

    def close(self) -> Node:
        if not self.mapping:
            return Sequence(tuple(self.items), self.place)
        pairs = zip(self.items[::2], self.items[1::2])
        return Mapping(tuple((key, value) for key, value in pairs if isinstance(key, Scalar)), self.place)


class _Composer:
    """Builds nodes from events."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.total = 0

    def compose(self) -> list[Node | None]:
        roots: list[Node | None] = []
        stack: list[_Open] = []
        for event in _events(self.text):
            if isinstance(event, yaml.DocumentStartEvent):
                self.anchors = {}
                stack = [_Open(False, self.place(event), None)]
            elif isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
                if len(stack) > MAX_DEPTH:
                    raise YamlError(f"nested more than {MAX_DEPTH} deep", self.place(event))
                stack.append(_Open(isinstance(event, yaml.MappingStartEvent), self.place(event), event.anchor))
            elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
                closed = stack.pop()
                self.add(stack[-1], closed.close(), closed.size, closed.anchor)
            elif isinstance(event, yaml.ScalarEvent):
                self.add(stack[-1], self.scalar(event), 1, event.anchor)
            elif isinstance(event, yaml.AliasEvent):
                self.add_alias(stack[-1], event)
            elif isinstance(event, yaml.DocumentEndEvent):
                root = stack[0].items[0] if stack[0].items else None
                roots.append(None if isinstance(root, Scalar) and root.is_null else root)
        return roots

    def add(self, parent: _Open, node: Node, size: int, anchor: str | None) -> None:
        parent.items.append(node)
        parent.size += size
        if anchor is not None:
            self.anchors[anchor] = (node, size)
        if parent.size > MAX_NODES:
            raise YamlError(f"more than {MAX_NODES} values in the file, those that aliases repeat included", node.place)

    def add_alias(self, parent: _Open, event: Any) -> None:
        if event.anchor not in self.anchors:
            raise YamlError(f"found undefined alias '{event.anchor}'", self.place(event))
        node, size = self.anchors[event.anchor]
        self.add(parent, node, size, None)

    def scalar(self, event: Any) -> Scalar:
        written = self.text[event.start_mark.index : event.end_mark.index]
        return Scalar(event.value, self.place(event), event.style in (None, ""), written)

    def place(self, event: Any) -> Location:
        return Location(self.file, event.start_mark.line + 1, event.start_mark.column + 1)


def _events(text: str) -> Iterator[Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser where PyYAML was built with it
    return iter(yaml.parse(text, Loader=loader))
