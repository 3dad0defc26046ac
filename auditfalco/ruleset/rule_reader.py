"""Reading the items that define or change rules."""

from __future__ import annotations

from typing import Any, Callable

from auditfalco.ruleset.issues import Context, Issue
from auditfalco.ruleset.items import ExceptionItem, Priority, RuleItem
from auditfalco.ruleset.nodes import MapReader, fail
from auditfalco.ruleset.overrides import APPEND_DEPRECATED, read_overrides, warn_unknown_keys
from auditfalco.ruleset.yamltext import Mapping, Node, Scalar

Warn = Callable[[Issue], None]
APPENDABLE = frozenset({"condition", "output", "desc", "tags", "exceptions"})
REPLACEABLE = APPENDABLE | {
    "priority",
    "capture",
    "capture_duration",
    "enabled",
    "warn_evttypes",
    "skip-if-unknown-filter",
}
_KEYS = REPLACEABLE | {"rule", "source", "append", "override"}
_REQUIRED = ("condition", "output", "desc", "priority")
_TOGGLE_DEPRECATED = (
    "The standalone 'enabled' key is deprecated: name it under 'override' as well (i.e. 'enabled: replace')."
)


def read_rule(reader: MapReader, warn: Warn) -> RuleItem:
    """Read a rule, a change to one, or a switch for one.

    Raises:
        RulesFileError: a key is missing, is one too many, or has the wrong shape.
    """
    name = reader.text("rule")
    append = reader.boolean("append")
    if append:
        warn(Issue("LOAD_DEPRECATED_ITEM", APPEND_DEPRECATED, reader.contexts))
    overrides = read_overrides(reader, APPENDABLE, REPLACEABLE)
    warn_unknown_keys(reader, _KEYS, warn)
    if append and overrides:
        reader.fail("Keys 'override' and 'append: true' cannot be used together", "remove 'append: true'")
    if overrides:
        _refuse_unnamed_keys(reader, overrides)
        return RuleItem(
            name,
            reader.contexts,
            changes=True,
            append=frozenset(key for key, operation in overrides.items() if operation == "append"),
            replace=frozenset(key for key, operation in overrides.items() if operation == "replace"),
            **_values(reader, overrides.get("exceptions") == "append"),
        )
    if append:
        return _read_appended(name, reader)
    if not any(reader.has(key) for key in _REQUIRED):
        return _read_toggle(name, reader, warn)
    for key in _REQUIRED:
        reader.scalar(key)
    return RuleItem(name, reader.contexts, **_values(reader, appended=False))


def _read_appended(name: str, reader: MapReader) -> RuleItem:
    if not (reader.has("condition") or reader.has("exceptions")):
        message = "Appended rule must have exceptions or condition property"
        fail("LOAD_ERR_VALIDATE", message, reader.contexts)
    values = _values(reader, appended=True)
    return RuleItem(name, reader.contexts, changes=True, append=APPENDABLE, **values)


def _read_toggle(name: str, reader: MapReader, warn: Warn) -> RuleItem:
    reader.scalar("enabled")
    enabled = reader.boolean("enabled")
    warn(Issue("LOAD_DEPRECATED_ITEM", _TOGGLE_DEPRECATED, reader.contexts))
    return RuleItem(name, reader.contexts, enabled=enabled, toggle=True)


def _refuse_unnamed_keys(reader: MapReader, overrides: dict[str, str]) -> None:
    for key, value in reader.mapping.pairs:
        if key.text in _KEYS and key.text not in overrides and key.text not in ("rule", "override", "append"):
            message = f"Unexpected key '{key.text}': no corresponding entry under 'override' is defined."
            mend = f"add '{key.text}' under 'override'"
            fail("LOAD_ERR_YAML_VALIDATE", message, reader.inside("overrides", key.text, value), mend)


def _values(reader: MapReader, appended: bool) -> dict[str, Any]:
    """Return the RuleItem attributes that an item gives."""
    values: dict[str, Any] = {
        "enabled": reader.boolean("enabled"),
        "warn_evttypes": reader.boolean("warn_evttypes"),
        "skip_if_unknown_filter": reader.boolean("skip-if-unknown-filter"),
        "capture": reader.boolean("capture"),
        "capture_duration": reader.unsigned("capture_duration"),
    }
    if reader.has("condition"):
        values["condition"] = reader.scalar("condition").source()
    if reader.has("output"):
        values["output"] = reader.text("output")
        values["output_place"] = reader.scalar("output").place
    if reader.has("desc"):
        values["description"] = reader.text("desc")
    if reader.has("priority"):
        values["priority"] = _priority(reader)
    if reader.has("source"):
        values["source"] = reader.text("source")
    if reader.has("tags"):
        values["tags"] = reader.texts("tags")
    if reader.has("exceptions"):
        values["exceptions"] = _exceptions(reader, appended)
    return values


def _priority(reader: MapReader) -> Priority:
    scalar = reader.scalar("priority")
    priority = Priority.parse(scalar.text)
    if priority is None:
        contexts = reader.inside("rule priority", "", scalar)
        mend = "one of " + ", ".join(known.name.lower() for known in Priority)
        fail("LOAD_ERR_YAML_VALIDATE", "Invalid priority", contexts, mend)
    return priority


def _exceptions(reader: MapReader, appended: bool) -> tuple[ExceptionItem, ...]:
    node = reader.mapping.get("exceptions")
    if isinstance(node, Scalar) and node.is_null:
        return ()
    return tuple(_exception(item, reader, appended) for item in reader.sequence("exceptions"))


def _exception(node: Node, reader: MapReader, appended: bool) -> ExceptionItem:
    if not isinstance(node, Mapping):
        message = "Rule exception must be a map"
        fail("LOAD_ERR_YAML_VALIDATE", message, reader.inside("exception", "", node), "begin it with '- name:'")
    name = node.get("name")
    label = name.text if isinstance(name, Scalar) else ""
    inside = MapReader(node, (*reader.contexts, Context("exception", label, node.place)))
    inside.scalar("name")
    if not appended:
        inside.node("fields")
    return ExceptionItem(
        label, _given(inside, "fields"), _given(inside, "comps"), _given(inside, "values"), inside.contexts
    )


def _given(reader: MapReader, key: str) -> Node | None:
    node = reader.mapping.get(key)
    return None if isinstance(node, Scalar) and node.is_null else node
