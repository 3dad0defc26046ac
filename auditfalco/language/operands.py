"""Operands with their types, and how they are read from an event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

from auditfalco.errors import ConditionTypeError
from auditfalco.language import transformers
from auditfalco.language.tree import Argument, FieldUse, Literal, Operand, Transform, TransformList
from auditfalco.language.types import CHARBUF, Family, FieldRef, Resolver, Shape, Value, ValueType

Getter = Callable[[Any], Value]  # from an event to a value; None is absent
Evaluate = Callable[[Any], bool]  # from an event to the answer of a check
# Gives the getter of a field; asked once for every place where a field is used.
Bind = Callable[[FieldRef], Getter]


@dataclass(frozen=True)
class TypedOperand:
    """An operand that makes sense.

    Attributes:
        type: type of the value, or of its elements.
        is_list: whether the value is a tuple of such values.
        shape: how the value compares.
        name: how messages call it.
        field: the field, when the operand is one field and nothing else.
        getter: makes the function that reads the operand, from the one that reads fields.
        constant: the text of a literal, None for anything else.
        elementwise: whether it is a list because a transformer was applied to every element of one.
    """

    type: ValueType
    is_list: bool
    shape: Shape
    name: str
    getter: Callable[[Bind], Getter]
    field: FieldRef | None = None
    constant: str | None = None
    elementwise: bool = False


def typed(operand: Operand, resolve: Resolver) -> TypedOperand:
    """Return an operand with its type.

    Raises:
        UnknownFieldError: it uses a field that does not exist.
        ConditionTypeError: it applies a transformer to what this cannot be applied to.
    """
    if isinstance(operand, FieldUse):
        return _field(operand, resolve)
    if operand.name == "val":
        return _val(operand, resolve)
    return _transform(operand, resolve)


def _field(use: FieldUse, resolve: Resolver) -> TypedOperand:
    ref = resolve(use.name, use.argument)
    return TypedOperand(ref.type, ref.is_list, ref.shape, f"field '{use}'", lambda bind: bind(ref), ref)


def _val(transform: Transform, resolve: Resolver) -> TypedOperand:
    inner = transform.arguments[0]
    if transform.argument is not None or not isinstance(inner, FieldUse):
        raise ConditionTypeError("val() takes one field and nothing else")
    return _field(inner, resolve)


def _transform(transform: Transform, resolve: Resolver) -> TypedOperand:
    arguments = tuple(_argument(argument, resolve) for argument in transform.arguments)
    for argument in arguments:
        if argument.field is not None and not argument.field.transformable:
            raise ConditionTypeError(f"{argument.name} does not support transformers")
    inputs = [
        transformers.Input(argument.type, argument.is_list, argument.name, argument.constant) for argument in arguments
    ]
    output = transformers.build(transform.name, inputs, transform.argument)

    def getter(bind: Bind) -> Getter:
        return _apply(output.function, tuple(argument.getter(bind) for argument in arguments))

    name = f"transformer '{transform.name}'"
    return TypedOperand(output.type, output.is_list, Shape.PLAIN, name, getter, elementwise=output.elementwise)


def _apply(function: transformers.Function, getters: tuple[Getter, ...]) -> Getter:
    """Return a getter that is absent as soon as one of its arguments is."""

    def read(event: Any) -> Value:
        values = [get(event) for get in getters]
        return None if None in values else function(values)

    return read


def _argument(argument: Argument, resolve: Resolver) -> TypedOperand:
    if isinstance(argument, Literal):
        return _literal(argument)
    if isinstance(argument, TransformList):
        return _list(argument, resolve)
    return typed(argument, resolve)


def _literal(literal: Literal) -> TypedOperand:
    text = literal.text
    return TypedOperand(CHARBUF, False, Shape.PLAIN, f"'{text}'", lambda bind: lambda event: text, None, text)


def _list(listed: TransformList, resolve: Resolver) -> TypedOperand:
    items = tuple(_argument(item, resolve) for item in listed.items)
    for item in items:
        if item.is_list or item.shape is not Shape.PLAIN:
            raise ConditionTypeError(f"{item.name} cannot be an element of a list")
        if item.field is not None and not item.field.transformable:
            raise ConditionTypeError(f"{item.name} does not support transformers")
    odd = [item for item in items if item.type.family is not CHARBUF.family and not _integer(item.type)]
    item_type = odd[0].type if odd else CHARBUF  # texts and integers may stand beside each other

    def getter(bind: Bind) -> Getter:
        return _apply(tuple, tuple(item.getter(bind) for item in items))

    return TypedOperand(item_type, True, Shape.PLAIN, "list", getter)


def _integer(value_type: ValueType) -> bool:
    return value_type.family is Family.NUMBER and value_type.name != "DOUBLE"
