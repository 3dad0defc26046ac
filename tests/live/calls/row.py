"""One row of the table: an act, and the event that it must become."""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

BOTH = (64, 32)
NATIVE = (64,)
COMPAT = (32,)

Facts = Mapping[str, Any]  # what the act itself found out, see calls.c; and bits, directory, dev
Expected = Mapping[str, Optional[str]]  # by name: a template over the facts, or None for "absent"

ARGUMENT = "evt.arg."


@dataclass(frozen=True)
class Row:
    """What the event of an act must say. All values are compared as text, as an alert would print them.

    Attributes:
        act: the act of calls.c.
        type: Falco's name of the event.
        category: Falco's category.
        arguments: by Falco's names, templates over the act's facts: ``{dir}/file``.
        absent: arguments that nothing tells: the fifth and later ones, and what lies behind a pointer.
        measured: arguments that /proc tells of a living process and no record, with the regular expression of each.
        fields: by name; None for a field that must have no value.
        bits: the system call tables that it is made through.
        generic: whether Falco gives such an event no arguments and no result.
        result: evt.rawres, when it is not what the call returned.
    """

    act: str
    type: str
    category: str
    arguments: Expected = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    measured: Mapping[str, str] = field(default_factory=dict)
    fields: Expected = field(default_factory=dict)
    bits: tuple[int, ...] = BOTH
    generic: bool = False
    result: str = "{result}"

    def expected(self, facts: Facts) -> dict[str, str | None]:
        """The fields of the alert, by name, with the facts filled in."""
        found = {
            "evt.type": self.type,
            "syscall.type": self.type,
            "evt.category": self.category,
            "evt.dir": "<",
            "proc.pid": str(facts["pid"]),
            "proc.name": "calls",
            "proc.exepath": facts["program"],
            "proc.cmdline": f"calls {self.act} {facts['dir']}",
            **self._outcome(facts),
            **{ARGUMENT + name: None for name in self.absent},
            **{ARGUMENT + name: template for name, template in self.arguments.items()},
            **self.fields,
        }
        return {name: None if text is None else text.format_map(facts) for name, text in found.items()}

    def mismeasured(self, found: Mapping[str, Any]) -> list[str]:
        """List the measured arguments that an alert's fields lack or that are none."""
        return [
            f"{name}={value}"
            for name, pattern in self.measured.items()
            if not re.fullmatch(pattern, str(value := found[ARGUMENT + name]), re.DOTALL)
        ]

    def _outcome(self, facts: Facts) -> dict[str, str | None]:
        if self.generic:
            return {"evt.res": None, "evt.rawres": None, "evt.failed": None, "evt.args": ""}
        error = facts.get("error", 0)
        return {
            "evt.res": errno.errorcode[error] if error else "SUCCESS",
            "evt.rawres": str(-error) if error else self.result,
            "evt.failed": "true" if error else "false",
        }


def text_of(value: Any) -> str | None:
    """A value of an alert's JSON, as the alert's line prints it."""
    if value is None or isinstance(value, str):
        return value
    return ("false", "true")[value] if isinstance(value, bool) else str(value)
