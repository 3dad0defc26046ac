"""Counts of a run, and the summary that Falco prints at its end."""

from __future__ import annotations

from collections.abc import Sequence

from auditfalco.model.alert import Alert

_LABELS = {"Informational": "INFO"}
_ORDER = ("Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug")


class AlertCounts:
    """How many alerts there were, by priority and by rule."""

    def __init__(self) -> None:
        self.total = 0
        self.by_priority: dict[str, int] = {}
        self.by_rule: dict[str, int] = {}

    def count(self, alert: Alert) -> None:
        """Count one alert."""
        self.total += 1
        self.by_priority[alert.priority] = self.by_priority.get(alert.priority, 0) + 1
        self.by_rule[alert.rule] = self.by_rule.get(alert.rule, 0) + 1

    def summary(self, rule_order: Sequence[str]) -> list[str]:
        """The lines of the summary: rules in `rule_order`, then the agent's own, those that fired."""
        lines = [f"Events detected: {self.total}", "Rule counts by severity:"]
        for priority in _ORDER:
            if priority in self.by_priority:
                lines.append(f"   {_LABELS.get(priority, priority.upper())}: {self.by_priority[priority]}")
        lines.append("Triggered rules by rule name:")
        known = set(rule_order)
        for name in [*rule_order, *(name for name in self.by_rule if name not in known)]:
            if name in self.by_rule:
                lines.append(f"   {name}: {self.by_rule[name]}")
        return lines
