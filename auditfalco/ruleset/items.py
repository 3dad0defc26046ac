"""The items of rule files as they are read, before anything is merged or expanded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Union

from auditfalco.language.source import Source
from auditfalco.model.location import Location
from auditfalco.ruleset.issues import Context
from auditfalco.ruleset.versions import PluginRequirement, Version
from auditfalco.ruleset.yamltext import Node


class Priority(IntEnum):
    """How grave an alert is: syslog's levels, the gravest first."""

    EMERGENCY = 0
    ALERT = 1
    CRITICAL = 2
    ERROR = 3
    WARNING = 4
    NOTICE = 5
    INFORMATIONAL = 6
    DEBUG = 7

    def __str__(self) -> str:
        """Return the name as Falco spells it in alerts."""
        return self.name.capitalize()

    @classmethod
    def parse(cls, text: str) -> Priority | None:
        """Return the priority of that name in any case; ``info`` is one too."""
        name = text.upper()
        return cls.__members__.get("INFORMATIONAL" if name == "INFO" else name)


@dataclass(frozen=True)
class EngineRequirement:
    """``required_engine_version``."""

    version: Version
    contexts: tuple[Context, ...]


@dataclass(frozen=True)
class PluginRequirements:
    """``required_plugin_versions``."""

    requirements: tuple[PluginRequirement, ...]
    contexts: tuple[Context, ...]


@dataclass(frozen=True)
class ListItem:
    """``list``; `append`: its items are added to those that are there."""

    name: str
    items: tuple[str, ...]
    append: bool
    contexts: tuple[Context, ...]


@dataclass(frozen=True)
class MacroItem:
    """``macro``; `append`: its condition goes on with the one that is there."""

    name: str
    condition: Source
    append: bool
    contexts: tuple[Context, ...]


@dataclass(frozen=True)
class ExceptionItem:
    """One of a rule's exceptions, as written: what was left out is None, its validity is checked when it is merged."""

    name: str
    fields: Node | None
    comps: Node | None
    values: Node | None
    contexts: tuple[Context, ...]


@dataclass(frozen=True)
class RuleItem:
    """``rule``; what the item does not give is None.

    `append` and `replace` name the keys that change an existing rule, `changes` tells that the item does so; with
    neither, the item is a whole rule, or, if `toggle`, just switches one on or off.
    """

    name: str
    contexts: tuple[Context, ...]
    condition: Source | None = None
    output: str | None = None
    output_place: Location | None = None
    description: str | None = None
    priority: Priority | None = None
    source: str | None = None
    enabled: bool | None = None
    tags: tuple[str, ...] | None = None
    exceptions: tuple[ExceptionItem, ...] | None = None
    warn_evttypes: bool | None = None
    skip_if_unknown_filter: bool | None = None
    capture: bool | None = None
    capture_duration: int | None = None
    changes: bool = False
    append: frozenset[str] = frozenset()
    replace: frozenset[str] = frozenset()
    toggle: bool = False


Item = Union[EngineRequirement, PluginRequirements, ListItem, MacroItem, RuleItem]
