"""``append`` and ``override``: how an item says that it changes what is there."""

from __future__ import annotations

from typing import Callable

from auditfalco.ruleset.issues import Context, Issue
from auditfalco.ruleset.nodes import MapReader, fail
from auditfalco.ruleset.yamltext import Mapping, Scalar

Warn = Callable[[Issue], None]
APPEND_DEPRECATED = (
    "'append' key is deprecated. Add an 'append' entry (e.g. 'condition: append') under 'override' instead."
)


def warn_unknown_keys(reader: MapReader, known: frozenset[str], warn: Warn) -> None:
    """Warn of every key of an item that means nothing."""
    for key, _ in reader.mapping.pairs:
        if key.text not in known:
            warn(Issue("LOAD_UNKNOWN_KEY", f"Unknown key '{key.text}'. The key will be ignored.", reader.contexts))


def read_append(reader: MapReader, key: str, warn: Warn) -> bool:
    """Return whether a list or macro adds to the one that is there, by ``append: true`` or by ``override``."""
    append = reader.boolean("append")
    if append:
        warn(Issue("LOAD_DEPRECATED_ITEM", APPEND_DEPRECATED, reader.contexts))
    overrides = read_overrides(reader, frozenset({key}), frozenset({key}))
    if append and overrides:
        reader.fail("Keys 'override' and 'append: true' cannot be used together", "remove 'append: true'")
    return bool(append) or overrides.get(key) == "append"


def read_overrides(reader: MapReader, appendable: frozenset[str], replaceable: frozenset[str]) -> dict[str, str]:
    """Return what ``override`` says: ``append`` or ``replace`` for every key named there.

    Raises:
        RulesFileError: a key is named that cannot be changed in that way, or that the item does not have.
    """
    node = reader.mapping.get("override")
    if node is None or (isinstance(node, Scalar) and node.is_null):
        return {}
    if not isinstance(node, Mapping):
        reader.fail("Value of 'override' must be a map", "write for instance 'override: {condition: append}'")
    inside = reader.inside("overrides", "", reader.mapping)
    overrides: dict[str, str] = {}
    for key, value in node.pairs:
        contexts = (*inside, Context("overrides", key.text, key.place))
        operation = value.text if isinstance(value, Scalar) else ""
        if operation not in ("append", "replace"):
            message = f"Invalid override operation for key '{key.text}': '{operation}'"
            fail("LOAD_ERR_YAML_VALIDATE", message, contexts, "allowed are append and replace")
        if operation == "append" and key.text not in appendable:
            message = f"Key '{key.text}' cannot be appended to, use 'replace' instead"
            fail("LOAD_ERR_YAML_VALIDATE", message, contexts)
        if operation == "replace" and key.text not in replaceable:
            fail("LOAD_ERR_YAML_VALIDATE", f"Key '{key.text}' cannot be replaced", contexts)
        overrides[key.text] = operation
    for key_name, operation in overrides.items():
        if not reader.has(key_name):
            message = f"An {operation} override for '{key_name}' was specified but '{key_name}' is not defined"
            reader.fail(message, f"add '{key_name}:' or take it out of 'override'")
    return overrides
