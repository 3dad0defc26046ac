"""The agent's configuration: Falco's keys and defaults, a file, and overrides from the command line.

Keys that the agent does not serve are named in a warning, so that nobody believes them in force.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

import yaml

from auditfalco.errors import AuditfalcoError
from auditfalco.model.location import Location

DEFAULTS: dict[str, Any] = {
    "rules_files": None,
    "time_format_iso_8601": False,
    "json_output": False,
    "json_include_output_property": True,
    "json_include_message_property": False,
    "json_include_output_fields_property": True,
    "json_include_tags_property": True,
    "buffered_outputs": False,
    "priority": "debug",
    "rule_matching": "first",
    "stdout_output.enabled": True,
    "auditfalco.docker_roots": ["/var/lib/docker"],
}
"""Every key that takes effect, with its default; a dot stands between a mapping and its key.

rules_files None: the shipped rules.
"""

_STEP = re.compile(r"(?P<name>(?:[^.\[\]\\]|\\.)+)(?P<index>(?:\[\d*\])*)(?:\.|$)")


class ConfigError(AuditfalcoError):
    """Raised when the configuration cannot be used."""


class Config:
    """Values by key; every key of DEFAULTS has one.

    Attributes:
        warnings: keys that have no effect, one line each.
    """

    def __init__(self) -> None:
        self._values = dict(DEFAULTS)
        self.warnings: list[str] = []

    def __getitem__(self, key: str) -> Any:
        """The value of a key of DEFAULTS."""
        return self._values[key]

    def merge(self, values: Mapping[str, Any], origin: str) -> None:
        """Take over nested values; `origin` says in messages where they are from.

        Raises:
            ConfigError: a value is of the wrong type.
        """
        for key, value in _flat(values):
            if key not in DEFAULTS:
                near = get_close_matches(key, DEFAULTS, n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                self.warnings.append(f"{origin}: the key {key} has no effect{hint}")
                continue
            self._values[key] = _checked(key, value, origin)


def load(path: str | None, overrides: Iterable[str]) -> Config:
    """The configuration of a file (None: no file), with `key=value` overrides laid over it.

    Raises:
        ConfigError: the file cannot be read or parsed, an override has no `=`, or a value is of the wrong type.
    """
    config = Config()
    if path is not None:
        config.merge(_read(path), path)
    for override in overrides:
        key, equals, text = override.partition("=")
        if not equals or not key:
            raise ConfigError(f"-o {override}: an override is written KEY=VALUE")
        config.merge(_nested(key, _scalar(text, override)), f"-o {override}")
    return config


def _read(path: str) -> Mapping[str, Any]:
    try:
        with open(path, "rb") as file:
            loaded = yaml.load(file, Loader=yaml.CSafeLoader)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = Location(path, mark.line + 1, mark.column + 1) if mark is not None else None
        raise ConfigError(error.problem or "not YAML", place) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not YAML: {error}".splitlines()[0]) from None
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise ConfigError("a configuration is a mapping of keys to values", Location(path, 1, 1))
    return loaded


def _scalar(text: str, override: str) -> Any:
    try:
        return yaml.load(text, Loader=yaml.CSafeLoader) if text else ""
    except (yaml.YAMLError, ValueError):
        raise ConfigError(f"-o {override}: the value is no YAML") from None


def _nested(path: str, value: Any) -> dict[str, Any]:
    """The mapping that an override's path (`a.b.c`) stands for."""
    names = []
    position = 0
    for step in _STEP.finditer(path):
        if step.start() != position or step.group("index"):
            break
        names.append(re.sub(r"\\(.)", r"\1", step.group("name")))
        position = step.end()
    if position != len(path) or not names:
        return {path: value}
    nested: Any = value
    for name in reversed(names):
        nested = {name: nested}
    return dict(nested)


def _flat(values: Mapping[Any, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and name not in DEFAULTS and any(known.startswith(name + ".") for known in DEFAULTS):
            yield from _flat(value, name + ".")
        else:
            yield name, value


def _checked(key: str, value: Any, origin: str) -> Any:
    default = DEFAULTS[key]
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise ConfigError(f"{origin}: {key} is true or false, not {value!r}")
    elif isinstance(default, str):
        if not isinstance(value, str):
            raise ConfigError(f"{origin}: {key} is a text, not {value!r}")
    elif isinstance(value, str):
        return [value]
    elif not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{origin}: {key} is a list of texts, not {value!r}")
    return value
