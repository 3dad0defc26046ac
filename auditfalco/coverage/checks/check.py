"""One thing that was looked at."""

from __future__ import annotations

from typing import NamedTuple

OK, WARN, FAIL = "ok", "warn", "fail"
"""All is well; something is not seen, or may be lost; the agent cannot run."""


class Check(NamedTuple):
    """What was found about one thing, and the mend: a command or a setting, "" where there is nothing to mend."""

    name: str
    state: str
    found: str
    mend: str = ""

    def __str__(self) -> str:
        """What was found, and the mend behind it."""
        return f"{self.found}; mend: {self.mend}" if self.mend else self.found
