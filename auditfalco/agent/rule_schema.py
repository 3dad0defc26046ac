"""The JSON schema of rule files, which `run --rule-schema` prints and every loaded file is checked against."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_BOOLEAN = {"type": "boolean"}
_INTEGER = {"type": "integer"}
_ANY: dict[str, Any] = {}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": properties}
    if required:
        made["required"] = list(required)
    return made


def _list_of(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


def _override(*keys: str) -> dict[str, Any]:
    return _object({key: {"type": "string", "enum": ["append", "replace"]} for key in keys})


_PRIORITY = {
    "type": "string",
    "enum": [
        *("EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE"),
        *("INFO", "INFORMATIONAL", "DEBUG"),
    ],
}
_PLUGIN = {"name": _TEXT, "version": _TEXT}
_EXCEPTION = _object({"name": _TEXT, "fields": _ANY, "comps": _ANY, "values": _ANY})

_ITEM = _object(
    {
        "required_engine_version": _TEXT,
        "required_plugin_versions": _list_of(
            _object(
                {**_PLUGIN, "alternatives": _list_of(_object(_PLUGIN, "name", "version"))},
                *("name", "version"),
            )
        ),
        "list": _TEXT,
        "items": _list_of(_TEXT),
        "macro": _TEXT,
        "rule": _TEXT,
        "condition": _TEXT,
        "output": _TEXT,
        "desc": _TEXT,
        "priority": _PRIORITY,
        "source": _TEXT,
        "enabled": _BOOLEAN,
        "tags": _list_of(_TEXT),
        "exceptions": _list_of(_EXCEPTION),
        "warn_evttypes": _BOOLEAN,
        "skip-if-unknown-filter": _BOOLEAN,
        "capture": _BOOLEAN,
        "capture_duration": _INTEGER,
        "append": _BOOLEAN,
        "override": _override(
            *("condition", "output", "desc", "tags", "exceptions", "items", "priority", "enabled", "warn_evttypes"),
            *("skip-if-unknown-filter", "capture", "capture_duration"),
        ),
    }
)

RULE_SCHEMA: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "Falco rules",
    "type": "array",
    "items": _ITEM,
}
"""A rule file: a list of items, of which each is a version requirement, a list, a macro or a rule."""
