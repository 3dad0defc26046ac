"""What a YAML file is checked against before it is used: the part of JSON Schema that configuration and rules need.

A file that breaks its schema is told, never refused; what cannot be used is refused by whoever reads it. Statuses and
faults are worded as Falco's validator words them. Source: Falco's yaml_helper.h and valijson's constraint visitor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from auditfalco.ruleset.yamltext import MAX_BYTES, Node, Scalar, Sequence, YamlError, decode, documents
from auditfalco.ruleset.yamltext import Mapping as MappingNode

Schema = Mapping[str, Any]

_ROOT = "<root>"
_TRUTHS = frozenset({"y", "yes", "true", "on", "n", "no", "false", "off"})
_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class SchemaStatus:
    """How a file stands to its schema.

    Attributes:
        checked: whether there was anything to check.
        faults: every fault, the innermost first.
    """

    checked: bool = True
    faults: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether the file keeps to the schema."""
        return self.checked and not self.faults

    def __str__(self) -> str:
        """Return ``ok``, ``none`` or the first fault."""
        if not self.checked:
            return "none"
        return self.faults[0] if self.faults else "ok"


def file_status(path: str, schema: Schema) -> SchemaStatus:
    """How a file stands to a schema; one that cannot be read or parsed is not checked."""
    try:
        with open(path, "rb") as file:
            roots = documents(decode(file.read(MAX_BYTES + 1), path), path)
    except (OSError, YamlError):
        return SchemaStatus(checked=False)
    nodes = [root for root in roots if root is not None]
    return SchemaStatus(bool(nodes), tuple(fault for node in nodes for fault in faults(node, schema)))


def faults(root: Node, schema: Schema) -> Iterator[str]:
    """Every way in which a node breaks a schema.

    Known are ``type``, ``enum``, ``properties``, ``required``, ``additionalProperties``, ``items`` and ``anyOf``. The
    node is at most as deep as the YAML reader allows.
    """
    yield from _faults(root, schema, _ROOT)


def _faults(node: Node, schema: Schema, path: str) -> Iterator[str]:
    kind = schema.get("type")
    if kind is not None and not _is_of_type(node, kind):
        yield f"failed for {path}: Value type not permitted by 'type' constraint."
    if "enum" in schema and not (isinstance(node, Scalar) and node.text in schema["enum"]):
        yield f"failed for {path}: Failed to match against any enum values."
    if "anyOf" in schema and all(any(_faults(node, child, path)) for child in schema["anyOf"]):
        yield f"failed for {path}: Failed to validate against any child schemas allowed by anyOf constraint."
    if isinstance(node, MappingNode):
        yield from _mapping_faults(node, schema, path)
    if isinstance(node, Sequence) and "items" in schema:
        for number, item in enumerate(node.items):
            found = list(_faults(item, schema["items"], f"{path}[{number}]"))
            if found:
                yield from found
                yield f"failed for {path}: Failed to validate item #{number} in array."


def _mapping_faults(node: MappingNode, schema: Schema, path: str) -> Iterator[str]:
    properties: Schema = schema.get("properties", {})
    for name, value in node.pairs:
        if name.text not in properties:
            continue
        found = list(_faults(value, properties[name.text], f"{path}[{name.text}]"))
        if found:
            yield from found
            yield f"failed for {path}: Failed to validate against schema associated with property name '{name.text}'."
    if schema.get("additionalProperties") is False:
        for name, _ in node.pairs:
            if name.text not in properties:
                yield (
                    f"failed for {path}: Object contains a property that could not be validated using 'properties' or"
                    f" 'additionalProperties' constraints: '{name.text}'."
                )
    for required in schema.get("required", ()):
        if node.get(required) is None:
            yield f"failed for {path}: Missing required property '{required}'."


def _is_of_type(node: Node, kind: str) -> bool:
    """Whether a node can be read as a JSON type: what YAML's plain scalars are is decided by who reads them."""
    if kind == "object":
        return isinstance(node, MappingNode)
    if kind == "array":
        return isinstance(node, Sequence)
    if not isinstance(node, Scalar) or node.is_null:
        return False
    if kind == "string":
        return True
    if not node.plain:
        return False
    if kind == "boolean":
        return node.text.lower() in _TRUTHS
    return bool((_INTEGER if kind == "integer" else _NUMBER).fullmatch(node.text))
