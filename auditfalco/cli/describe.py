"""`run -L` and `run -l RULE`: what rules consist of."""

from __future__ import annotations

from typing import Any

from auditfalco.cli.options import RuntimeFailure
from auditfalco.cli.startup import Start, load_rules
from auditfalco.cli.terminal import shown
from auditfalco.ruleset.describe import describe, describe_rule
from auditfalco.ruleset.rule import Rule, Ruleset
from auditfalco.text import json_text

_NAME_COLUMN = 51
_LINE = 110  # columns


def describe_rules(begun: Start) -> None:
    """Print all rules, or the one that `-l` names: a table, or Falco's JSON object.

    Raises:
        RuntimeFailure: there is no rule of that name.
        RulesRefused: the rules cannot be used.
    """
    ruleset = load_rules(begun)
    name = begun.options.describe_rule
    if begun.config["json_output"]:
        print(json_text(description(ruleset, name)))
    else:
        print(_table(ruleset.rules if name is None else (_rule(ruleset, name),)), end="")


def description(ruleset: Ruleset, name: str | None) -> dict[str, Any]:
    """Falco's object for all rules (None), or for one.

    Raises:
        RuntimeFailure: there is no rule of that name.
    """
    return describe(ruleset) if name is None else {"rules": [describe_rule(_rule(ruleset, name))]}


def _rule(ruleset: Ruleset, name: str) -> Rule:
    rule = ruleset.get(name)
    if rule is None:
        raise RuntimeFailure(f'Rule "{name}" is not loaded')
    return rule


def _table(rules: tuple[Rule, ...]) -> str:
    rows = [("Rule", "Description\n"), ("----", "-----------\n")]
    rows += [(rule.name, f"{_wrapped(rule.description)}\n\n") for rule in rules]
    return "".join(f"{shown(name):<{_NAME_COLUMN - 1}} {shown(text)}" for name, text in rows)


def _wrapped(text: str) -> str:
    """A text in a column that begins at _NAME_COLUMN and ends at _LINE, a blank after every word, as Falco does."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) + 1 > _LINE - _NAME_COLUMN:
            lines.append("")
        lines[-1] += f"{word} "
    return f"\n{' ' * _NAME_COLUMN}".join(lines)
