"""Values out of the maps of a test file, with the place of whatever has the wrong shape."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import NoReturn

from auditfalco.errors import AuditfalcoError
from auditfalco.model.location import Location
from auditfalco.ruleset.yamltext import Mapping, Node, Scalar, Sequence


class CaseReader:
    """A map; `what` says in errors what it is.

    Attributes:
        place: where it begins.
        pairs: keys and values in order.
    """

    def __init__(self, mapping: Mapping, what: str) -> None:
        self.place = mapping.place
        self.pairs = mapping.pairs
        self._what = what
        self._map = mapping
        seen: set[str] = set()
        for key, _ in mapping.pairs:
            if key.text in seen:
                raise AuditfalcoError(f"{key.text!r} stands here twice", key.place)
            seen.add(key.text)

    @classmethod
    def of(cls, node: Node, what: str) -> CaseReader:
        """The reader of a node that must be a map.

        Raises:
            AuditfalcoError: it is something else.
        """
        if not isinstance(node, Mapping):
            raise AuditfalcoError(f"{what} is a map", node.place)
        return cls(node, what)

    def only(self, known: Iterable[str]) -> None:
        """Refuse keys that mean nothing.

        Raises:
            AuditfalcoError: there is one.
        """
        names = list(known)
        for key, _ in self.pairs:
            if key.text not in names:
                close = get_close_matches(key.text, names, n=1)
                mend = f"did you mean {close[0]}?" if close else f"it may have {', '.join(names)}"
                raise AuditfalcoError(f"{self._what} has no {key.text!r}", key.place, mend)

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return self._map.get(key) is not None

    def value(self, key: str) -> Node:
        """The value of a key that must be there.

        Raises:
            AuditfalcoError: it is not.
        """
        node = self._map.get(key)
        if node is None:
            self.fail(f"{self._what} has {key!r}", f"add {key}:")
        return node

    def text(self, key: str) -> Scalar:
        """The text of a key that must be there; not empty.

        Raises:
            AuditfalcoError: it is not there, or no text.
        """
        return self._as_text(self.value(key), key)

    def sequence(self, key: str) -> list[Node]:
        """The items of a list that must be there.

        Raises:
            AuditfalcoError: it is not there, or no list.
        """
        node = self.value(key)
        if not isinstance(node, Sequence):
            raise AuditfalcoError(f"{key!r} is a list", node.place)
        return list(node.items)

    def texts(self, key: str) -> list[Scalar]:
        """The items of a list of texts; one text stands for a list of it, a missing key for none.

        Raises:
            AuditfalcoError: it is neither.
        """
        node = self._map.get(key)
        if node is None:
            return []
        items = node.items if isinstance(node, Sequence) else (node,)
        return [self._as_text(item, key) for item in items]

    def fail(self, message: str, mend: str = "") -> NoReturn:
        """Refuse the map as a whole.

        Raises:
            AuditfalcoError: always.
        """
        raise AuditfalcoError(message, self.place, mend)

    def _as_text(self, node: Node, key: str) -> Scalar:
        if not isinstance(node, Scalar) or node.is_null or not node.text.strip():
            raise AuditfalcoError(f"{key!r} is text", node.place)
        return node


def line_place(place: Location, line: int) -> Location:
    """The begin of another line of the same file."""
    return Location(place.file, line, 1)
