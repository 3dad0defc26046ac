"""Values of the configuration that Falco refuses, also of keys that take no effect here.

A configuration that Falco would not start with is refused with Falco's words, so that it fails in one place only.
A value of the wrong type is none of this module's business: it leaves the default in force.
Source: Falco's configuration.cpp, app/actions/init_outputs.cpp and process_events.cpp, version 0.44.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from auditfalco.agent.config_source import ConfigError
from auditfalco.ruleset.items import Priority

PRIORITIES = ("emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug")
MATCHINGS = ("first", "all")
GATED = ("host", "containers")
IDENTITIES = ("falco", "detect", "strict")
ENGINES = ("kmod", "modern_ebpf", "replay", "nodriver")

_LOG_LEVELS = frozenset({*PRIORITIES, "info"})
_LIBS_LEVELS = frozenset({"fatal", "critical", "error", "warning", "notice", "info", "debug", "trace"})
_CAPTURE_MODES = ("rules", "all_rules")
_DROP_ACTIONS = ("ignore", "log", "alert", "exit")

_MILLISECOND_UNITS = {
    "y": 365 * 86_400_000,
    "w": 7 * 86_400_000,
    "d": 86_400_000,
    "h": 3_600_000,
    "m": 60_000,
    "s": 1000,
    "ms": 1,
}
_DURATION = re.compile("".join(rf"(?:(?P<{unit}>[0-9]{{1,12}}){unit})?" for unit in _MILLISECOND_UNITS))
_LEAST_INTERVAL = 100  # milliseconds


def check_start(values: Mapping[str, Any], origin: str) -> None:
    """Refuse what Falco refuses when it reads its configuration.

    Args:
        values: the whole configuration, nested.
        origin: the file that messages name.

    Raises:
        ConfigError: at the first such value.
    """
    _check_words(values)
    _check_sources(values, origin)
    _check_outputs(values, origin)
    _check_drops(values, origin)
    _check_plugins(values)


def check_run(values: Mapping[str, Any]) -> None:
    """Refuse what Falco refuses once the rules are loaded and before it starts to watch.

    Raises:
        ConfigError: at the first such value.
    """
    identity = _at(values, "auditfalco.identity_matching")
    if identity is not None and identity not in IDENTITIES:
        raise ConfigError(f'Unknown identity matching "{identity}"--must be one of {", ".join(IDENTITIES)}')
    _check_programs(_at(values, "auditfalco.noisy_exes") or [])
    interval = _at(values, "metrics.interval")
    gate_on = _at(values, "auditfalco.exec_gate_on")
    if gate_on is not None and gate_on not in GATED:
        raise ConfigError(f'Unknown place of the exec gate "{gate_on}"--must be one of {", ".join(GATED)}')
    if _at(values, "metrics.enabled") is True and interval is not None:
        if duration_ms(str(interval)) < _LEAST_INTERVAL:
            raise ConfigError(
                "Metrics interval must have a minimum value of 100ms and reflect a Prometheus compliant time duration"
                " format: https://prometheus.io/docs/prometheus/latest/querying/basics/#time-durations."
            )


def _check_programs(paths: str | list[str]) -> None:
    for path in [paths] if isinstance(paths, str) else paths:
        if not str(path).startswith("/"):
            raise ConfigError(f'auditfalco.noisy_exes: "{path}" is no absolute path of a program')


def duration_ms(text: str) -> int:
    """A duration as Prometheus writes it (``1h30m``; y w d h m s ms, each at most once, in this order), in
    milliseconds; 0 for anything else."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        return 0
    return sum(int(digits) * _MILLISECOND_UNITS[unit] for unit, digits in match.groupdict().items() if digits)


def least_priority(text: str) -> Priority:
    """The priority of that name.

    Raises:
        ConfigError: there is none.
    """
    priority = Priority.parse(text)
    if priority is None:
        raise ConfigError(f'Unknown priority "{text}"--must be one of {", ".join(PRIORITIES)}')
    return priority


def _check_words(values: Mapping[str, Any]) -> None:
    level = _at(values, "log_level")
    if isinstance(level, str) and level.lower() not in _LOG_LEVELS:
        raise ConfigError(f"Unknown log level {level}")
    severity = _at(values, "libs_logger.severity")
    if isinstance(severity, str) and severity.lower() not in _LIBS_LEVELS:
        raise ConfigError(f"Unknown sinsp log severity {severity}")
    priority = _at(values, "priority")
    if isinstance(priority, str):
        least_priority(priority)
    matching = _at(values, "rule_matching")
    if isinstance(matching, str) and matching.lower() not in MATCHINGS:
        raise ConfigError(f'Unknown rule matching strategy "{matching}"--must be one of {", ".join(MATCHINGS)}')


def _check_sources(values: Mapping[str, Any], origin: str) -> None:
    kind = _at(values, "engine.kind")
    if isinstance(kind, str):
        if kind not in ENGINES:
            raise _unreadable(origin, f"engine.kind '{kind}' is not a valid kind.")
        if kind == "replay" and not _at(values, "engine.replay.capture_file"):
            raise _unreadable(origin, "engine.kind is 'replay' but no engine.replay.capture_file specified.")
    mode = _at(values, "capture.mode")
    if isinstance(mode, str) and mode not in _CAPTURE_MODES:
        raise _unreadable(origin, f"capture.mode '{mode}' is not a valid mode.")
    if "rules_file" in values and "rules_files" in values:
        raise _unreadable(origin, "both 'rules_files' and 'rules_file' keys set")


def _check_outputs(values: Mapping[str, Any], origin: str) -> None:
    for output, key, called in (
        ("file_output", "filename", "filename"),
        ("http_output", "url", "url"),
        ("program_output", "program", "program"),
    ):
        if _at(values, f"{output}.enabled") is True and not _at(values, f"{output}.{key}"):
            name = output.partition("_")[0]
            raise _unreadable(origin, f"{name} output enabled but no {called} in configuration block")
    if _at(values, "metrics.enabled") is True:
        places = ("metrics.output_rule", "metrics.output_file", "webserver.prometheus_metrics_enabled")
        if not any(_at(values, place) for place in places):
            raise ConfigError(
                "Metrics are enabled with no output configured. Please enable at least one output channel"
            )
    address = _at(values, "webserver.listen_address")
    if isinstance(address, str) and not _is_address(address):
        raise _unreadable(origin, f'webserver listen address "{address}" is not a valid IP address')


def _check_drops(values: Mapping[str, Any], origin: str) -> None:
    actions = _at(values, "syscall_event_drops.actions")
    actions = [actions] if isinstance(actions, str) else actions
    actions = [str(action) for action in actions] if isinstance(actions, list) else []
    for action in actions:
        if action not in _DROP_ACTIONS:
            raise _unreadable(
                origin, 'available actions for syscall event drops are "ignore", "log", "alert", and "exit"'
            )
    for action in ("log", "alert"):
        if "ignore" in actions and action in actions:
            raise _unreadable(
                origin, f'syscall event drop action "{action}" does not make sense with the "ignore" action'
            )
    threshold = _at(values, "syscall_event_drops.threshold")
    if isinstance(threshold, (int, float)) and not 0 <= threshold <= 1:
        raise _unreadable(origin, "syscall event drops threshold must be a double in the range [0, 1]")
    if _at(values, "syscall_event_timeouts.max_consecutives") == 0:
        raise ConfigError(
            f"Error reading config file({origin}): the maximum consecutive timeouts without an event must be an"
            " unsigned integer > 0"
        )


def _check_plugins(values: Mapping[str, Any]) -> None:
    wanted = values.get("load_plugins")
    described = values.get("plugins")
    known = {entry.get("name") for entry in described if isinstance(entry, dict)} if isinstance(described, list) else ()
    for name in wanted if isinstance(wanted, list) else ():
        if name not in known:
            raise ConfigError(f"Cannot load plugin '{name}': plugin config not found for given name")


def _unreadable(origin: str, what: str) -> ConfigError:
    return ConfigError(f"Error reading config file ({origin}): {what}")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _at(values: Mapping[str, Any], key: str) -> Any:
    """The value of a key whose parts are joined by dots; None where a part is not there."""
    found: Any = values
    for part in key.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
