"""Condition text that remembers where each of its characters was written."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace

from auditfalco.model.location import Location


@dataclass(frozen=True)
class Anchor:
    """From `offset` in the text until the next anchor, characters were written from `place` onwards, on one line.

    Attributes:
        still: all these characters stand for what was written at `place`, wherever they are.
        pasted: name of the list whose items these characters are, or ``""``.
    """

    offset: int
    place: Location
    still: bool = False
    pasted: str = ""


class Source:
    """A text to parse, and the places of its characters.

    Attributes:
        text: what is parsed.
    """

    def __init__(self, text: str, anchors: tuple[Anchor, ...] = ()) -> None:
        """Make a source; without `anchors` the text is a file of its own, its first character at line 1, column 1.

        Args:
            anchors: in order of offset, the first at offset 0.
        """
        self.text = text
        self.anchors = anchors or tuple(_line_starts(text))
        self._offsets = [anchor.offset for anchor in self.anchors]

    @classmethod
    def at(cls, text: str, place: Location) -> Source:
        """Return a source whose characters all stand for what was written at `place`."""
        return cls(text, (Anchor(0, place, still=True),))

    @classmethod
    def join(cls, pieces: Iterable[Source]) -> Source:
        """Return the texts of `pieces`, one of them at least, put one after the other."""
        texts: list[str] = []
        anchors: list[Anchor] = []
        length = 0
        for piece in pieces:
            anchors += [replace(anchor, offset=anchor.offset + length) for anchor in piece.anchors]
            texts.append(piece.text)
            length += len(piece.text)
        return cls("".join(texts), tuple(anchors))

    def place(self, offset: int) -> Location:
        """Return where the character at `offset` (from 0; the text's length is its end) was written."""
        anchor = self.anchors[bisect_right(self._offsets, offset) - 1]
        if anchor.still:
            return anchor.place
        return replace(anchor.place, column=anchor.place.column + offset - anchor.offset)

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """Return line and column of `offset` inside the text itself, both from 1."""
        before = self.text[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1

    def pasted(self, start: int, end: int) -> tuple[str, ...]:
        """Return the names of the lists whose items stand between `start` and `end`, each once, in order."""
        first = max(bisect_right(self._offsets, start) - 1, 0)
        last = bisect_right(self._offsets, end - 1)
        return tuple(dict.fromkeys(anchor.pasted for anchor in self.anchors[first:last] if anchor.pasted))

    def replace(self, spans: list[tuple[int, int]], text: str, name: str) -> Source:
        """Return a source where every span (start, end; in order, apart) holds `text`, pasted by the list `name`."""
        pieces: list[Source] = []
        position = 0
        for start, end in spans:
            pieces += [self.part(position, start), Source(text, (Anchor(0, self.place(start), True, name),))]
            position = end
        pieces.append(self.part(position, len(self.text)))
        return Source.join(pieces)

    def part(self, start: int, end: int) -> Source:
        """Return the characters from `start` to before `end`."""
        first = self.anchors[bisect_right(self._offsets, start) - 1]
        inside = self.anchors[bisect_right(self._offsets, start) : bisect_right(self._offsets, end - 1)]
        moved = [replace(anchor, offset=anchor.offset - start) for anchor in inside]
        return Source(self.text[start:end], (replace(first, offset=0, place=self.place(start)), *moved))


def _line_starts(text: str) -> list[Anchor]:
    anchors = [Anchor(0, Location("", 1, 1))]
    position = text.find("\n")
    while position >= 0:
        anchors.append(Anchor(position + 1, Location("", len(anchors) + 1, 1)))
        position = text.find("\n", position + 1)
    return anchors
