"""``append_output`` of the configuration: what is added to the output of rules after they are loaded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from auditfalco.fields.catalogue import CATALOGUE, Catalogue
from auditfalco.ruleset.rule import Rule, Ruleset


@dataclass(frozen=True)
class AppendOutput:
    """One entry; it is meant for the rules that fit all of `rule`, `source` and `tags` that are given.

    Attributes:
        rule: the name of one rule, or None.
        source: a source of events, or None.
        tags: tags that the rule must have, all of them.
        extra_output: text added after a blank, or ``""``.
        extra_fields: (name, template) pairs added to JSON's ``output_fields``.
        suggested: whether to add ``a_b=%a.b`` for every field that is marked as suggested.
    """

    rule: str | None = None
    source: str | None = None
    tags: frozenset[str] = frozenset()
    extra_output: str = ""
    extra_fields: tuple[tuple[str, str], ...] = ()
    suggested: bool = False

    def meant_for(self, rule: Rule) -> bool:
        """Tell whether the entry changes a rule."""
        if self.rule is not None and self.rule != rule.name:
            return False
        if self.source is not None and self.source != rule.source:
            return False
        return self.tags <= set(rule.tags)


def append_outputs(ruleset: Ruleset, entries: Iterable[AppendOutput], catalogue: Catalogue = CATALOGUE) -> Ruleset:
    """Return the ruleset with every entry added to the rules that it is meant for, in order."""
    suggested = " ".join(f"{name.replace('.', '_')}=%{name}" for name in suggested_fields(catalogue))
    rules = list(ruleset.rules)
    for entry in entries:
        rules = [_appended(rule, entry, suggested) if entry.meant_for(rule) else rule for rule in rules]
    return replace(ruleset, rules=tuple(rules))


def suggested_fields(catalogue: Catalogue = CATALOGUE) -> list[str]:
    """Return the names of the fields that are marked as suggested."""
    return [field.name for field in catalogue if field.suggested]


def _appended(rule: Rule, entry: AppendOutput, suggested: str) -> Rule:
    added = [text for text in (entry.extra_output, suggested if entry.suggested else "") if text]
    output = " ".join([rule.output, *added])
    return replace(rule, output=output, extra_fields=rule.extra_fields + entry.extra_fields)
