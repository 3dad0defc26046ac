"""The forms of an alert: Falco's line of text and Falco's JSON object."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from auditfalco.model.alert import Alert
from auditfalco.text import escape, json_text

_SECOND_NS = 1_000_000_000


@dataclass(frozen=True)
class AlertForm:
    """How alerts are written; the names are those of Falco's configuration keys.

    `json_output` chooses the JSON object; the `include_*` flags which of its optional keys it has; `iso_time` the form
    of times in text. `include_evidence` is ours: what the condition looked at, as far as the output fields do not tell.
    """

    json_output: bool = False
    iso_time: bool = False
    include_output: bool = True
    include_message: bool = False
    include_fields: bool = True
    include_tags: bool = True
    include_evidence: bool = True

    def line(self, alert: Alert) -> str:
        """One line for one alert, without a newline."""
        return json_text(self.json_object(alert)) if self.json_output else escape(self.text(alert))

    def text(self, alert: Alert) -> str:
        """`TIME: Priority message`, not escaped yet."""
        time_text = iso_time(alert.time_ns) if self.iso_time else local_time(alert.time_ns)
        return f"{time_text}: {alert.priority} {alert.output}"

    def json_object(self, alert: Alert) -> dict[str, Any]:
        """Falco's alert object; internal alerts have no tags."""
        made: dict[str, Any] = {
            "hostname": alert.hostname,
            "priority": alert.priority,
            "rule": alert.rule,
            "source": alert.source,
            "time": rfc3339(alert.time_ns),
        }
        if self.include_output:
            made["output"] = self.text(alert)
        if self.include_message:
            made["message"] = alert.output
        if self.include_fields:
            made["output_fields"] = dict(alert.output_fields)
        if self.include_tags and alert.source != "internal":
            made["tags"] = sorted(alert.tags)
        if self.include_evidence and alert.evidence:
            made["evidence"] = _beside(alert.evidence, alert.output_fields if self.include_fields else {})
        return made


def _beside(evidence: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in evidence.items() if key not in told or told[key] != value}


def local_time(time_ns: int) -> str:
    """HH:MM:SS.nnnnnnnnn in the local zone."""
    return time.strftime("%H:%M:%S", time.localtime(time_ns // _SECOND_NS)) + f".{time_ns % _SECOND_NS:09d}"


def iso_time(time_ns: int) -> str:
    """YYYY-MM-DDTHH:MM:SS.nnnnnnnnn+0000, in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time_ns // _SECOND_NS)) + f".{time_ns % _SECOND_NS:09d}+0000"


def rfc3339(time_ns: int) -> str:
    """YYYY-MM-DDTHH:MM:SS.nnnnnnnnnZ, in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time_ns // _SECOND_NS)) + f".{time_ns % _SECOND_NS:09d}Z"
