"""What is wrong, or doubtful, in rule files, under Falco's codes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from auditfalco.model.location import Location

# The codes and what they are called, as in Falco's falco_load_result.cpp.
ERRORS = {
    "LOAD_ERR_FILE_READ": "File read error",
    "LOAD_ERR_YAML_PARSE": "YAML parse error",
    "LOAD_ERR_YAML_VALIDATE": "Error validating internal structure of YAML file",
    "LOAD_ERR_COMPILE_CONDITION": "Error compiling condition",
    "LOAD_ERR_COMPILE_OUTPUT": "Error compiling output",
    "LOAD_ERR_VALIDATE": "Error validating rule/macro/list/exception objects",
    "LOAD_ERR_EXTENSION": "Error in extension item",
}
WARNINGS = {
    "LOAD_UNKNOWN_SOURCE": "Unknown event source",
    "LOAD_UNSAFE_NA_CHECK": "Unsafe <NA> comparison in condition",
    "LOAD_NO_EVTTYPE": "Condition has no event-type restriction",
    "LOAD_UNKNOWN_FILTER": "Unknown field or event-type in condition or output",
    "LOAD_UNUSED_MACRO": "Unused macro",
    "LOAD_UNUSED_LIST": "Unused list",
    "LOAD_UNKNOWN_ITEM": "Unknown rules file item",
    "LOAD_DEPRECATED_ITEM": "Used deprecated item",
    "LOAD_WARNING_EXTENSION": "Warning in extension item",
    "LOAD_APPEND_NO_VALUES": "Overriding/appending with no values",
    "LOAD_EXCEPTION_NAME_NOT_UNIQUE": "Multiple exceptions defined with the same name",
    "LOAD_INVALID_MACRO_NAME": "Invalid macro name",
    "LOAD_INVALID_LIST_NAME": "Invalid list name",
    "LOAD_COMPILE_CONDITION": "Warning in rule condition",
    "LOAD_UNKNOWN_KEY": "Unknown key in item",
}


@dataclass(frozen=True)
class Context:
    """One thing inside which an issue lies: its kind (``rule``, ``exception``, …), its name or ``""``, its begin."""

    kind: str
    name: str
    location: Location


@dataclass(frozen=True)
class Issue:
    """One error or warning.

    Attributes:
        code: one of ERRORS or WARNINGS.
        message: what is wrong; text of the rules stands in it as it is, to be escaped where it is printed.
        contexts: what it lies in, from the file inward; the last is the place to look at.
        mend: what to do about it, one line, or ``""``.
        snippet: the line of the file at that place, and a line with a ``^`` under it.
    """

    code: str
    message: str
    contexts: tuple[Context, ...]
    mend: str = ""
    snippet: str = ""

    @property
    def is_error(self) -> bool:
        """Whether the rules cannot be used as they are."""
        return self.code in ERRORS

    @property
    def description(self) -> str:
        """What the code stands for."""
        return ERRORS.get(self.code) or WARNINGS[self.code]

    @property
    def location(self) -> Location:
        """The place to look at."""
        return self.contexts[-1].location

    def __str__(self) -> str:
        """Return ``file:line:column: code: message; mend``."""
        text = f"{self.location}: {self.code}: {self.message}"
        return f"{text}; {self.mend}" if self.mend else text

    def as_text(self) -> str:
        """Return the issue over several lines: what it lies in, the line of the file, what is wrong, and the mend."""
        places = [
            f"{context.kind}{f' {context.name!r}' if context.name else ''}: ({context.location})"
            for context in self.contexts
        ]
        lines = ["In " + "\n    ".join(places), "------", self.snippet.rstrip("\n"), "------"]
        lines.append(f"{self.code} ({self.description}): {self.message}")
        return "\n".join([*lines, self.mend] if self.mend else lines)

    def as_json(self) -> dict[str, Any]:
        """Return the issue as Falco's ``-V`` with ``json_output`` writes it; its lines and columns count from 0."""
        return {
            "code": self.code,
            "codedesc": self.description,
            "message": self.message,
            "context": {
                "locations": [
                    {
                        "item_type": context.kind,
                        "item_name": context.name,
                        "position": {
                            "name": context.location.file,
                            "line": context.location.line - 1,
                            "column": context.location.column - 1,
                            "offset": 0,
                        },
                    }
                    for context in self.contexts
                ],
                "snippet": self.snippet,
            },
        }


class RulesFileError(Exception):
    """Raised inside this package to leave a file at its first error; becomes the file's error."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(str(issue))
        self.issue = issue


@dataclass
class FileResult:
    """What became of one file.

    Attributes:
        name: the path as it was given.
        errors: at most one: the first error ends the file.
        warnings: in the order in which they were met.
    """

    name: str
    errors: list[Issue] = field(default_factory=list)
    warnings: list[Issue] = field(default_factory=list)

    @property
    def successful(self) -> bool:
        """Whether the file's rules can be used."""
        return not self.errors

    def as_text(self) -> str:
        """Return a report on the file: its name with Ok, Ok with warnings, or Invalid, and every issue at length."""
        verdict = "Invalid" if self.errors else "Ok, with warnings" if self.warnings else "Ok"
        parts = [f"{self.name}: {verdict}"]
        for title, issues in (("Errors", self.errors), ("Warnings", self.warnings)):
            if issues:
                parts.append(f"{len(issues)} {title}:")
                parts += [issue.as_text() for issue in issues]
        return "\n".join(parts)

    def as_json(self) -> dict[str, Any]:
        """Return one element of Falco's ``falco_load_results``."""
        return {
            "name": self.name,
            "successful": self.successful,
            "errors": [issue.as_json() for issue in self.errors],
            "warnings": [issue.as_json() for issue in self.warnings],
        }
