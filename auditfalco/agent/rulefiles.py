"""From rule files, as a command line or configuration names them, to rules in force."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from auditfalco.agent.shipped import shipped_rules
from auditfalco.errors import AuditfalcoError
from auditfalco.ruleset.issues import Issue
from auditfalco.ruleset.items import Priority
from auditfalco.ruleset.load import LoadResult, load
from auditfalco.ruleset.rule import Ruleset
from auditfalco.ruleset.versions import Version, unsatisfied

_ENDINGS = (".yaml", ".yml")

BUILT_IN_PLUGINS = {"container": Version(0, 7, 0)}
"""Plugins of Falco's whose fields are built in, with the version whose fields they are."""


class RulesRefused(AuditfalcoError):
    """Raised when rule files cannot be used; its text tells every error with its place."""


@dataclass(frozen=True)
class RuleFiles:
    """The files that some names stand for.

    Attributes:
        paths: in the order in which they are loaded.
        passed_over: what was named and is no rule file, one line each.
    """

    paths: tuple[str, ...]
    passed_over: tuple[str, ...] = ()


def expand(names: Iterable[str], may_miss: bool = False) -> RuleFiles:
    """The files that some names stand for: a file is itself, a directory its rule files by name (not those below it).

    A file whose name ends in neither ``.yaml`` nor ``.yml`` is passed over, as Falco does.

    Args:
        may_miss: names of nothing are passed over in silence, as Falco does with those that its configuration lists.

    Raises:
        RulesRefused: a name is neither.
    """
    found: list[str] = []
    passed_over = []
    for name in names:
        path = Path(name)
        try:
            if path.is_dir():
                inside = sorted(str(entry) for entry in path.iterdir() if entry.suffix in _ENDINGS and entry.is_file())
                if not inside:
                    passed_over.append(f"there is no rule file in {name}")
                found += inside
                continue
            path.stat()
        except OSError as error:
            if may_miss and isinstance(error, FileNotFoundError):
                continue
            raise RulesRefused(f"cannot read the rules {name}: {error.strerror}") from None
        if path.suffix in _ENDINGS:
            found.append(name)
        else:
            passed_over.append(f"{name} is not loaded: the name of a rule file ends in .yaml or .yml")
    return RuleFiles(tuple(found), tuple(passed_over))


def shipped() -> list[str]:
    """The name of the shipped rules.

    Raises:
        RulesRefused: they are not installed.
    """
    path = shipped_rules()
    if path is None:
        raise RulesRefused("the shipped rules are not installed; name rules with -r")
    return [str(path)]


def load_rules(names: Sequence[str] | None, least: Priority) -> tuple[Ruleset, list[Issue]]:
    """The rules of some files and directories (None: the shipped ones), with the warnings about them.

    Raises:
        RulesRefused: there are none, or a file has an error.
    """
    names = shipped() if names is None else names
    files = expand(names)
    if not files.paths:
        reason = "; ".join(files.passed_over) or "no rules are named"
        raise RulesRefused(f"{reason}; name a rule file with -r")
    result = load_files(files.paths, least)
    return result.ruleset, result.warnings


def load_files(paths: Sequence[str], least: Priority) -> LoadResult:
    """The rules of some files.

    Raises:
        RulesRefused: a file has an error, or they require a plugin.
    """
    result = load(paths, least)
    if not result.successful:
        raise RulesRefused("\n".join(_error_text(issue) for issue in result.errors))
    require_plugins(result.ruleset)
    return result


def require_plugins(ruleset: Ruleset) -> None:
    """Refuse rules that require a plugin which is not built in.

    Raises:
        RulesRefused: they do.
    """
    missing = unsatisfied(ruleset.plugins, BUILT_IN_PLUGINS)
    if missing is not None:
        raise RulesRefused(f"Plugin requirement not satisfied, must load one of: {missing}")


def _error_text(issue: Issue) -> str:
    return f"{issue}\n{issue.snippet.rstrip()}" if issue.snippet.strip() else str(issue)
