"""What the operators mean for values of each type.

Every test here is of a value that is there: an absent one makes every check false, and is dealt with before.
Source: libsinsp's filter_compare.cpp and sinsp_filtercheck.cpp, version 0.25.
"""

from __future__ import annotations

import operator as operators
from collections.abc import Sequence
from functools import lru_cache
from typing import Callable

from auditfalco.errors import ConditionTypeError
from auditfalco.language import constants
from auditfalco.language.glob import compile_glob
from auditfalco.language.operands import Evaluate, Getter
from auditfalco.language.paths import PathPrefixes
from auditfalco.language.regex import compile_regex
from auditfalco.language.regex_syntax import RegexError
from auditfalco.language.transformers import lower
from auditfalco.language.types import Family, Shape, Value, ValueType

Test = Callable[[Value], bool]
Relation = Callable[[Value, Value], bool]

_EQUALITY = frozenset({"=", "==", "!=", "in", "intersects", "exists"})
_ORDER = frozenset({"<", "<=", ">", ">="})
_TEXT_ONLY = frozenset({"icontains", "glob", "iglob", "regex", "pmatch"})
_PARTS = frozenset({"contains", "startswith", "endswith"})
ALLOWED: dict[Family, frozenset[str]] = {
    Family.NUMBER: _EQUALITY | _ORDER,
    Family.BOOLEAN: _EQUALITY,
    Family.TEXT: _EQUALITY | _ORDER | _PARTS | _TEXT_ONLY,
    Family.BYTES: _EQUALITY | _PARTS | {"bcontains", "bstartswith"},
    Family.ADDRESS: _EQUALITY,
    Family.NETWORK: _EQUALITY,
}
_LIST_ALLOWED = frozenset({"in", "intersects", "exists"})
_CALLED = {
    Family.NUMBER: "numeric",
    Family.BOOLEAN: "numeric",
    Family.TEXT: "string",
    Family.BYTES: "buffer",
    Family.ADDRESS: "ip address and network",
    Family.NETWORK: "ip address and network",
}


def require_operator(operator: str, modifier: str, value_type: ValueType, is_list: bool) -> None:
    """Check that an operator applies to a type.

    Raises:
        ConditionTypeError: it does not.
    """
    if is_list and (operator not in _LIST_ALLOWED or modifier):
        raise ConditionTypeError(f"'{operator}' operator not supported for list filters")
    if operator not in ALLOWED[value_type.family]:
        word = " with modifier" if modifier else " operator"
        raise ConditionTypeError(f"'{operator}'{word} not supported for {_CALLED[value_type.family]} filters")


def constant_test(
    operator: str, modifier: str, texts: Sequence[str], value_type: ValueType, is_list: bool, shape: Shape
) -> Test:
    """Return the test of a value against constants.

    Args:
        texts: the constants; one for most operators, any number for list operators and modifiers.

    Raises:
        ConditionTypeError: a constant cannot be compared with the type, or the operator does not apply to it.
    """
    require_operator(operator, modifier, value_type, is_list)
    values = [constants.read(text, value_type, operator) for text in texts]
    if is_list:
        return _list_test(operator, values)
    if shape is Shape.PLAIN:
        return _plain_test(operator, modifier, values, value_type)
    if modifier or _reads_one(operator, value_type, shape):
        tests = [_single_test(operator, value, value_type) for value in values]  # every constant is still checked
        single = tests[0] if tests else _never
    else:
        single = _plain_test(operator, "", values, value_type)
    return _shaped_test(operator, modifier, single, value_type, shape)


def _reads_one(operator: str, value_type: ValueType, shape: Shape) -> bool:
    """Tell whether a check of several networks looks at the first alone, as fd.net's does."""
    listed = operator in ("in", "intersects")
    return listed and shape is Shape.PAIR and value_type.family is Family.NETWORK


def _shaped_test(operator: str, modifier: str, single: Test, value_type: ValueType, shape: Shape) -> Test:
    """Return the test of a field that compares in its own way, from the test of one of its values.

    Falco's oddities are kept: lists of numbers never match the ancestors, nor lists of addresses a pair of ends; a
    modifier never matches the fields that compare one address with networks, and reads one constant alone elsewhere.
    """
    listed = operator in ("in", "intersects")
    if shape is Shape.NETWORK_MEMBER:
        return _never if modifier else single
    if shape is Shape.ANCESTORS:
        if listed and value_type.family is Family.NUMBER:
            return _never
        return lambda values: any(value is not None and single(value) for value in values)
    if listed and value_type.family is Family.ADDRESS:
        return _never
    if operator == "!=":
        return lambda ends: _some(ends) and all(end is None or single(end) for end in ends)
    return lambda ends: any(end is not None and single(end) for end in ends)


def _some(values: Sequence[Value]) -> bool:
    return any(value is not None for value in values)


def _never(value: Value) -> bool:
    return False


def is_present(shape: Shape) -> Test:
    """Return what ``exists`` means for a value, absent or not."""
    if shape is Shape.ANCESTORS:
        return lambda values: bool(values)
    if shape is Shape.PAIR:
        return lambda ends: ends is not None and _some(ends)
    return lambda value: value is not None


def quick_answer(
    operator: str, modifier: str, texts: Sequence[str], value_type: ValueType, is_list: bool, shape: Shape
) -> Callable[[Getter], Evaluate] | None:
    """Return a maker of answers for the checks that rules are full of, None for all others.

    The answers are those of :func:`constant_test`, with absent values seen to in the same step: what is absent equals
    no constant and is in no set of them.
    """
    if modifier or is_list or shape is not Shape.PLAIN or value_type.family is Family.NETWORK:
        return None
    if operator in ("in", "intersects"):
        allowed = frozenset(constants.read(text, value_type, operator) for text in texts)
        return lambda get: lambda event: get(event) in allowed
    if operator in ("=", "=="):
        constant = constants.read(texts[0], value_type, operator)
        return lambda get: lambda event: bool(get(event) == constant)
    return None


def _list_test(operator: str, values: list[Value]) -> Test:
    allowed = frozenset(values)
    if operator == "in":
        return lambda elements: allowed.issuperset(elements)
    return lambda elements: not allowed.isdisjoint(elements)


def transformed_list_test(operator: str) -> Test:
    """Return the test of a list whose elements went through a transformer: Falco never finds one among constants."""
    return (lambda elements: not elements) if operator == "in" else _never


def _plain_test(operator: str, modifier: str, values: list[Value], value_type: ValueType) -> Test:
    if modifier:
        return _modified(modifier, [_single_test(operator, value, value_type) for value in values])
    if operator == "pmatch":
        return PathPrefixes(values).match
    if operator in ("in", "intersects"):
        if value_type.family is Family.NETWORK:
            return lambda packed: any(network.holds(packed) for network in values)
        return frozenset(values).__contains__
    return _single_test(operator, values[0], value_type)


def _modified(modifier: str, tests: list[Test]) -> Test:
    if modifier == "oneof":
        return lambda value: sum(test(value) for test in tests) == 1
    if modifier == "anyof":
        return lambda value: any(test(value) for test in tests)
    return lambda value: bool(tests) and all(test(value) for test in tests)


def _single_test(operator: str, constant: Value, value_type: ValueType) -> Test:
    """Return the test of one value against one constant."""
    if value_type.family is Family.NETWORK:
        if operator == "!=":
            return lambda packed: not constant.holds(packed)
        return lambda packed: bool(constant.holds(packed))
    if operator in ("glob", "iglob"):
        return compile_glob(constant, fold_case=operator == "iglob")
    if operator == "pmatch":
        return PathPrefixes([constant]).match
    if operator == "regex":
        try:
            return compile_regex(constant)
        except RegexError as error:
            raise ConditionTypeError(f"invalid regex pattern: {error}") from None
    if operator == "icontains":
        folded = lower(constant)
        return lambda value: folded in lower(value)
    relation = relation_of(operator, value_type)
    return lambda value: relation(value, constant)


def relation_of(operator: str, value_type: ValueType, is_list: bool = False) -> Relation:
    """Return the test of a value against another value of its type.

    Raises:
        ConditionTypeError: the operator does not apply to the type, or not to a value that is not constant.
    """
    require_operator(operator, "", value_type, is_list)
    if operator in ("regex", "pmatch"):
        raise ConditionTypeError(f"operator '{operator}' doesn't support right-hand side fields")
    if is_list:
        return _subset if operator == "in" else _overlap
    if value_type.family is Family.BOOLEAN:
        return (
            (lambda left, right: bool(left) != right) if operator == "!=" else (lambda left, right: bool(left) == right)
        )
    if operator in _ORDER and value_type.family is Family.TEXT:
        return _text_order(_RELATIONS[operator])
    if operator in _BYTEWISE and value_type.family is Family.TEXT:
        return _bytewise(_RELATIONS[operator])
    return _RELATIONS[operator]


def _subset(left: tuple[Value, ...], right: tuple[Value, ...]) -> bool:
    return set(left) <= set(right)


def _overlap(left: tuple[Value, ...], right: tuple[Value, ...]) -> bool:
    return not set(left).isdisjoint(right)


def _text_order(compare: Relation) -> Relation:
    """Compare texts as the bytes they came from."""
    return lambda left, right: compare(_raw(left), _raw(right))


def _bytewise(compare: Relation) -> Relation:
    """Look for a text in another; by bytes only where one holds parts of characters, which is rare."""

    def relation(left: str, right: str) -> bool:
        if _has_stray_bytes(right):
            return compare(_raw(left), _raw(right))
        return compare(left, right)

    return relation


def _has_stray_bytes(text: str) -> bool:
    return not text.isascii() and any("\udc80" <= character <= "\udcff" for character in text)


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


@lru_cache(maxsize=256)
def _glob(pattern: str, fold_case: bool) -> Test:
    return compile_glob(pattern, fold_case)


_BYTEWISE = frozenset({"contains", "startswith", "endswith"})
_RELATIONS: dict[str, Relation] = {
    "=": operators.eq,
    "==": operators.eq,
    "in": operators.eq,
    "intersects": operators.eq,
    "!=": operators.ne,
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
    "contains": operators.contains,
    "bcontains": operators.contains,
    "startswith": lambda left, right: bool(left.startswith(right)),
    "bstartswith": lambda left, right: bool(left.startswith(right)),
    "endswith": lambda left, right: bool(left.endswith(right)),
    "icontains": lambda left, right: lower(right) in lower(left),
    "glob": lambda left, right: _glob(right, False)(left),
    "iglob": lambda left, right: _glob(right, True)(left),
}
