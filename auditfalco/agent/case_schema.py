"""The JSON schema of test files, for editors; `auditfalco test --schema` prints it.

What it cannot say (which fields there are, what values they have, which rules are named) is checked as a file is read.
"""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_TEXTS = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_EVENT: dict[str, Any] = {"type": "object"}

_CASE: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": _TEXT,
        "like": _TEXT,
        "event": _EVENT,
        "events": {"type": "array", "items": _EVENT},
        "records": _TEXT,
        "alerts": _TEXTS,
        "none": _TEXTS,
        "output": _TEXTS,
    },
}

CASE_SCHEMA: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-06/schema#",
    "type": "object",
    "additionalProperties": False,
    "required": ["rules", "tests"],
    "properties": {"rules": _TEXTS, "tests": {"type": "array", "items": _CASE}},
}
