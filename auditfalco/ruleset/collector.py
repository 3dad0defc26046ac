"""Merging items into definitions: what is redefined, appended to, replaced, switched on or off.

All files feed one collector. Source: Falco's rule_loader_collector.cpp, version 0.44.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Callable

from auditfalco.language.source import Source
from auditfalco.language.types import Resolver
from auditfalco.model.location import Location
from auditfalco.ruleset.exceptions import RuleException, define, values
from auditfalco.ruleset.issues import Context, Issue
from auditfalco.ruleset.items import (
    EngineRequirement,
    ExceptionItem,
    Item,
    ListItem,
    MacroItem,
    PluginRequirements,
    Priority,
    RuleItem,
)
from auditfalco.ruleset.nodes import fail
from auditfalco.ruleset.versions import ENGINE_VERSION, NO_VERSION, PluginRequirement, Version

SOURCE = "syscall"  # the only source of events
Warn = Callable[[Issue], None]


@dataclass(frozen=True)
class ListDefinition:
    """A list. `index` is the position of its first definition among all items, `visibility` that of its last change."""

    name: str
    items: tuple[str, ...]
    index: int
    visibility: int
    contexts: tuple[Context, ...]


@dataclass(frozen=True)
class MacroDefinition:
    """A macro; it sees the macros whose index is below its visibility."""

    name: str
    condition: Source
    index: int
    visibility: int
    contexts: tuple[Context, ...]


@dataclass(frozen=True)
class RuleDefinition:
    """A rule before lists, macros and exceptions are put in; the texts are as written and joined."""

    name: str
    condition: Source
    output: str
    output_place: Location
    description: str
    priority: Priority
    contexts: tuple[Context, ...]
    index: int
    source: str = SOURCE
    enabled: bool = True
    tags: tuple[str, ...] = ()
    exceptions: tuple[RuleException, ...] = ()
    warn_evttypes: bool = True
    skip_if_unknown_filter: bool = False
    capture: bool = False
    capture_duration: int = 0


@dataclass
class Collector:
    """Everything that was defined so far.

    Attributes:
        resolve: knows the fields, for checking exceptions.
        warn: is called with every warning.
    """

    resolve: Resolver
    warn: Warn
    lists: dict[str, ListDefinition] = field(default_factory=dict)
    macros: dict[str, MacroDefinition] = field(default_factory=dict)
    rules: dict[str, RuleDefinition] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)  # rules of other sources, and these
    engine_version: Version = NO_VERSION
    plugins: list[PluginRequirement] = field(default_factory=list)
    _count: int = 0

    def add(self, item: Item) -> None:
        """Take in one item.

        Raises:
            RulesFileError: it contradicts, or changes something that is not there.
        """
        self._count += 1
        if isinstance(item, ListItem):
            self._add_list(item)
        elif isinstance(item, MacroItem):
            self._add_macro(item)
        elif isinstance(item, EngineRequirement):
            self._require_engine(item)
        elif isinstance(item, PluginRequirements):
            self.plugins += item.requirements
        else:
            self._add_rule(item)

    def _require_engine(self, item: EngineRequirement) -> None:
        needed = item.version
        if needed > ENGINE_VERSION or needed.major != ENGINE_VERSION.major:
            message = f"Rules require engine version {needed}, but engine version is {ENGINE_VERSION}"
            fail("LOAD_ERR_VALIDATE", message, item.contexts)
        self.engine_version = max(self.engine_version, needed)

    def _add_list(self, item: ListItem) -> None:
        old = self.lists.get(item.name)
        if item.append and old is None:
            message = "List uses 'append' or 'override.items: append' but no list by that name already exists"
            fail("LOAD_ERR_VALIDATE", message, item.contexts, "put it after the list's definition")
        items = old.items + item.items if item.append and old is not None else item.items
        index = self._count if old is None else old.index
        self.lists[item.name] = ListDefinition(item.name, items, index, self._count, item.contexts)

    def _add_macro(self, item: MacroItem) -> None:
        old = self.macros.get(item.name)
        if item.append and old is None:
            message = "Macro uses 'append' or 'override.condition: append' but no macro by that name already exists"
            fail("LOAD_ERR_VALIDATE", message, item.contexts, "put it after the macro's definition")
        condition = item.condition
        if item.append and old is not None:
            condition = _joined(old.condition, condition)
        index = self._count if old is None else old.index
        contexts = old.contexts if item.append and old is not None else item.contexts
        self.macros[item.name] = MacroDefinition(item.name, condition, index, self._count, contexts)

    def _add_rule(self, item: RuleItem) -> None:
        old = self.rules.get(item.name)
        if item.name in self.skipped and (item.changes or item.toggle):
            return
        if item.toggle:
            self._toggle(item, old)
        elif item.changes:
            self._change(item, old)
        else:
            self._define(item, old)

    def _toggle(self, item: RuleItem, old: RuleDefinition | None) -> None:
        if old is None:
            message = "Rule has 'enabled' key but no rule by that name already exists"
            fail("LOAD_ERR_VALIDATE", message, item.contexts, "put it after the rule's definition")
        self.rules[item.name] = replace(old, enabled=bool(item.enabled))

    def _define(self, item: RuleItem, old: RuleDefinition | None) -> None:
        source = item.source or SOURCE
        before = self.skipped.get(item.name) if old is None else old.source
        if before is not None and before != source:
            message = f"Rule has been re-defined with a different source: '{source}' instead of '{before}'"
            fail("LOAD_ERR_VALIDATE", message, item.contexts, "give one of the two another name")
        if source != SOURCE:
            self.warn(Issue("LOAD_UNKNOWN_SOURCE", f"Unknown source {source}, skipping", item.contexts))
            self.skipped[item.name] = source
            return
        assert item.condition is not None and item.output is not None and item.output_place is not None
        assert item.description is not None and item.priority is not None
        self.rules[item.name] = RuleDefinition(
            item.name,
            item.condition,
            item.output,
            item.output_place,
            item.description,
            item.priority,
            item.contexts,
            self._count if old is None else old.index,
            source,
            item.enabled is not False,
            tuple(sorted(set(item.tags or ()))),
            self._new_exceptions(item),
            item.warn_evttypes is not False,
            item.skip_if_unknown_filter is True,
            item.capture is True,
            item.capture_duration or 0,
        )

    def _change(self, item: RuleItem, old: RuleDefinition | None) -> None:
        if old is None:
            word = "append" if item.append else "replace"
            message = f"Rule uses 'append' or 'override.<key>: {word}' but no rule by that name already exists"
            fail("LOAD_ERR_VALIDATE", message, item.contexts, "put it after the rule's definition")
        rule = self._appended(item, old)
        self.rules[item.name] = self._replaced(item, rule)

    def _appended(self, item: RuleItem, rule: RuleDefinition) -> RuleDefinition:
        if "condition" in item.append and item.condition is not None:
            rule = replace(rule, condition=_joined(rule.condition, item.condition))
        if "output" in item.append and item.output is not None:
            rule = replace(rule, output=f"{rule.output} {item.output}")
        if "desc" in item.append and item.description is not None:
            rule = replace(rule, description=f"{rule.description} {item.description}")
        if "tags" in item.append and item.tags is not None:
            rule = replace(rule, tags=tuple(sorted({*rule.tags, *item.tags})))
        if "exceptions" in item.append and item.exceptions is not None:
            rule = replace(rule, exceptions=self._merged_exceptions(item.exceptions, rule.exceptions))
        return rule

    def _replaced(self, item: RuleItem, rule: RuleDefinition) -> RuleDefinition:
        given = {
            "condition": {"condition": item.condition},
            "output": {"output": item.output, "output_place": item.output_place},
            "desc": {"description": item.description},
            "priority": {"priority": item.priority},
            "tags": {"tags": tuple(sorted(set(item.tags or ())))},
            "enabled": {"enabled": bool(item.enabled)},
            "warn_evttypes": {"warn_evttypes": bool(item.warn_evttypes)},
            "skip-if-unknown-filter": {"skip_if_unknown_filter": bool(item.skip_if_unknown_filter)},
            "capture": {"capture": bool(item.capture)},
            "capture_duration": {"capture_duration": item.capture_duration or 0},
        }
        for key in item.replace:
            if key == "exceptions":
                rule = replace(rule, exceptions=self._new_exceptions(item))
            else:
                rule = replace(rule, **given[key])  # type: ignore[arg-type]  # the types are those of RuleItem
        return rule

    def _new_exceptions(self, item: RuleItem) -> tuple[RuleException, ...]:
        exceptions = tuple(define(exception, self.resolve) for exception in item.exceptions or ())
        names = [exception.name for exception in exceptions]
        for position, exception in enumerate(exceptions):
            if exception.name in names[:position]:
                message = f"Multiple definitions of exception '{exception.name}' in the same rule"
                self.warn(Issue("LOAD_EXCEPTION_NAME_NOT_UNIQUE", message, exception.contexts))
        return exceptions

    def _merged_exceptions(
        self, items: tuple[ExceptionItem, ...], old: tuple[RuleException, ...]
    ) -> tuple[RuleException, ...]:
        merged = list(old)
        for item in items:
            position = next((index for index, known in enumerate(merged) if known.name == item.name), None)
            if position is None:
                merged.append(self._added_exception(item))
                continue
            for key, node in (("fields", item.fields), ("comps", item.comps)):
                if node is not None:
                    message = f"Can not append exception {key} to existing exception, only values"
                    fail("LOAD_ERR_VALIDATE", message, item.contexts)
            if item.values is None:
                message = "Overriding/appending exception with no values"
                self.warn(Issue("LOAD_APPEND_NO_VALUES", message, item.contexts))
            merged[position] = merged[position].extended(values(item))
        return tuple(merged)

    def _added_exception(self, item: ExceptionItem) -> RuleException:
        if item.fields is None:
            message = "Rule exception must have fields property with a list of fields"
            fail("LOAD_ERR_VALIDATE", message, item.contexts)
        if item.values is None:
            message = "Rule exception must have values property with a list of values"
            fail("LOAD_ERR_VALIDATE", message, item.contexts)
        return define(item, self.resolve)


def _joined(first: Source, second: Source) -> Source:
    """Return two conditions as one text with a blank between; "or" in one does not keep it from the other's "and"."""
    end = first.place(len(first.text))
    return Source.join([first, Source.at(" ", end), second])
