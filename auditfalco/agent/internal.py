"""Alerts about the agent itself: those that Falco has too under Falco's names, the others under ours."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from auditfalco.model.alert import Alert, FieldValue

SOURCE = "internal"
EVENT_DROP = "Falco internal: syscall event drop"


def internal_alert(
    rule: str, priority: str, message: str, fields: Mapping[str, FieldValue], time_ns: int, hostname: str
) -> Alert:
    """An internal alert; its fields stand behind the message as `(name=value …)`."""
    listed = " ".join(f"{name}={fields[name]}" for name in sorted(fields))
    return Alert(time_ns, rule, priority, f"{message} ({listed})" if listed else message, fields, SOURCE, hostname)


class InternalAlerts:
    """Raises alerts about the agent itself.

    Args:
        hostname: the host that alerts name.
        deliver: takes an alert to the sinks and counts it.
    """

    def __init__(self, hostname: str, deliver: Callable[[Alert], None]) -> None:
        self._hostname = hostname
        self._deliver = deliver

    def tell(
        self,
        rule: str,
        priority: str,
        message: str,
        fields: Mapping[str, FieldValue] | None = None,
        time_ns: int | None = None,
    ) -> None:
        """Raise one.

        Args:
            rule: its name.
            priority: as Falco spells it: "Critical", "Debug" …
            message: what happened, in a sentence.
            fields: facts about it; they stand behind the message too.
            time_ns: when it happened, in nanoseconds since the epoch; now, when it is not told.
        """
        moment = time.time_ns() if time_ns is None else time_ns
        self._deliver(internal_alert(rule, priority, message, fields or {}, moment, self._hostname))
