"""What a ruleset consists of, in the JSON of Falco's ``-L``; lists that have no order of their own are sorted."""

from __future__ import annotations

from typing import Any

from auditfalco.errors import AuditfalcoError
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.language.details import details
from auditfalco.language.eventset import EventSet, event_set
from auditfalco.language.printer import falco_text
from auditfalco.language.template import parse_template
from auditfalco.language.tree import Node
from auditfalco.language.types import Resolver
from auditfalco.model.eventtypes import ASYNC_EVENT
from auditfalco.ruleset.container_info import CONTAINER_INFO
from auditfalco.ruleset.rule import ListInfo, MacroInfo, Rule, Ruleset


def describe(ruleset: Ruleset, resolve_output: Resolver = CATALOGUE.resolve_output) -> dict[str, Any]:
    """Return rules, macros and lists with what they use and what became of them."""
    return {
        "required_engine_version": str(ruleset.engine_version),
        "required_plugin_versions": [
            {
                "name": requirement.alternatives[0].name,
                "version": str(requirement.alternatives[0].version),
                "alternatives": [
                    {"name": alternative.name, "version": str(alternative.version)}
                    for alternative in requirement.alternatives[1:]
                ],
            }
            for requirement in ruleset.plugins
        ],
        "rules": [describe_rule(rule, resolve_output) for rule in ruleset],
        "macros": [_describe_macro(macro) for macro in ruleset.macros],
        "lists": [_describe_list(listed) for listed in ruleset.lists],
    }


def describe_rule(rule: Rule, resolve_output: Resolver = CATALOGUE.resolve_output) -> dict[str, Any]:
    """Return one rule with what it uses and what became of it."""
    described = {
        "macros": sorted(rule.macros),
        "lists": sorted(rule.lists),
        **_condition_details(rule.condition, rule.events),
        "output_fields": _output_fields(rule, resolve_output),
        "output_compiled": rule.output.replace(CONTAINER_INFO, ""),
        "exception_names": sorted({exception.name for exception in rule.exceptions}),
        "exception_fields": sorted({field for exception in rule.exceptions for field in exception.fields}),
        "exception_operators": sorted({comp for exception in rule.exceptions for comp in exception.comps}),
        "plugins": [],
    }
    if rule.extra_fields:
        described["extra_output_formatted_fields"] = dict(rule.extra_fields)
    return {
        "info": {
            "name": rule.name,
            "condition": rule.condition_text,
            "priority": str(rule.priority),
            "output": rule.output_text,
            "description": rule.description,
            "enabled": rule.enabled,
            "source": rule.source,
            "tags": list(rule.tags),
            "capture": rule.capture,
            "capture_duration": rule.capture_duration,
        },
        "details": described,
    }


def _describe_macro(macro: MacroInfo) -> dict[str, Any]:
    return {
        "info": {"name": macro.name, "condition": macro.condition_text},
        "details": {
            "used": macro.used,
            "macros": sorted(macro.macros),
            "lists": sorted(macro.lists),
            **_condition_details(macro.condition, event_set(macro.condition)),
            "plugins": [],
        },
    }


def _describe_list(listed: ListInfo) -> dict[str, Any]:
    return {
        "info": {"name": listed.name, "items": list(listed.items)},
        "details": {
            "used": listed.used,
            "lists": sorted(listed.lists),
            "items_compiled": list(listed.resolved),
            "plugins": [],
        },
    }


def _condition_details(root: Node, events: EventSet) -> dict[str, Any]:
    used = details(root)
    return {
        "condition_operators": sorted(used.operators),
        "condition_fields": sorted(used.fields),
        "condition_compiled": falco_text(root),
        "events": _event_names(events),
    }


def _event_names(events: EventSet) -> list[str]:
    """Return event types by name as Falco does: its unused codes too, generic system calls by their own names."""
    names = {*events.known_names(), ASYNC_EVENT}
    if events.all_but:
        names = names - {"syscall"} | {"NA"}
    return sorted(names)


def _output_fields(rule: Rule, resolve: Resolver) -> list[str]:
    try:
        parsed = parse_template(rule.output.replace(CONTAINER_INFO, "") or " ", resolve)
    except AuditfalcoError:
        return []
    values = [piece for piece in parsed.pieces if not isinstance(piece, str)]
    extra = [template for _, template in rule.extra_fields]
    return list(dict.fromkeys([*(value.key for value in (*values, *parsed.inner)), *extra]))
