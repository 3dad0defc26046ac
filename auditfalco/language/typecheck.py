"""Checks with their types: does a condition ask what can be asked, and how is it answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Callable

from auditfalco.errors import ConditionTypeError, UnknownEventTypeError
from auditfalco.language import comparison, constants
from auditfalco.language.operands import Bind, Evaluate, Getter, TypedOperand, typed
from auditfalco.language.tree import Check, Literal, LiteralList, Node, Right, Transform, checks
from auditfalco.language.types import FieldRef, Resolver, Shape
from auditfalco.model.eventtypes import is_event_type


@dataclass(frozen=True)
class TypedCheck:
    """A check that makes sense.

    Attributes:
        check: the node of the tree.
        left: its left operand.
        right: its right operand when that is read from the event, else None.
        build: makes the function that answers the check, from the one that reads fields.
    """

    check: Check
    left: TypedOperand
    right: TypedOperand | None
    build: Callable[[Bind], Evaluate]


def typed_check(check: Check, resolve: Resolver) -> TypedCheck:
    """Return a check with its types.

    Raises:
        UnknownFieldError: it names a field that does not exist.
        UnknownEventTypeError: it compares ``evt.type`` with something that is no event type.
        ConditionTypeError: its parts do not fit together. Every error carries the place of the check.
    """
    try:
        return _typed_check(check, resolve)
    except ConditionTypeError as error:
        error.location = error.location or check.place
        raise


def require_types(root: Node, resolve: Resolver) -> None:
    """Check every check of a tree.

    Raises:
        ConditionTypeError: as :func:`typed_check`, for the first check that is wrong.
    """
    for check in checks(root):
        typed_check(check, resolve)


def _typed_check(check: Check, resolve: Resolver) -> TypedCheck:
    left = typed(check.left, resolve)
    if check.operator == "exists":
        return TypedCheck(check, left, None, _exists(left))
    if isinstance(check.right, Transform):
        return _against_operand(check, left, typed(check.right, resolve))
    texts = _texts(check.right)
    comparison.require_operator(check.operator, check.modifier, left.type, left.is_list)
    if left.field is not None and left.field.name == "evt.type":
        _require_event_types(texts)
    if left.field is not None and left.field.name == "evt.around":
        test = _around(check, left.field, texts)
        return TypedCheck(check, left, None, lambda bind: _tested(left.getter(bind), test))
    return TypedCheck(check, left, None, _against_constants(check, left, texts))


def _require_event_types(texts: Sequence[str]) -> None:
    for text in texts:
        if not is_event_type(text):
            raise UnknownEventTypeError(f"unknown event type {text}")


def _around(check: Check, field: FieldRef, texts: Sequence[str]) -> comparison.Test:
    """Return the test of ``evt.around[T] = D``: is the event's time, in nanoseconds, within D milliseconds of T."""
    if check.operator not in ("=", "==") or check.modifier:
        raise ConditionTypeError("evt.around only compares with '=': evt.around[nanoseconds] = milliseconds")
    center, distance = int(field.argument or 0), constants.number(texts[0], field.type) * 1_000_000
    return lambda nanoseconds: bool(abs(nanoseconds - center) <= distance)


def _against_constants(check: Check, left: TypedOperand, texts: Sequence[str]) -> Callable[[Bind], Evaluate]:
    if left.elementwise:
        comparison.constant_test(check.operator, "", texts, left.type, left.is_list, left.shape)
        never = comparison.transformed_list_test(check.operator)
        return lambda bind: _tested(left.getter(bind), never)
    quick = comparison.quick_answer(check.operator, check.modifier, texts, left.type, left.is_list, left.shape)
    if quick is not None:
        return lambda bind: quick(left.getter(bind))
    test = comparison.constant_test(check.operator, check.modifier, texts, left.type, left.is_list, left.shape)
    return lambda bind: _tested(left.getter(bind), test)


def _texts(right: Right | None) -> Sequence[str]:
    if isinstance(right, Literal):
        return (right.text,)
    return right.items if isinstance(right, LiteralList) else ()


def _exists(left: TypedOperand) -> Callable[[Bind], Evaluate]:
    present = comparison.is_present(left.shape)

    def build(bind: Bind) -> Evaluate:
        get = left.getter(bind)
        return lambda event: present(get(event))

    return build


def _tested(get: Getter, test: comparison.Test) -> Evaluate:
    def evaluate(event: Any) -> bool:
        value = get(event)
        return value is not None and test(value)

    return evaluate


def _against_operand(check: Check, left: TypedOperand, right: TypedOperand) -> TypedCheck:
    if left.shape is not Shape.PLAIN or (left.field is not None and not left.field.transformable):
        raise ConditionTypeError(f"{left.name} doesn't support right-hand side fields")
    if right.field is not None and not right.field.rhs_ok:
        raise ConditionTypeError(f"{right.name} can't be used as a right-hand side field")
    relation = comparison.relation_of(check.operator, left.type, left.is_list)
    if (left.type, left.is_list) != (right.type, right.is_list):
        ours, theirs = _type_name(left), _type_name(right)
        raise ConditionTypeError(f"{left.name} has type '{ours}' while the right-hand side {right.name} has '{theirs}'")

    def build(bind: Bind) -> Evaluate:
        get_left, get_right = left.getter(bind), right.getter(bind)

        def evaluate(event: Any) -> bool:
            value = get_left(event)
            if value is None:
                return False
            other = get_right(event)
            return other is not None and relation(value, other)

        return evaluate

    return TypedCheck(check, left, right, build)


def _type_name(operand: TypedOperand) -> str:
    return f"{operand.type.name} (list)" if operand.is_list else operand.type.name
