"""Loading rule files.

All files feed one collection, and after each file everything is compiled anew, so that a file must be complete with
those before it. The first error ends a file; the files after it are read all the same, to tell about them too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from auditfalco.fields.catalogue import CATALOGUE, Catalogue
from auditfalco.model.location import Location
from auditfalco.ruleset.collector import Collector
from auditfalco.ruleset.compiler import compile_rules
from auditfalco.ruleset.issues import Context, FileResult, Issue, RulesFileError
from auditfalco.ruleset.items import Priority
from auditfalco.ruleset.reader import read_items
from auditfalco.ruleset.rule import Ruleset
from auditfalco.ruleset.yamltext import MAX_BYTES, YamlError, decode, documents


@dataclass
class LoadResult:
    """What became of all files.

    Attributes:
        files: one result for each file, in order.
        ruleset: the rules of all files; what could be used of them when there were errors.
    """

    files: list[FileResult] = field(default_factory=list)
    ruleset: Ruleset = field(default_factory=Ruleset)

    @property
    def successful(self) -> bool:
        """Whether every file can be used."""
        return all(file.successful for file in self.files)

    @property
    def errors(self) -> list[Issue]:
        """The errors of all files."""
        return [issue for file in self.files for issue in file.errors]

    @property
    def warnings(self) -> list[Issue]:
        """The warnings of all files."""
        return [issue for file in self.files for issue in file.warnings]


def load(files: Iterable[str | Path], least: Priority = Priority.DEBUG, catalogue: Catalogue = CATALOGUE) -> LoadResult:
    """Load rule files in order.

    Args:
        least: rules less grave than this are left out.
        catalogue: the fields that rules may use.

    Returns:
        The rules and every file's errors and warnings; nothing is raised for what is wrong with a file.
    """
    return load_texts(((str(path), _read(path)) for path in files), least, catalogue)


def load_texts(
    texts: Iterable[tuple[str, bytes | OSError]],
    least: Priority = Priority.DEBUG,
    catalogue: Catalogue = CATALOGUE,
) -> LoadResult:
    """Load rules from (name, content) pairs as from files; an OSError in place of content is reported as unreadable."""
    result = LoadResult()
    told: set[tuple[str, str, Location]] = set()
    current = FileResult("")
    lines: dict[str, list[str]] = {}

    def warn(issue: Issue) -> None:
        key = (issue.code, issue.message, issue.location)
        if key not in told:
            told.add(key)
            current.warnings.append(_with_snippet(issue, lines))

    collector = Collector(catalogue.resolve, warn)
    for name, raw in texts:
        current = FileResult(name)
        result.files.append(current)
        start = Location(name, 1, 1)
        content = (Context("rules content", "", start),)
        try:
            if isinstance(raw, OSError):
                raise RulesFileError(Issue("LOAD_ERR_FILE_READ", raw.strerror or str(raw), content))
            text = decode(raw, name)
            lines[name] = text.split("\n")
            for item in read_items(documents(text, name), name, warn):
                collector.add(item)
            result.ruleset = compile_rules(collector, catalogue, least, warn)
        except YamlError as error:
            contexts = (*content, Context("value for", "", error.location))
            current.errors.append(_with_snippet(Issue("LOAD_ERR_YAML_PARSE", error.message, contexts), lines))
        except RulesFileError as error:
            current.errors.append(_with_snippet(error.issue, lines))
    return result


def _read(path: str | Path) -> bytes | OSError:
    try:
        with open(path, "rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        return error


def _with_snippet(issue: Issue, lines: dict[str, list[str]]) -> Issue:
    """Add the line of the file, cut around the place if it is long, with a mark below."""
    place = issue.location
    written = lines.get(place.file, [])
    if not 0 < place.line <= len(written):
        return issue
    line = written[place.line - 1].rstrip("\r")
    start = max(place.column - 100, 0) if len(line) > 160 else 0
    shown = line[start : start + 160]
    mark = " " * (place.column - 1 - start) + "^"
    return replace(issue, snippet=f"{shown}\n{mark}\n")
