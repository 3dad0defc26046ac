"""The engine: which rules an event fulfils."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from auditfalco.engine.compile import Chain, Compiler
from auditfalco.engine.identity import DETECT, MODES
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.language.operands import Bind
from auditfalco.language.types import Resolver
from auditfalco.model.eventtypes import ASYNC_EVENT
from auditfalco.ruleset.rule import Rule

MATCHINGS = ("first", "all")


class Typed(Protocol):
    """What the engine itself needs of an event."""

    @property
    def type(self) -> str:
        """Falco's name of the event type."""


@dataclass(frozen=True)
class Match:
    """A rule that an event fulfils."""

    rule: Rule


class Engine:
    """Rules bound to events of one kind.

    Attributes:
        rules: the enabled rules, in order.
        matching: ``first`` to stop at the first rule that an event fulfils, ``all`` to go on.
        evaluated: how many events were looked at.
        matched: how often each rule was fulfilled, by name.
    """

    def __init__(
        self,
        rules: Iterable[Rule],
        bind: Bind,
        matching: str = "first",
        resolve: Resolver = CATALOGUE.resolve,
        identity: str = DETECT,
    ) -> None:
        """Compile the enabled rules.

        Args:
            rules: a ruleset, or any rules.
            bind: gives the function that reads a field from an event.
            resolve: knows the fields.
            identity: how names are seen, one of identity.MODES.

        Raises:
            ValueError: `matching` is neither ``first`` nor ``all``, or `identity` is unknown.
            ConditionTypeError: a condition asks what cannot be asked.
        """
        if matching not in MATCHINGS:
            raise ValueError(f"unknown rule matching strategy {matching!r}, it must be one of {', '.join(MATCHINGS)}")
        if identity not in MODES:
            raise ValueError(f"unknown identity matching {identity!r}, it must be one of {', '.join(MODES)}")
        self.matching = matching
        self.rules = tuple(rule for rule in rules if rule.enabled)
        self.evaluated = 0
        self.matched: dict[str, int] = {rule.name: 0 for rule in self.rules}
        compiler = Compiler(bind, resolve, identity)
        self._compiled = [(Match(rule), compiler.compile(rule.condition)) for rule in self.rules]
        self._candidates: dict[str, tuple[tuple[Match, Chain], ...]] = {}

    def candidates(self, event_type: str) -> tuple[Rule, ...]:
        """Return the rules that events of a type are tried on, in order."""
        return tuple(match.rule for match, _ in self._of_type(event_type))

    def evaluate(self, event: Typed) -> list[Match]:
        """Return the rules that an event fulfils, in order; with matching ``first`` one at most."""
        self.evaluated += 1
        event_type = event.type
        candidates = self._candidates.get(event_type)
        if candidates is None:
            candidates = self._of_type(event_type)
        matches: list[Match] = []
        for match, chain in candidates:
            if chain.holds(event):
                self.matched[match.rule.name] += 1
                matches.append(match)
                if self.matching == "first":
                    break
        return matches

    def _of_type(self, event_type: str) -> tuple[tuple[Match, Chain], ...]:
        """Return the candidates of an event type; Falco tries every rule on asynchronous events."""
        candidates = self._candidates.get(event_type)
        if candidates is None:
            everything = event_type == ASYNC_EVENT
            candidates = tuple(
                (match, chain) for match, chain in self._compiled if everything or event_type in match.rule.events
            )
            self._candidates[event_type] = candidates
        return candidates
