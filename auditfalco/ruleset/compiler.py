"""Definitions to rules: exceptions, lists and macros put in, everything checked."""

from __future__ import annotations

from typing import Callable

from auditfalco.errors import (
    ConditionTypeError,
    TemplateError,
    UnknownEventTypeError,
    UnknownFieldError,
    UnknownTokenError,
)
from auditfalco.fields.catalogue import Catalogue
from auditfalco.language.eventset import MANY_CODES, event_set
from auditfalco.language.template import parse_template
from auditfalco.language.tree import Check, LiteralList, Node, checks
from auditfalco.language.typecheck import require_types
from auditfalco.model.location import Location
from auditfalco.ruleset import advice
from auditfalco.ruleset.collector import Collector, RuleDefinition
from auditfalco.ruleset.container_info import CONTAINER_INFO, expand_container_info
from auditfalco.ruleset.exceptions import condition_with
from auditfalco.ruleset.expansion import Lists, Macros, macro_uses, parse_condition
from auditfalco.ruleset.issues import Context, Issue
from auditfalco.ruleset.items import Priority
from auditfalco.ruleset.nodes import fail
from auditfalco.ruleset.rule import ListInfo, MacroInfo, Rule, Ruleset

Warn = Callable[[Issue], None]


def compile_rules(collector: Collector, catalogue: Catalogue, least: Priority, warn: Warn) -> Ruleset:
    """Return the rules of everything that was collected so far.

    Args:
        catalogue: the fields.
        least: rules less grave than this are left out.
        warn: is called with every warning.

    Raises:
        RulesFileError: a macro or rule cannot be used.
    """
    lists = Lists(collector.lists)
    macros = Macros(collector.macros, lists)
    rules: list[Rule] = []
    for definition in sorted(collector.rules.values(), key=lambda rule: rule.index):
        if definition.priority > least:
            continue
        rule = _Compilation(definition, lists, macros, catalogue, warn).compile()
        if rule is not None:
            rules.append(rule)
    _warn_unused(collector, lists, macros, warn)
    return Ruleset(
        tuple(rules),
        _macro_infos(collector, macros),
        _list_infos(collector, lists),
        collector.engine_version,
        tuple(collector.plugins),
    )


class _Compilation:
    """One rule on its way from definition to rule."""

    def __init__(
        self, definition: RuleDefinition, lists: Lists, macros: Macros, catalogue: Catalogue, warn: Warn
    ) -> None:
        self.definition = definition
        self.lists = lists
        self.macros = macros
        self.catalogue = catalogue
        self.warn = warn
        start = definition.condition.place(0)
        self.contexts = definition.contexts
        self.in_condition = (*definition.contexts, Context("rule condition", "", start))
        self.in_output = (*definition.contexts, Context("rule output", "", definition.output_place))

    def compile(self) -> Rule | None:
        """Return the rule, None if it is to be skipped.

        Raises:
            RulesFileError: it cannot be used.
        """
        definition = self.definition
        text = condition_with(definition.condition, definition.exceptions)
        parsed = parse_condition(text, self.lists, self.in_condition)
        condition = self.macros.expand(parsed, self.contexts)
        self.warn_of(advice.remarks_on_meaning(condition))
        if not (self.check_types(condition) and self.check_output()):
            return None
        events = event_set(condition)
        if definition.warn_evttypes and events.codes() > MANY_CODES:
            message = "Rule matches too many evt.type values: it is looked at for nearly every event"
            mend = "restrict it with 'evt.type in (…) and …'"
            self.warn(Issue("LOAD_NO_EVTTYPE", message, self.contexts, mend))
        return Rule(
            definition.name,
            condition,
            definition.condition.text,
            definition.output,
            definition.output,
            definition.description,
            definition.priority,
            definition.source,
            definition.tags,
            definition.enabled,
            self.contexts[-1].location,
            events,
            tuple(dict.fromkeys(use.name for use in macro_uses(parsed))),
            pasted_lists(parsed),
            definition.exceptions,
            definition.capture,
            definition.capture_duration,
        )

    def check_types(self, condition: Node) -> bool:
        """Check fields, operators and constants; false when the rule is to be skipped for an unknown name."""
        try:
            require_types(condition, self.catalogue.resolve)
        except ConditionTypeError as error:
            place = error.location if isinstance(error.location, Location) else self.in_condition[-1].location
            contexts = (*self.in_condition, Context("condition expression", "", place))
            unknown = isinstance(error, (UnknownFieldError, UnknownEventTypeError))
            # Falco's message, which tools look for, has these words of its own before the field.
            called = "filter_check called with " if isinstance(error, UnknownFieldError) else ""
            self.refuse("LOAD_ERR_COMPILE_CONDITION", f"{called}{error.message}", contexts, error.mend, unknown)
            return False
        self.warn_of(advice.remarks_on_constants(condition, self.catalogue.resolve))
        return True

    def check_output(self) -> bool:
        """Check the output line; false when the rule is to be skipped for an unknown name."""
        output = self.definition.output
        if CONTAINER_INFO in output:
            message = f"{CONTAINER_INFO} is deprecated: it is taken for the fields of the container"
            self.warn(Issue("LOAD_DEPRECATED_ITEM", message, self.contexts, "name the fields that you want"))
        for name in advice.remarks_on_output(output):
            message = f"usage of deprecated field '{name}' has been detected in the rule output"
            self.warn(Issue("LOAD_DEPRECATED_ITEM", message, self.in_output))
        try:
            parse_template(expand_container_info(output), self.catalogue.resolve_output)
        except TemplateError as error:
            unknown = isinstance(error, UnknownTokenError)
            self.refuse("LOAD_ERR_COMPILE_OUTPUT", error.message, self.in_output, error.mend, unknown)
            return False
        return True

    def refuse(self, code: str, message: str, contexts: tuple[Context, ...], mend: str, unknown: bool) -> None:
        """Warn that the rule is skipped, where it wants that for names that do not exist.

        Raises:
            RulesFileError: in every other case.
        """
        if not (unknown and self.definition.skip_if_unknown_filter):
            fail(code, message, contexts, mend)
        self.warn(Issue("LOAD_UNKNOWN_FILTER", message, contexts, mend))

    def warn_of(self, remarks: list[advice.Remark]) -> None:
        for remark in remarks:
            contexts = (*self.in_condition, Context("condition expression", "", remark.place))
            self.warn(Issue(remark.code, remark.message, contexts))


def pasted_lists(root: Node) -> tuple[str, ...]:
    """Return the names of the lists that were pasted into a tree."""
    names: dict[str, None] = {}
    for check in checks(root):
        names.update(dict.fromkeys(_pasted(check)))
    return tuple(names)


def _pasted(check: Check) -> tuple[str, ...]:
    return check.right.lists if isinstance(check.right, LiteralList) else ()


def _warn_unused(collector: Collector, lists: Lists, macros: Macros, warn: Warn) -> None:
    for macro in collector.macros.values():
        if macro.name not in macros.used:
            warn(Issue("LOAD_UNUSED_MACRO", "Macro not referred to by any other rule/macro", macro.contexts))
    for listed in collector.lists.values():
        if listed.name not in lists.used:
            warn(Issue("LOAD_UNUSED_LIST", "List not referred to by any other rule/macro", listed.contexts))


def _macro_infos(collector: Collector, macros: Macros) -> tuple[MacroInfo, ...]:
    return tuple(
        MacroInfo(
            macro.name,
            macro.condition.text,
            macros.trees[macro.name],
            tuple(dict.fromkeys(use.name for use in macro_uses(macros.parsed[macro.name]))),
            pasted_lists(macros.parsed[macro.name]),
            macro.name in macros.used,
            macro.contexts[-1].location,
        )
        for macro in collector.macros.values()
    )


def _list_infos(collector: Collector, lists: Lists) -> tuple[ListInfo, ...]:
    return tuple(
        ListInfo(
            listed.name,
            listed.items,
            lists.items[listed.name],
            lists.references[listed.name],
            listed.name in lists.used,
            listed.contexts[-1].location,
        )
        for listed in collector.lists.values()
    )
