"""The agent's configuration: Falco's keys and defaults, files, and overrides from the command line.

Keys that the agent does not serve are named in a warning, so that nobody believes them in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from auditfalco.agent.config_rules import append_outputs, switches
from auditfalco.agent.config_schema import CONFIG_SCHEMA
from auditfalco.agent.config_source import (
    INCLUDES,
    ConfigError,
    Override,
    Tree,
    included_files,
    merge,
    parse_override,
    read_file,
)
from auditfalco.agent.schema import SchemaStatus, file_status
from auditfalco.ruleset.append_output import AppendOutput
from auditfalco.ruleset.rule import Switch

__all__ = ["DEFAULTS", "Config", "ConfigError", "ConfigFile", "load"]

DEFAULTS: dict[str, Any] = {
    "config_files": None,
    "rules_files": None,
    "rules": None,
    "append_output": None,
    "time_format_iso_8601": False,
    "json_output": False,
    "json_include_output_property": True,
    "json_include_message_property": False,
    "json_include_output_fields_property": True,
    "json_include_tags_property": True,
    "buffered_outputs": False,
    "priority": "debug",
    "rule_matching": "first",
    "syscall_event_drops.threshold": 0.1,
    "syscall_event_drops.actions": ["log", "alert"],
    "syscall_event_drops.rate": 0.03333,
    "syscall_event_drops.max_burst": 1.0,
    "syscall_event_drops.simulate_drops": False,
    "stdout_output.enabled": True,
    "log_stderr": False,
    "auditfalco.docker_roots": ["/var/lib/docker"],
    "auditfalco.noisy_exes": [],
    "auditfalco.identity_matching": "detect",
    "auditfalco.exec_gate": False,
    "auditfalco.exec_gate_on": "host",
    "auditfalco.json_include_evidence": True,
    "auditfalco.receive_buffer": 32 * 1024 * 1024,
    "auditfalco.backlog_limit": 8192,
    "auditfalco.backlog_wait_time": None,
    "auditfalco.tampering.repair": "ours",
    "auditfalco.canary_seconds": 3.0,
}
"""Every key that takes effect, with its default; a dot stands between a mapping and its key.

rules_files None: no file names any. config_files, rules and append_output are read by modules of their own.
"""

_FORMER_NAMES = {"rules_files": "rules_file"}
"""Keys that Falco once called otherwise; the former name still counts."""

_ONE_OR_MORE = frozenset(
    {"rules_files", "syscall_event_drops.actions", "auditfalco.docker_roots", "auditfalco.noisy_exes"}
)
"""Lists that may be written as a single text."""

_WHOLE = {
    "auditfalco.receive_buffer": range(4096, 1 << 30),
    "auditfalco.backlog_limit": range(1 << 31),
    "auditfalco.backlog_wait_time": range(1 << 31),
}
"""Whole numbers, and the values that they may have."""

_OF_ANY_SHAPE = frozenset({"config_files", "rules", "append_output"})


@dataclass(frozen=True)
class ConfigFile:
    """A file that was read, and how it stands to the schema."""

    path: str
    status: SchemaStatus


class Config:
    """Values by key; every key of DEFAULTS has one.

    Attributes:
        tree: everything that files and overrides say, nested, also keys that take no effect.
        files: the files that were read, in order.
        switches: what the key `rules` switches on and off.
        append_outputs: what the key `append_output` adds to the output of rules.
        warnings: keys that have no effect, one line each.
        not_taken: values of the wrong type, whose keys have their defaults, one line each.
    """

    def __init__(self) -> None:
        self._values = dict(DEFAULTS)
        self.tree: Tree = {}
        self.files: list[ConfigFile] = []
        self.switches: tuple[Switch, ...] = ()
        self.append_outputs: tuple[AppendOutput, ...] = ()
        self.warnings: list[str] = []
        self.not_taken: list[str] = []

    def __getitem__(self, key: str) -> Any:
        """The value of a key of DEFAULTS."""
        return self._values[key]

    def settle(self) -> None:
        """Take the values of all keys from the tree; one of the wrong type leaves the default in force.

        Raises:
            ConfigError: `rules` or `append_output` cannot be used.
        """
        for key in DEFAULTS:
            value = _lookup(self.tree, key)
            if value is None and key in _FORMER_NAMES:
                value = self.tree.get(_FORMER_NAMES[key])
            if value is not None and _fault(key, value) is None:
                self._values[key] = [value] if key in _ONE_OR_MORE and isinstance(value, str) else value
        self.switches = switches(self.tree.get("rules"))
        self.append_outputs = append_outputs(self.tree.get("append_output"))


def load(path: str | None, overrides: Iterable[str], lenient: bool = False) -> Config:
    """The configuration of a file (None: no file) and those it includes, with `key=value` overrides laid over it.

    A value of the wrong type in a file breaks its schema, and leaves the default in force, as in Falco. In an override,
    which no schema checks, it is refused.

    Args:
        lenient: overrides of the wrong type, too, leave the default in force.

    Raises:
        ConfigError: a file cannot be read or parsed, an override has no `=` or is of the wrong type, or `rules` or
            `append_output` cannot be used.
    """
    config = Config()
    parsed = [parse_override(override) for override in overrides]
    including, others = _split(parsed)
    _read_files(config, path, including)
    for override in others:
        override.put_into(config.tree)
        config.warnings += _unserved(_nested(override), f"-o {override.written}")
        for fault in _override_faults(override, config.tree):
            if not lenient:
                raise ConfigError(f"-o {override.written}: {fault}")
            config.not_taken.append(f"-o {override.written}: {fault}; the default stays in force")
    config.settle()
    return config


def _split(overrides: Sequence[Override]) -> tuple[list[Override], list[Override]]:
    """Part the overrides of `config_files`, which count before files are merged, from the others."""
    including = [override for override in overrides if override.names[:1] == (INCLUDES,)]
    return including, [override for override in overrides if override not in including]


def _read_files(config: Config, main: str | None, including: Iterable[Override]) -> None:
    if main is not None:
        values = read_file(main)
        _note(config, main, values)
        config.tree = _unshared(values)
    for override in including:
        override.put_into(config.tree)
    for path, strategy in list(included_files(config.tree, main)):
        included = read_file(path)
        if INCLUDES in included:
            raise ConfigError(f"Config error: '{INCLUDES}' directive in included config file {path}.")
        _note(config, path, included)
        merge(config.tree, _unshared(included), strategy)


def _unshared(value: Any) -> Any:
    """A copy in which YAML's aliases no longer share what overrides may change."""
    if isinstance(value, dict):
        return {key: _unshared(item) for key, item in value.items()}
    return [_unshared(item) for item in value] if isinstance(value, list) else value


def _note(config: Config, path: str, values: Tree) -> None:
    """Write down that a file was read, and what in it has no effect."""
    config.files.append(ConfigFile(path, file_status(path, CONFIG_SCHEMA)))
    config.warnings += _unserved(values, path)
    for key in DEFAULTS:
        value = _lookup(values, key)
        fault = None if value is None else _fault(key, value)
        if fault is not None:
            config.not_taken.append(f"{path}: {fault}; the default stays in force")


def _nested(override: Override) -> Mapping[str, Any]:
    """An override as the mapping that it stands for, indices left out."""
    nested: Any = override.value
    for name in reversed(override.names or (override.key,)):
        nested = {name: nested}
    return dict(nested)


def _unserved(values: Mapping[Any, Any], origin: str) -> list[str]:
    """One line for each key that has no effect."""
    lines = []
    for key in _flat(values):
        if key not in DEFAULTS and key not in _FORMER_NAMES.values():
            near = get_close_matches(key, DEFAULTS, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            lines.append(f"{origin}: the key {key} has no effect{hint}")
    return lines


def _flat(values: Mapping[Any, Any], prefix: str = "") -> Iterable[str]:
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and name not in DEFAULTS and any(known.startswith(name + ".") for known in DEFAULTS):
            yield from _flat(value, name + ".")
        else:
            yield name


def _lookup(tree: Mapping[str, Any], key: str) -> Any:
    found: Any = tree
    for name in key.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _override_faults(override: Override, tree: Mapping[str, Any]) -> Iterable[str]:
    """What is wrong with the keys that an override has changed."""
    changed = ".".join(override.names)
    for key in DEFAULTS:
        if f"{changed}.".startswith(f"{key}.") or f"{key}.".startswith(f"{changed}."):
            value = _lookup(tree, key)
            fault = None if value is None else _fault(key, value)
            if fault is not None:
                yield fault


def _fault(key: str, value: Any) -> str | None:
    """What is wrong with the type of a value; None when nothing is."""
    default = DEFAULTS[key]
    if isinstance(default, bool):
        return None if isinstance(value, bool) else f"{key} is true or false, not {value!r}"
    if key in _WHOLE:
        values = _WHOLE[key]
        if isinstance(value, int) and not isinstance(value, bool) and value in values:
            return None
        return f"{key} is a whole number from {values.start} to {values.stop - 1}, not {value!r}"
    if isinstance(default, float):
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
        return None if is_number else f"{key} is a number that is not negative, not {value!r}"
    if isinstance(default, str):
        return None if isinstance(value, str) else f"{key} is a text, not {value!r}"
    if key in _OF_ANY_SHAPE or isinstance(value, str):
        return None
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return None
    return f"{key} is a list of texts, not {value!r}"
