"""Everything that can be said against rules that are valid."""

from __future__ import annotations

from collections.abc import Iterator

from auditfalco.fields.sources import REASONS
from auditfalco.language.tree import checks, fields
from auditfalco.model.location import Location
from auditfalco.ruleset.evasions import chosen_exclusions, missing_twins
from auditfalco.ruleset.idle import idle_exceptions, unreached_rules
from auditfalco.ruleset.issues import Issue
from auditfalco.ruleset.load import LoadResult
from auditfalco.ruleset.rule import Rule
from auditfalco.ruleset.traps import Trap, traps


def advice(loaded: LoadResult) -> list[Trap]:
    """What is doubtful in rules that were loaded, each place once for each kind, in the order of the files' text."""
    found: dict[tuple[Location, str], Trap] = {}
    for trap in _all(loaded):
        found.setdefault((trap.place, trap.name), trap)
    return sorted(found.values(), key=lambda trap: (trap.place, trap.name))


def _all(loaded: LoadResult) -> Iterator[Trap]:
    ruleset = loaded.ruleset
    yield from map(_warned, loaded.warnings)
    yield from traps(ruleset)
    for rule in ruleset.rules:
        yield from missing_twins(rule)
        yield from chosen_exclusions(rule)
        yield from _unserved(rule)
    yield from unreached_rules(ruleset)
    yield from idle_exceptions(ruleset)


def _unserved(rule: Rule) -> Iterator[Trap]:
    """Fields that no sensor serves."""
    for check in checks(rule.condition):
        for use in (*fields(check.left), *fields(check.right)):
            if use.name in REASONS:
                yield Trap("never-served", f"{use} is always absent: {REASONS[use.name]}", "do without it", check.place)


def _warned(issue: Issue) -> Trap:
    """A warning of the loader: unused macros and lists, sources that nothing serves, deprecated things …"""
    name = issue.code.removeprefix("LOAD_").lower().replace("_", "-")
    return Trap(name, issue.message, issue.mend or issue.description, issue.location)
