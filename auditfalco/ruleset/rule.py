"""Rules, ready to be run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from auditfalco.language.eventset import EventSet
from auditfalco.language.tree import Node
from auditfalco.model.location import Location
from auditfalco.ruleset.exceptions import RuleException
from auditfalco.ruleset.items import Priority
from auditfalco.ruleset.versions import NO_VERSION, PluginRequirement, Version


@dataclass(frozen=True)
class Rule:
    """A rule, lists, macros and exceptions put in.

    Attributes:
        name: its name, which is the only one of that name in a ruleset.
        condition: what events must fulfil; every node that a macro stood for bears the macro's name.
        condition_text: the condition as written, appended texts joined, before exceptions, lists and macros.
        output: the line of its alerts, with what the configuration appends.
        output_text: the line of its alerts as written.
        description: ``desc``.
        priority: how grave its alerts are.
        source: where its events come from.
        tags: sorted, each once.
        enabled: whether it runs.
        location: where it is defined.
        events: the event types that its condition can be true for.
        macros: names of the macros that its condition uses directly.
        lists: names of the lists that were pasted into its condition.
        exceptions: its exceptions, those without values included.
        capture: whether an alert starts a capture.
        capture_duration: how long that lasts, in milliseconds; 0 for the configured time.
        extra_fields: further (name, template) pairs for JSON's ``output_fields``.
    """

    name: str
    condition: Node
    condition_text: str
    output: str
    output_text: str
    description: str
    priority: Priority
    source: str
    tags: tuple[str, ...]
    enabled: bool
    location: Location
    events: EventSet
    macros: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    exceptions: tuple[RuleException, ...] = ()
    capture: bool = False
    capture_duration: int = 0
    extra_fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class MacroInfo:
    """A macro as it was defined, with its tree, macros put in."""

    name: str
    condition_text: str
    condition: Node
    macros: tuple[str, ...]
    lists: tuple[str, ...]
    used: bool
    location: Location


@dataclass(frozen=True)
class ListInfo:
    """A list as it was defined, and its items with those of the lists that it names."""

    name: str
    items: tuple[str, ...]
    resolved: tuple[str, ...]
    lists: tuple[str, ...]
    used: bool
    location: Location


@dataclass(frozen=True)
class Ruleset:
    """Rules in the order of their first definition, and what they were made of."""

    rules: tuple[Rule, ...] = ()
    macros: tuple[MacroInfo, ...] = ()
    lists: tuple[ListInfo, ...] = ()
    engine_version: Version = NO_VERSION
    plugins: tuple[PluginRequirement, ...] = ()

    def __iter__(self) -> Iterator[Rule]:
        """Return the rules in order."""
        return iter(self.rules)

    def get(self, name: str) -> Rule | None:
        """Return the rule of that name, or None."""
        return next((rule for rule in self.rules if rule.name == name), None)

    def switched(self, switches: Iterable[Switch]) -> Ruleset:
        """Return the ruleset with rules switched on and off, one switch after the other."""
        rules = list(self.rules)
        for switch in switches:
            rules = [replace(rule, enabled=switch.enable) if switch.meant_for(rule) else rule for rule in rules]
        return replace(self, rules=tuple(rules))

    def of_priority(self, least: Priority) -> Ruleset:
        """Return the ruleset without the rules that are less grave than `least`."""
        return replace(self, rules=tuple(rule for rule in self.rules if rule.priority <= least))


@dataclass(frozen=True)
class Switch:
    """Switches on, or off, the rules whose whole name matches `pattern`, or that bear `tag`.

    In a pattern ``*`` stands for any text, nothing else is special.
    """

    enable: bool
    pattern: str | None = None
    tag: str | None = None

    def meant_for(self, rule: Rule) -> bool:
        """Tell whether the switch changes a rule."""
        if self.pattern is not None and matches_wildcard(self.pattern, rule.name):
            return True
        return self.tag is not None and self.tag in rule.tags


def matches_wildcard(pattern: str, text: str) -> bool:
    """Tell whether a pattern, in which ``*`` stands for any text, stands for `text` as a whole."""
    pieces = pattern.split("*")
    if len(pieces) == 1:
        return pattern == text
    first, *middle, last = pieces
    if not text.startswith(first) or len(text) < len(first) + len(last) or not text.endswith(last):
        return False
    position, end = len(first), len(text) - len(last)
    for piece in middle:
        found = text.find(piece, position, end)
        if found < 0:
            return False
        position = found + len(piece)
    return True


def sanitized_name(name: str) -> str:
    """Return a rule's name as metrics spell it: what is no letter, digit, ``_`` or ``:`` becomes one ``_``."""
    return re.sub(r"_+", "_", re.sub(r"[^A-Za-z0-9_:]", "_", name)).strip("_")
