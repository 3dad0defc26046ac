"""Alerts about the agent itself, under the names that Falco gives its own."""

from __future__ import annotations

from collections.abc import Mapping

from auditfalco.model.alert import Alert, FieldValue

SOURCE = "internal"
EVENT_DROP = "Falco internal: syscall event drop"


def internal_alert(
    rule: str, priority: str, message: str, fields: Mapping[str, FieldValue], time_ns: int, hostname: str
) -> Alert:
    """An internal alert; its fields stand behind the message as `(name=value …)`."""
    listed = " ".join(f"{name}={fields[name]}" for name in sorted(fields))
    return Alert(time_ns, rule, priority, f"{message} ({listed})" if listed else message, fields, SOURCE, hostname)
