"""YAML documents to items. Source of the shapes and checks: Falco's rule_loader_reader.cpp, version 0.44."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Callable

from auditfalco.model.location import Location
from auditfalco.ruleset.issues import Context, Issue
from auditfalco.ruleset.items import EngineRequirement, Item, ListItem, MacroItem, PluginRequirements
from auditfalco.ruleset.nodes import MapReader, fail
from auditfalco.ruleset.overrides import read_append, warn_unknown_keys
from auditfalco.ruleset.rule_reader import read_rule
from auditfalco.ruleset.versions import PluginRequirement, PluginVersion, parse_engine_version, parse_version
from auditfalco.ruleset.yamltext import Mapping, Node, Scalar, Sequence

Warn = Callable[[Issue], None]
_MACRO_NAME = re.compile(r"[A-Za-z]+[A-Za-z0-9_]*")
_LIST_NAME = re.compile(r"[^()\"'\s=,]+")


def read_items(roots: list[Node | None], file: str, warn: Warn) -> Iterator[Item]:
    """Read the items of a file one by one.

    Args:
        warn: is called with every warning.

    Raises:
        RulesFileError: an item, or the file as a whole, has the wrong shape.
    """
    content = (Context("rules content", "", Location(file, 1, 1)),)
    for root in roots:
        if root is None:
            continue
        if not isinstance(root, Sequence):
            mend = "begin every item with '- '"
            fail("LOAD_ERR_YAML_VALIDATE", "Rules content is not yaml array of objects", content, mend)
        for node in root.items:
            if isinstance(node, Scalar) and node.is_null:
                continue
            item = _read_item(node, content, warn)
            if item is not None:
                yield item


def _read_item(node: Node, content: tuple[Context, ...], warn: Warn) -> Item | None:
    if not isinstance(node, Mapping):
        contexts = (*content, Context("item", "", node.place))
        message = "Unexpected element type: every item must be a map such as 'rule: name'"
        fail("LOAD_ERR_YAML_VALIDATE", message, contexts)
    if node.get("required_engine_version") is not None:
        return _read_engine_requirement(node, content, warn)
    if node.get("required_plugin_versions") is not None:
        return _read_plugin_requirements(node, content, warn)
    for key, read in (("list", _read_list), ("macro", _read_macro), ("rule", read_rule)):
        name = node.get(key)
        if name is not None:
            reader = MapReader(node, (*content, Context("item", "", node.place)))
            label = name.text if isinstance(name, Scalar) else ""
            named = MapReader(node, (*content, Context(key, label, node.place)))
            reader.scalar(key)
            item: Item | None = read(named, warn)
            return item
    keys = ", ".join(key.text for key, _ in node.pairs[:8])
    contexts = (*content, Context("item", "", node.place))
    mend = "an item is a rule, macro, list, required_engine_version or required_plugin_versions"
    warn(Issue("LOAD_UNKNOWN_ITEM", f"Unknown top level item with the keys: {keys}", contexts, mend))
    return None


def _read_engine_requirement(node: Mapping, content: tuple[Context, ...], warn: Warn) -> EngineRequirement:
    reader = MapReader(node, (*content, Context("required_engine_version", "", node.place)))
    text = reader.scalar("required_engine_version").text
    version = parse_engine_version(text)
    if version is None:
        reader.fail(
            f"Unable to parse engine version '{text}' as a semver string. Expected \"x.y.z\" semver format.",
            "write a whole number N for 0.N.0, or all three numbers",
        )
    warn_unknown_keys(reader, frozenset({"required_engine_version"}), warn)
    return EngineRequirement(version, reader.contexts)


def _read_plugin_requirements(node: Mapping, content: tuple[Context, ...], warn: Warn) -> PluginRequirements:
    value = node.get("required_plugin_versions")
    place = value.place if value is not None else node.place
    contexts = (*content, Context("required plugin versions", "", place))
    if not isinstance(value, Sequence):
        message = "Value of required_plugin_versions must be a sequence"
        fail("LOAD_ERR_YAML_VALIDATE", message, contexts, "begin every plugin with '- name:'")
    warn_unknown_keys(MapReader(node, contexts), frozenset({"required_plugin_versions"}), warn)
    requirements: list[PluginRequirement] = []
    for entry in value.items:
        reader = _plugin_reader(entry, contexts)
        alternatives = [_read_plugin_version(reader)]
        if reader.has("alternatives"):
            alternatives += [_read_plugin_version(_plugin_reader(n, contexts)) for n in reader.sequence("alternatives")]
        requirements.append(PluginRequirement(tuple(alternatives)))
    return PluginRequirements(tuple(requirements), contexts)


def _plugin_reader(node: Node, contexts: tuple[Context, ...]) -> MapReader:
    inside = (*contexts, Context("required plugin version", "", node.place))
    if not isinstance(node, Mapping):
        fail("LOAD_ERR_YAML_VALIDATE", "Value of required_plugin_versions must be a sequence of maps", inside)
    return MapReader(node, inside)


def _read_plugin_version(reader: MapReader) -> PluginVersion:
    name, text = reader.scalar("name").text, reader.scalar("version").text
    version = parse_version(text)
    if version is None:
        reader.fail(f"Unable to parse plugin version '{text}'", "write all three numbers, as 0.1.0")
    return PluginVersion(name, version)


def _read_list(reader: MapReader, warn: Warn) -> ListItem:
    name = reader.scalar("list").text
    if not _LIST_NAME.fullmatch(name):
        message = "List has an invalid name: it must do without blanks, quotes, parentheses, commas and '='"
        warn(Issue("LOAD_INVALID_LIST_NAME", message, reader.contexts))
    items = reader.texts("items")
    append = read_append(reader, "items", warn)
    warn_unknown_keys(reader, frozenset({"list", "items", "append", "override"}), warn)
    return ListItem(name, items, append, reader.contexts)


def _read_macro(reader: MapReader, warn: Warn) -> MacroItem:
    name = reader.scalar("macro").text
    if not _MACRO_NAME.fullmatch(name):
        message = f"Macro has an invalid name. Macro names should match a regular expression: ({_MACRO_NAME.pattern})"
        warn(Issue("LOAD_INVALID_MACRO_NAME", message, reader.contexts))
    condition = reader.scalar("condition").source()
    append = read_append(reader, "condition", warn)
    warn_unknown_keys(reader, frozenset({"macro", "condition", "append", "override"}), warn)
    return MacroItem(name, condition, append, reader.contexts)
