"""Reading typed values out of YAML nodes, with Falco's complaints when they have the wrong shape."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from auditfalco.ruleset.issues import Context, Issue, RulesFileError
from auditfalco.ruleset.yamltext import Mapping, Node, Scalar, Sequence

_TRUE = frozenset({"y", "yes", "true", "on"})
_FALSE = frozenset({"n", "no", "false", "off"})
_UNSIGNED = re.compile(r"[0-9]{1,10}")


def fail(code: str, message: str, contexts: tuple[Context, ...], mend: str = "") -> NoReturn:
    """Leave the file with an error.

    Raises:
        RulesFileError: always.
    """
    raise RulesFileError(Issue(code, message, contexts, mend))


@dataclass(frozen=True)
class MapReader:
    """A map of an item, and what it lies in."""

    mapping: Mapping
    contexts: tuple[Context, ...]

    def has(self, key: str) -> bool:
        """Tell whether the key is there, even with nothing after it."""
        return self.mapping.get(key) is not None

    def inside(self, kind: str, name: str, node: Node) -> tuple[Context, ...]:
        """Return the contexts of something in this map."""
        return (*self.contexts, Context(kind, name, node.place))

    def node(self, key: str) -> Node:
        """Return the value of a key that must be there."""
        node = self.mapping.get(key)
        if node is None:
            self.fail(f"Item has no mapping for key '{key}'", f"add '{key}:'")
        if isinstance(node, Scalar) and node.is_null:
            self.fail(f"Mapping for key '{key}' is empty", "write a value after the colon")
        return node

    def scalar(self, key: str) -> Scalar:
        """Return the value of a key that must be there and be a text, not empty."""
        node = self.node(key)
        contexts = self.inside("value for", key, node)
        if not isinstance(node, Scalar):
            fail("LOAD_ERR_YAML_VALIDATE", "Value is not a scalar value", contexts)
        if not node.text:
            fail("LOAD_ERR_YAML_VALIDATE", "Value must be non-empty", contexts)
        return node

    def text(self, key: str) -> str:
        """Return :meth:`scalar`'s text without trailing blanks."""
        return self.scalar(key).text.rstrip(" \t\n\v\f\r")

    def boolean(self, key: str) -> bool | None:
        """Return a truth value in any of YAML 1.1's spellings, None if the key is not there."""
        node = self.mapping.get(key)
        if node is None or (isinstance(node, Scalar) and node.is_null):
            return None
        text = node.text if isinstance(node, Scalar) else ""
        spelled = text in (text.lower(), text.upper(), text.capitalize())
        if not spelled or text.lower() not in _TRUE | _FALSE:
            contexts = self.inside("value for", key, node)
            fail("LOAD_ERR_YAML_VALIDATE", "Can't decode YAML scalar value", contexts, "write true or false")
        return text.lower() in _TRUE

    def unsigned(self, key: str) -> int | None:
        """Return a number from 0 to 2^32-1, None if the key is not there."""
        node = self.mapping.get(key)
        if node is None or (isinstance(node, Scalar) and node.is_null):
            return None
        text = node.text if isinstance(node, Scalar) else ""
        if not _UNSIGNED.fullmatch(text) or int(text) >= 1 << 32:
            contexts = self.inside("value for", key, node)
            fail("LOAD_ERR_YAML_VALIDATE", "Can't decode YAML scalar value", contexts, "write a whole number from 0 on")
        return int(text)

    def sequence(self, key: str) -> tuple[Node, ...]:
        """Return the elements of a list that must be there."""
        node = self.mapping.get(key)
        if node is None:
            self.fail(f"Item has no mapping for key '{key}'", f"add '{key}:'")
        if not isinstance(node, Sequence):
            fail("LOAD_ERR_YAML_VALIDATE", "Value is not a sequence", self.inside("value for", key, node))
        return node.items

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the elements of a list of texts that must be there."""
        texts: list[str] = []
        for item in self.sequence(key):
            contexts = self.inside("value for", key, item)
            if not isinstance(item, Scalar):
                fail("LOAD_ERR_YAML_VALIDATE", "Value is not a scalar value", contexts)
            if item.is_null:
                fail("LOAD_ERR_YAML_VALIDATE", "Can't decode YAML scalar value", contexts, "the element is empty")
            texts.append(item.text)
        return tuple(texts)

    def fail(self, message: str, mend: str = "") -> NoReturn:
        """Leave the file: the map itself has the wrong shape."""
        fail("LOAD_ERR_YAML_VALIDATE", message, self.contexts, mend)
