"""An alert: what a rule, or the agent itself, has to say about one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Union

FieldValue = Union[str, int, float, bool, None, list]  # type: ignore[type-arg]


@dataclass(frozen=True)
class Alert:
    """One alert, ready for any sink.

    `priority` is spelled as Falco spells it ("Warning"), `output` is the rendered message without time and priority,
    `output_fields` its fields with JSON types, `time_ns` nanoseconds since the epoch. `source` is "syscall", or
    "internal" for alerts about the agent itself. `evidence` are the values that the rule's condition looked at. Texts
    may hold anything that a process put into them: sinks escape.
    """

    time_ns: int
    rule: str
    priority: str
    output: str
    output_fields: Mapping[str, FieldValue]
    source: str
    hostname: str
    tags: tuple[str, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)
