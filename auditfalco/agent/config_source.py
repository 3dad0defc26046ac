"""Where configuration comes from: a file, the files that it includes, and overrides from the command line.

The outcome is one tree of plain values. What its keys mean is none of this module's business.
Source: Falco's yaml_helper.h; its configuration keys `config_files` and the option `-o`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union

import yaml

from auditfalco.errors import AuditfalcoError
from auditfalco.model.location import Location
from auditfalco.ruleset.yamltext import MAX_BYTES, YamlError, decode, documents

Tree = dict[str, Any]
Step = Union[str, int, None]  # a key; an index; None for one past the last element

INCLUDES = "config_files"

_STRATEGIES = ("append", "override", "add-only")
_ENDINGS = (".yaml", ".yml")
_STEP = re.compile(r"(?P<name>(?:[^.\[\]\\]|\\.)+)(?P<indices>(?:\[[0-9]{0,6}\])*)(?:\.(?!$)|$)")
_VARIABLE = re.compile(r"\$(\$?)\{([A-Za-z_][A-Za-z0-9_]*)\}")
_NO_PLAIN_SCALAR = ("%", "@", "`")  # YAML keeps these; on a command line they begin texts like any other


class ConfigError(AuditfalcoError):
    """Raised when the configuration cannot be used."""


@dataclass(frozen=True)
class Override:
    """`-o KEY=VALUE`.

    Attributes:
        written: as on the command line.
        key: what stands before the ``=``.
        steps: the way to the value; empty when `key` is no way to anything.
        value: the value.
    """

    written: str
    key: str
    steps: tuple[Step, ...]
    value: Any

    @property
    def names(self) -> tuple[str, ...]:
        """The keys among the steps."""
        return tuple(step for step in self.steps if isinstance(step, str))

    def put_into(self, tree: Tree) -> None:
        """Set the value in a tree; maps and lists on the way are made where they are missing.

        Raises:
            ConfigError: an index is beyond the end of its list.
        """
        place: Any = tree
        for step, following in zip(self.steps, self.steps[1:]):
            wanted = dict if isinstance(following, str) else list
            place = self._element(place, step, wanted)
        if self.steps:
            self._set(place, self.steps[-1], self.value)

    def _element(self, place: Any, step: Step, wanted: type) -> Any:
        found = None
        if isinstance(place, dict):
            found = place.get(step)
        elif step is not None and int(step) < len(place):
            found = place[int(step)]
        if not isinstance(found, wanted):
            found = wanted()
            self._set(place, step, found)
        return found

    def _set(self, place: Any, step: Step, value: Any) -> None:
        if isinstance(place, dict):
            place[step] = value
        elif step is None or step == len(place):
            place.append(value)
        elif int(step) < len(place):
            place[int(step)] = value
        else:
            raise ConfigError(f"-o {self.written}: the list has {len(place)} elements, there is no [{step}]")


def parse_override(written: str) -> Override:
    """Read `KEY=VALUE`; in KEY ``.`` leads into a map, ``[N]`` into a list, ``[]`` past its end, ``\\`` escapes.

    Raises:
        ConfigError: there is no ``=`` or no key, or the value is no YAML.
    """
    key, equals, text = written.partition("=")
    if not equals or not key:
        raise ConfigError(
            f'Error parsing config option "{written}". Must be of the form key=val or key.subkey=val',
            mend="an override is written KEY=VALUE",
        )
    return Override(written, key, _steps(key), _value(text, written))


def _steps(key: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    position = 0
    for match in _STEP.finditer(key):
        if match.start() != position:
            return ()
        steps.append(re.sub(r"\\(.)", r"\1", match.group("name")))
        steps += [int(digits) if digits else None for digits in re.findall(r"\[([0-9]*)\]", match.group("indices"))]
        position = match.end()
    return tuple(steps) if position == len(key) else ()


def _value(text: str, written: str) -> Any:
    if not text or text.startswith(_NO_PLAIN_SCALAR):
        return text
    try:
        value = yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise ConfigError(f"-o {written}: the value is no YAML") from None
    # Only braces and brackets make a map or list: the text "a: b" is a text.
    return text if isinstance(value, (dict, list)) and text.lstrip()[:1] not in ("{", "[") else value


def read_file(path: str) -> Tree:
    """The values in a configuration file, variables of the environment put in; empty for an empty file.

    Raises:
        ConfigError: it cannot be read, is no YAML or too much of it, or no map.
    """
    try:
        with open(path, "rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    loaded = _loaded(raw, path)
    try:
        documents(decode(raw, path), path)  # refuses what aliases blow up, before anything is copied
    except YamlError as error:
        raise ConfigError(error.message, error.location) from None
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise ConfigError("a configuration is a mapping of keys to values", Location(path, 1, 1))
    return {str(key): _with_variables(value) for key, value in loaded.items()}


def _loaded(raw: bytes, path: str) -> Any:
    try:
        return yaml.load(raw, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = Location(path, mark.line + 1, mark.column + 1) if mark is not None else None
        raise ConfigError(error.problem or "not YAML", place) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not YAML: {error}".splitlines()[0]) from None


def _with_variables(value: Any) -> Any:
    """Put the environment's variables in for ``${NAME}``; an unset one is empty, ``$${NAME}`` stays ``${NAME}``."""
    if isinstance(value, dict):
        return {key: _with_variables(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_variables(item) for item in value]
    if not isinstance(value, str) or "${" not in value:
        return value
    text = _VARIABLE.sub(
        lambda match: match.group()[1:] if match.group(1) else os.environ.get(match.group(2), ""), value
    )
    return _plain(text) if _VARIABLE.fullmatch(value) and not value.startswith("$$") else text


def _plain(text: str) -> Any:
    """Read a text as YAML would read it without quotes."""
    try:
        value = yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError):
        return text
    return value if isinstance(value, (bool, int, float)) else text


def included_files(tree: Mapping[str, Any], main: str | None) -> Iterator[tuple[str, str]]:
    """The files that `config_files` names, each with its strategy; those that are not there are passed over.

    Args:
        tree: the main file's values.
        main: its name, None if there is no main file.

    Raises:
        ConfigError: the main file includes itself.
    """
    entries = tree.get(INCLUDES) or []
    for entry in [entries] if isinstance(entries, (str, dict)) else entries:
        path = entry.get("path") if isinstance(entry, dict) else entry
        strategy = entry.get("strategy") if isinstance(entry, dict) else None
        if not isinstance(path, str):
            continue
        for name in _files_of(path):
            if main is not None and os.path.realpath(name) == os.path.realpath(main):
                raise ConfigError(f"Config error: '{INCLUDES}' of {main} includes that file itself")
            yield name, strategy if strategy in _STRATEGIES else _STRATEGIES[0]


def _files_of(path: str) -> list[str]:
    if os.path.isdir(path):
        entries = sorted(Path(path).iterdir())
        return [str(entry) for entry in entries if entry.suffix in _ENDINGS and entry.is_file()]
    return [path] if os.path.isfile(path) else []


def merge(tree: Tree, included: Tree, strategy: str) -> None:
    """Lay an included file's keys over a tree.

    Args:
        strategy: ``append`` joins lists and replaces anything else, ``override`` replaces, ``add-only`` adds keys that
            are not there.
    """
    for key, value in included.items():
        present = tree.get(key)
        if strategy == "append" and isinstance(present, list) and isinstance(value, list):
            tree[key] = present + value
        elif strategy != "add-only" or key not in tree:
            tree[key] = value
