"""Exceptions of rules: checked when they are defined, turned into text of the condition when a rule is compiled.

An exception in list form (``fields: [a, b]``) has tuples of values and excludes what equals one of the tuples; in
scalar form (``fields: a``) its values are one list. Source: Falco's rule_loader_collector.cpp and
rule_loader_compiler.cpp.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from auditfalco.errors import ConditionError
from auditfalco.language.grammar import LIST_OPERATORS, MODIFIERS, OPERATORS, TEXT_OPERATORS
from auditfalco.language.operands import typed
from auditfalco.language.parser import parse
from auditfalco.language.source import Source
from auditfalco.language.tree import Check
from auditfalco.language.types import Resolver
from auditfalco.ruleset.issues import Context
from auditfalco.ruleset.items import ExceptionItem
from auditfalco.ruleset.nodes import fail
from auditfalco.ruleset.yamltext import Node, Scalar, Sequence

_MODIFIED = frozenset(f"{operator} {modifier}" for operator in TEXT_OPERATORS for modifier in MODIFIERS)
_WANT_LIST = _MODIFIED | frozenset(LIST_OPERATORS)


@dataclass(frozen=True)
class RuleException:
    """A checked exception.

    Attributes:
        name: its name in the rule.
        fields: the left sides, as text; one in scalar form.
        comps: the operators, one for each field.
        is_scalar: whether it is in scalar form.
        values: what was given as values, in order.
        contexts: where it was defined.
    """

    name: str
    fields: tuple[str, ...]
    comps: tuple[str, ...]
    is_scalar: bool
    values: tuple[Node, ...]
    contexts: tuple[Context, ...]

    def extended(self, values: tuple[Node, ...]) -> RuleException:
        """Return the exception with more values."""
        return replace(self, values=self.values + values)


def define(item: ExceptionItem, resolve: Resolver) -> RuleException:
    """Return a new exception.

    Raises:
        RulesFileError: fields and operators do not fit each other, or one does not exist.
    """
    if item.fields is None:
        message = "Rule exception must have fields property with a list of fields"
        fail("LOAD_ERR_VALIDATE", message, item.contexts)
    fields = _texts(item.fields, item.contexts)
    is_scalar = isinstance(item.fields, Scalar)
    if is_scalar:
        comps = _scalar_comps(item)
    else:
        comps = ("=",) * len(fields) if item.comps is None else _texts(item.comps, item.contexts)
        if len(comps) != len(fields) or isinstance(item.comps, Scalar):
            message = "Fields and comps lists must have equal length"
            fail("LOAD_ERR_VALIDATE", message, item.contexts, "give one operator for each field")
    for comp in comps:
        if comp not in OPERATORS and comp not in _MODIFIED:
            message = f"'{comp}' is not a supported comparison operator"
            fail("LOAD_ERR_VALIDATE", message, item.contexts)
    for name in fields:
        _require_field(name, resolve, item.contexts)
    return RuleException(item.name, fields, comps, is_scalar, values(item), item.contexts)


def values(item: ExceptionItem) -> tuple[Node, ...]:
    """Return the values of an item.

    Raises:
        RulesFileError: they are no list.
    """
    if item.values is None:
        return ()
    if not isinstance(item.values, Sequence):
        contexts = (*item.contexts, Context("values", "", item.values.place))
        fail("LOAD_ERR_YAML_VALIDATE", "Value is not a sequence", contexts)
    return item.values.items


def _scalar_comps(item: ExceptionItem) -> tuple[str, ...]:
    if item.comps is None:
        return ("in",)
    if not isinstance(item.comps, Scalar):
        fail("LOAD_ERR_VALIDATE", "Fields and comps must both be strings", item.contexts)
    if item.comps.text not in _WANT_LIST:
        message = (
            "When fields is a single value, comps must be one of (in, pmatch, intersects) or an operator with modifier"
        )
        fail("LOAD_ERR_VALIDATE", message, item.contexts, "for instance 'startswith anyof', or write 'fields: [name]'")
    return (item.comps.text,)


def _texts(node: Node, contexts: tuple[Context, ...]) -> tuple[str, ...]:
    if isinstance(node, Scalar):
        return (node.text,)
    items = node.items if isinstance(node, Sequence) else ()
    if not items or not all(isinstance(item, Scalar) for item in items):
        fail("LOAD_ERR_YAML_VALIDATE", "Value must be a text or a list of texts", contexts)
    return tuple(item.text for item in items if isinstance(item, Scalar))


def _require_field(name: str, resolve: Resolver, contexts: tuple[Context, ...]) -> None:
    """Check that the left side of an exception exists: a field, or a transformer of fields."""
    mend = ""
    try:
        check = parse(f"{name} exists")
        if isinstance(check, Check):
            typed(check.left, resolve)
            return
    except ConditionError as error:
        mend = error.mend
    fail("LOAD_ERR_VALIDATE", f"'{name}' is not a supported filter field", contexts, mend)


def condition_with(condition: Source, exceptions: tuple[RuleException, ...]) -> Source:
    """Return a condition's text with what its exceptions exclude.

    Raises:
        RulesFileError: the values of an exception do not fit its fields.
    """
    with_values = [exception for exception in exceptions if exception.values]
    if not with_values:
        return condition
    place = condition.place(0)
    pieces = [Source.at("(", place), condition, Source.at(")", condition.place(len(condition.text)))]
    for exception in with_values:
        here = exception.contexts[-1].location
        pieces.append(Source.at(" and not ", here))
        pieces += _scalar_form(exception) if exception.is_scalar else _list_form(exception)
    return Source.join(pieces)


def _scalar_form(exception: RuleException) -> list[Source]:
    here = exception.contexts[-1].location
    pieces = [Source.at(f"{exception.fields[0]} {exception.comps[0]} (", here)]
    for index, value in enumerate(exception.values):
        if not isinstance(value, Scalar):
            message = "Expected values array to contain a list of strings"
            fail("LOAD_ERR_VALIDATE", message, exception.contexts)
        pieces.append(Source.at((", " if index else "") + quote_blanks(value.text), value.place))
    pieces.append(Source.at(")", here))
    return pieces


def _list_form(exception: RuleException) -> list[Source]:
    here = exception.contexts[-1].location
    pieces = [Source.at("(", here)]
    for index, row in enumerate(exception.values):
        cells = row.items if isinstance(row, Sequence) else ()
        if len(cells) != len(exception.fields):
            message = "Fields and values lists must have equal length"
            mend = f"every entry of values must be a list of {len(exception.fields)}"
            fail("LOAD_ERR_VALIDATE", message, exception.contexts, mend)
        pieces.append(Source.at(" or (" if index else "(", row.place))
        for position, (field, comp, cell) in enumerate(zip(exception.fields, exception.comps, cells)):
            text = _cell(cell, comp, exception)
            pieces.append(Source.at(f"{' and ' if position else ''} {field} {comp} {text}", cell.place))
        pieces.append(Source.at(")", here))
    pieces.append(Source.at(")", here))
    return pieces


def _cell(cell: Node, comp: str, exception: RuleException) -> str:
    """Return one value as text: a list in parentheses, or, for operators that want one, a value in parentheses."""
    if isinstance(cell, Sequence):
        if not all(isinstance(item, Scalar) for item in cell.items):
            message = "Expected values array to contain a list of strings"
            fail("LOAD_ERR_VALIDATE", message, exception.contexts)
        return "({})".format(", ".join(quote_blanks(item.text) for item in cell.items if isinstance(item, Scalar)))
    if not isinstance(cell, Scalar):
        fail("LOAD_ERR_VALIDATE", "Values of an exception must be texts or lists", exception.contexts)
    text = quote_blanks(cell.text)
    return f"({text})" if comp in _WANT_LIST and not text.startswith("(") else text


def quote_blanks(text: str) -> str:
    """Return `text` in double quotes if it has blanks in it and no quotes around it; nothing else is quoted."""
    if any(blank in text for blank in " \t\r\n") and text[:1] not in ("'", '"'):
        return f'"{text}"'
    return text
