"""What of a plan costs every process of the host time, and why: said to who wrote the rules."""

from __future__ import annotations

from auditfalco.coverage.filters import OPENS
from auditfalco.coverage.plan import Plan
from kernel_sources.audit.rule import Field

_FREQUENTLY_CALLED = OPENS - {"open_by_handle_at"}
_FAILED = Field("success", "=", 0)
_FREQUENT = ("success", "perm", "exit")
"""Fields that pass most opens of whoever is about anything."""

_NAMES_SHOWN = 5


def costs(plan: Plan) -> tuple[str, ...]:
    """A sentence for each kind of open that is asked for wherever it happens."""
    everything: dict[str, None] = {}
    failures: dict[str, None] = {}
    for asking in plan.askings_anywhere:
        if _FAILED in asking.passes.fields:
            failures.update(dict.fromkeys(asking.serves(_FREQUENTLY_CALLED)))
        elif all(one.name in _FREQUENT for one in asking.passes.fields):
            everything.update(dict.fromkeys(asking.serves(_FREQUENTLY_CALLED)))
    said = []
    if everything:
        said.append(f"opens of any file on this host are recorded, which costs time, for {_listed(everything)}")
    if failures:
        said.append(
            "opens that fail are recorded whatever they name, which costs time;"
            f" fd.num>=0 in the condition would spare that: {_listed(failures)}"
        )
    return tuple(said)


def _listed(names: dict[str, None]) -> str:
    shown = ", ".join(repr(name) for name in list(names)[:_NAMES_SHOWN])
    return shown if len(names) <= _NAMES_SHOWN else f"{shown} and {len(names) - _NAMES_SHOWN} more"
