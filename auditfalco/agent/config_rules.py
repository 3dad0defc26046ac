"""The keys of the configuration that change rules after they are loaded: `rules` and `append_output`."""

from __future__ import annotations

from typing import Any

from auditfalco.agent.config_source import ConfigError
from auditfalco.ruleset.append_output import AppendOutput
from auditfalco.ruleset.rule import Switch

_SELECTION = "an element is {enable: …} or {disable: …} with {rule: PATTERN} or {tag: TAG}"
_ADDITION = "an element has match, extra_output, extra_fields or suggested_output"


def switches(value: Any) -> tuple[Switch, ...]:
    """What `rules` switches on and off, in order.

    Raises:
        ConfigError: an element is of another shape.
    """
    return tuple(_switch(entry, number) for number, entry in enumerate(value if isinstance(value, list) else ()))


def _switch(entry: Any, number: int) -> Switch:
    if isinstance(entry, dict) and len(entry) == 1:
        ((verb, chosen),) = entry.items()
        if verb in ("enable", "disable") and isinstance(chosen, dict) and chosen and set(chosen) <= {"rule", "tag"}:
            pattern, tag = (None if chosen.get(key) is None else str(chosen[key]) for key in ("rule", "tag"))
            return Switch(verb == "enable", pattern, tag)
    raise ConfigError(f"rules[{number}]: {_SELECTION}, not {entry!r:.80}")


def switch_text(switch: Switch) -> str:
    """What a switch does, as Falco's log says it."""
    verb = "Enabling" if switch.enable else "Disabling"
    chosen = f"name: {switch.pattern}" if switch.pattern is not None else f"tag: {switch.tag}"
    return f"{verb} rules with {chosen}"


def append_outputs(value: Any) -> tuple[AppendOutput, ...]:
    """What `append_output` adds to outputs, in order.

    Raises:
        ConfigError: an element is of another shape.
    """
    return tuple(_addition(entry, number) for number, entry in enumerate(value if isinstance(value, list) else ()))


def _addition(entry: Any, number: int) -> AppendOutput:
    where = f"append_output[{number}]"
    if not isinstance(entry, dict):
        raise ConfigError(f"{where}: {_ADDITION}; this is {entry!r:.80}")
    match = entry.get("match") or {}
    if not isinstance(match, dict):
        raise ConfigError(f"{where}.match has rule, source or tags; this is {match!r:.80}")
    tags = match.get("tags") or []
    return AppendOutput(
        rule=_text(match.get("rule")),
        source=_text(match.get("source")),
        tags=frozenset(str(tag) for tag in (tags if isinstance(tags, list) else [tags])),
        extra_output=_text(entry.get("extra_output")) or "",
        extra_fields=tuple(pair for field in entry.get("extra_fields") or [] for pair in _fields(field, where)),
        suggested=entry.get("suggested_output") is True,
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _fields(field: Any, where: str) -> list[tuple[str, str]]:
    """The (key, template) pairs of one element of `extra_fields`: a field alone stands for its own value."""
    if isinstance(field, str):
        return [(field, f"%{field}")]
    if isinstance(field, dict):
        return [(str(key), str(template)) for key, template in field.items()]
    raise ConfigError(f"{where}.extra_fields: an element is a field or {{KEY: TEMPLATE}}, not {field!r:.80}")
