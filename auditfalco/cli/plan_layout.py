"""A plan on paper: the audit rules by kind, for people, for programs, and for auditctl."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from auditfalco.coverage.marks import WatchList
from auditfalco.coverage.rulemaking import PlannedRule
from auditfalco.coverage.verdict import Verdict
from auditfalco.coverage.worth import MEANINGS
from auditfalco.text import escape
from kernel_sources.audit import rule_text
from kernel_sources.tables import machine_name, syscall_name, uring_name


class Laid(NamedTuple):
    """Everything that is asked of the kernel.

    Attributes:
        kinds: audit rules by what they are for.
        marks: what fanotify watches.
        verdicts: what becomes of each Falco rule here.
        notes: why more is asked for than rules name, or less.
    """

    kinds: dict[str, tuple[PlannedRule, ...]]
    marks: WatchList
    verdicts: list[Verdict]
    notes: tuple[str, ...]


def text_lines(laid: Laid) -> Iterator[str]:
    """For people."""
    for kind, planned in laid.kinds.items():
        yield f"{kind}: {len(planned)} audit rules"
        for one in planned:
            yield f"  {_named(one)}"
            yield f"      for {_served(one)}"
    yield f"fanotify marks: {sum(len(paths) for _, _, paths in _marks(laid.marks))} paths"
    for place, what, paths in _marks(laid.marks):
        yield from (f"  {place}, {what} {path}" for path in paths)
    yield "rules and the sensors that serve them:"
    yield from (f"  {one.rule}: {', '.join(one.sensors) or 'none'} ({one.state})" for one in laid.verdicts)
    yield from laid.notes


def document(laid: Laid) -> dict[str, Any]:
    """For programs."""
    return {
        "audit_rules": [
            {"kind": kind, "rule": rule_text.text(one.rule), "serves": list(one.serves), "worth": MEANINGS[one.worth]}
            for kind, planned in laid.kinds.items()
            for one in planned
        ],
        "marks": [
            {"where": place, "what": what, "path": path} for place, what, paths in _marks(laid.marks) for path in paths
        ],
        "rules": [{"rule": one.rule, "state": one.state, "sensors": list(one.sensors)} for one in laid.verdicts],
        "notes": list(laid.notes),
    }


def audit_rule_lines(laid: Laid) -> Iterator[str]:
    """For `auditctl -R` and augenrules; lines of the io_uring list, which older versions cannot read, are comments."""
    yield "## What auditfalco asks of the kernel, by the mounts, links and containers of now: names that lead elsewhere"
    yield "## later, and directories that containers share with the host, are not in it."
    yield "## A queue of 8192 records stands bursts; uncomment where nothing else sets it:"
    yield "#-b 8192"
    yield "## To lock the rules until the next boot, as the last line of all files:"
    yield "#-e 2"
    for kind, planned in laid.kinds.items():
        yield f"\n## {kind}"
        for one in planned:
            yield f"# for {_served(one)}"
            yield ("#" if one.rule.filter_list == "io_uring" else "") + escape(rule_text.text(one.rule))


def _served(one: PlannedRule) -> str:
    return escape("; ".join(one.serves)) or "the agent's own account"


def _named(one: PlannedRule) -> str:
    return escape(rule_text.text(one.rule, _name_of if one.rule.filter_list == "exit" else _operation_of))


def _operation_of(number: int, arch: int | None) -> str | None:
    return uring_name(number)


def _name_of(number: int, arch: int | None) -> str | None:
    machine = machine_name(arch) if arch is not None else None
    return None if machine is None else syscall_name(machine, number)


def _marks(marks: WatchList) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for place, watched in (("host", marks.host), ("containers", marks.containers)):
        yield place, "file", watched.files
        yield place, "directory", watched.directories
