"""From rule files, as a command line or configuration names them, to rules in force."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from auditfalco.agent.shipped import shipped_rules
from auditfalco.errors import AuditfalcoError
from auditfalco.ruleset.issues import Issue
from auditfalco.ruleset.items import Priority
from auditfalco.ruleset.load import load
from auditfalco.ruleset.rule import Ruleset

_ENDINGS = (".yaml", ".yml")


class RulesRefused(AuditfalcoError):
    """Raised when rule files cannot be used; its text tells every error with its place."""


def expand(names: Iterable[str]) -> list[str]:
    """The files that some names stand for: a file is itself, a directory its rule files by name (not those below it).

    Raises:
        RulesRefused: a name is neither.
    """
    found = []
    for name in names:
        path = Path(name)
        try:
            if path.is_dir():
                found += sorted(str(entry) for entry in path.iterdir() if entry.suffix in _ENDINGS and entry.is_file())
                continue
            path.stat()
        except OSError as error:
            raise RulesRefused(f"cannot read the rules {name}: {error.strerror}") from None
        found.append(name)
    return found


def load_rules(names: Sequence[str] | None, least: Priority) -> tuple[Ruleset, list[Issue]]:
    """The rules of some files and directories (None: the shipped ones), with the warnings about them.

    Raises:
        RulesRefused: there are none, or a file has an error.
    """
    if names is None:
        shipped = shipped_rules()
        if shipped is None:
            raise RulesRefused("the shipped rules are not installed; name rules with -r")
        names = [str(shipped)]
    files = expand(names)
    if not files:
        raise RulesRefused(f"there is no rule file in {', '.join(names) or 'the configuration'}; name one with -r")
    result = load(files, least)
    if not result.successful:
        raise RulesRefused("\n".join(_error_text(issue) for issue in result.errors))
    return result.ruleset, result.warnings


def _error_text(issue: Issue) -> str:
    return f"{issue}\n{issue.snippet.rstrip()}" if issue.snippet.strip() else str(issue)
