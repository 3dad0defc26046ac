"""The summary at the end of a run, line by line as Falco prints it."""

from __future__ import annotations

from auditfalco.model.alert import Alert
from auditfalco.outputs.statistics import AlertCounts


def count(counts: AlertCounts, rule: str, priority: str, times: int) -> None:
    """Count a number of alerts of a rule."""
    for _ in range(times):
        counts.count(Alert(0, rule, priority, "", {}, "syscall", "testbox"))


def test_nothing_happened() -> None:
    assert AlertCounts().summary(["a", "b"]) == [
        "Events detected: 0",
        "Rule counts by severity:",
        "Triggered rules by rule name:",
    ]


def test_what_happened_by_severity_and_in_the_order_of_the_rules() -> None:
    counts = AlertCounts()
    count(counts, "Falco internal: syscall event drop", "Debug", 1)
    count(counts, "third", "Informational", 2)
    count(counts, "first", "Warning", 3)
    count(counts, "second", "Warning", 1)
    count(counts, "third", "Critical", 1)
    assert counts.summary(["first", "never", "second", "third"]) == [
        "Events detected: 8",
        "Rule counts by severity:",
        "   CRITICAL: 1",
        "   WARNING: 4",
        "   INFO: 2",
        "   DEBUG: 1",
        "Triggered rules by rule name:",
        "   first: 3",
        "   second: 1",
        "   third: 3",
        "   Falco internal: syscall event drop: 1",
    ]
