"""`explain --batch`: many conditions and output lines in one run, one JSON object a line in and out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from auditfalco.cli import DONE, FAILED
from auditfalco.cli.deep_json import NotJson, dumps, loads, text_of
from auditfalco.engine.compile import Compiler
from auditfalco.engine.field_event import FieldEvent, bind_field_event
from auditfalco.engine.template import Template
from auditfalco.errors import AuditfalcoError, ConditionError, ConditionSyntaxError
from auditfalco.fields.catalogue import CATALOGUE, Catalogue
from auditfalco.language.eventset import event_set
from auditfalco.language.parser import parse
from auditfalco.language.printer import falco_text, tree_json
from auditfalco.language.tree import Macro, Node, fold
from auditfalco.text import json_text

Reply = dict[str, Any]


class NotARequest(AuditfalcoError):
    """Raised when a line asks for nothing that can be answered."""


def run_batch(lines: Iterable[str]) -> int:
    """Answer every line on standard output; returns the exit code, FAILED when a line was no request."""
    code = DONE
    for reply, answered in answers(lines):
        print(dumps(reply))
        code = code if answered else FAILED
    return code


def answers(lines: Iterable[str]) -> Iterator[tuple[Reply, bool]]:
    """The reply to every line that is not empty, in order, and whether the line was a request at all."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        request: Any = None
        try:
            request = loads(line)
            if not isinstance(request, dict):
                raise NotARequest("a request is a JSON object")
            yield {"id": request.get("id"), **_answer(request)}, True
        except NotJson as error:
            yield {"id": None, "ok": False, "error": f"line {number}: {error.message}"}, False
        except NotARequest as error:
            name = request.get("id") if isinstance(request, dict) else None
            yield {"id": name, "ok": False, "error": f"line {number}: {error.message}"}, False


def _answer(request: Reply) -> Reply:
    if "format" in request:
        return _formatted(request)
    condition = text_of(request.get("expr"))
    if condition is None:
        raise NotARequest("a request has 'expr' or 'format', a text")
    return _evaluated(condition, request) if "event" in request else _parsed(condition)


def _parsed(condition: str) -> Reply:
    try:
        tree = parse(condition)
    except ConditionError as error:
        return {"ok": False, **error_json(error)}
    reply: Reply = {"ok": True, "tree": tree_json(tree), "canonical": falco_text(tree)}
    types = event_types_of(tree)
    return reply if types is None else {**reply, "event_types": types}


def event_types_of(tree: Node) -> list[str] | None:
    """The names of the event types that a condition can be true for; None when macros leave that open."""
    return None if has_macros(tree) else sorted(event_set(tree).known_names())


def has_macros(tree: Node) -> bool:
    """Whether a condition names macros."""
    return fold(tree, lambda node, below: isinstance(node, Macro) or any(below))


def _evaluated(condition: str, request: Reply) -> Reply:
    try:
        catalogue = _catalogue(request)
        tree = parse(condition)
        refuse_macros(tree)
        chain = Compiler(bind_field_event, catalogue.resolve).compile(tree)
        return {"result": chain.holds(_event(request))}
    except NotARequest:
        raise
    except AuditfalcoError as error:
        return {"result": None, **error_json(error)}


def refuse_macros(tree: Node) -> None:
    """Refuse a condition that names macros.

    Raises:
        ConditionError: it does; its place is that of the first.
    """
    for node in fold(tree, _macros):
        raise ConditionError(
            f"Undefined macro '{node.name}' used in filter", node.place, "macros are known in rules: use --rule"
        )


def _macros(node: Node, below: list[tuple[Macro, ...]]) -> tuple[Macro, ...]:
    if isinstance(node, Macro):
        return (node,)
    return next((found for found in below if found), ())


def _formatted(request: Reply) -> Reply:
    line = text_of(request["format"])
    if line is None:
        raise NotARequest("'format' is a text")
    try:
        template = Template(line, bind_field_event, _catalogue(request).resolve_output)
        event = _event(request)
        reply: Reply = {"ok": True}
        if request.get("json"):
            present = {key: value for key, value in template.fields(event).items() if value is not None}
            reply["output"] = json_text(present or None)
        else:
            reply["output"] = template.render(event) if template.lenient else template.render_complete(event)
        return {**reply, "field_values": template.texts(event)}
    except NotARequest:
        raise
    except AuditfalcoError as error:
        return {"ok": False, **error_json(error)}


def _catalogue(request: Reply) -> Catalogue:
    """The fields that a request may use: the catalogue's, and those that it declares."""
    types = request.get("types") or {}
    if not isinstance(types, dict) or not all(isinstance(kind, (str, type(None))) for kind in types.values()):
        raise NotARequest("'types' is an object of field → type")
    return CATALOGUE.declared({name: kind for name, kind in types.items() if kind})


def _event(request: Reply) -> FieldEvent:
    values = request.get("event")
    if not isinstance(values, (dict, type(None))):
        raise NotARequest("'event' is an object of field → value")
    return FieldEvent(values or {})


def error_json(error: AuditfalcoError) -> Reply:
    """An error's words, and its place in the condition where that is known."""
    message = f"{error.message}; {error.mend}" if error.mend else error.message
    reply: Reply = {"error": message.encode("utf-8", "surrogateescape").decode("utf-8", "replace")}
    place = error if isinstance(error, ConditionSyntaxError) else error.location
    return reply if place is None else {**reply, "line": place.line, "column": place.column}
