"""Output lines: text with ``%field`` in it, read into pieces.

``%field``, ``%field[argument]`` and ``%transformer(field, …)`` stand for values; ``%20field`` cuts or pads the value
to 20 characters. The longest name that is a field counts: ``%proc.nameand`` is the name followed by "and". There is
no escape for ``%``. A ``*`` at the start is Falco's sign for "print <NA> for absent values" and no part of the text.

Source: libsinsp's eventformatter.cpp, version 0.25.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Union

from auditfalco.errors import ConditionError, ConditionTypeError, TemplateError, UnknownFieldError, UnknownTokenError
from auditfalco.language.escaping import whole_characters
from auditfalco.language.grammar import TRANSFORM_OPEN
from auditfalco.language.operands import TypedOperand, typed
from auditfalco.language.parser import parse_transform
from auditfalco.language.printer import falco_operand_text
from auditfalco.language.tree import FieldUse, Operand, Transform, fields
from auditfalco.language.types import Resolver

_WIDTH = re.compile(r"[0-9]*")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")
_BRACKETS = re.compile(r"""\[(?:"([^"]*)"|'([^']*)'|([^\]\[ \t\x08\r\n"']*))\]""")
MAX_WIDTH = 4096


@dataclass(frozen=True)
class Value:
    """A value in an output line.

    Attributes:
        key: its name in JSON's ``output_fields``.
        operand: what it is, with its type.
        width: number of characters to cut or pad it to, 0 for as many as it has.
    """

    key: str
    operand: TypedOperand
    width: int = 0


Piece = Union[str, Value]


@dataclass(frozen=True)
class ParsedTemplate:
    """An output line, read.

    Attributes:
        pieces: texts and values in order.
        inner: the fields inside the transformers, which also appear in JSON's ``output_fields``.
        lenient: whether the line began with ``*``.
    """

    pieces: tuple[Piece, ...]
    inner: tuple[Value, ...]
    lenient: bool


def parse_template(text: str, resolve: Resolver) -> ParsedTemplate:
    """Return the pieces of an output line.

    Args:
        resolve: gives the fields that output lines may use.

    Raises:
        UnknownTokenError: what follows a ``%`` is no field or transformer, or a transformer does not fit its field.
        TemplateError: the line is empty, or ends in ``%``.
    """
    if not text:
        raise TemplateError("empty formatting token", 0)
    lenient = text.startswith("*")
    pieces: list[Piece] = []
    inner: list[Value] = []
    position = 1 if lenient else 0
    while position < len(text):
        percent = text.find("%", position)
        if percent < 0:
            pieces.append(text[position:])
            break
        if percent > position:
            pieces.append(text[position:percent])
        value, uses, position = _value(text, percent, resolve)
        pieces.append(value)
        inner += uses
    return ParsedTemplate(tuple(pieces), tuple(inner), lenient)


def _value(text: str, percent: int, resolve: Resolver) -> tuple[Value, list[Value], int]:
    """Read what follows a ``%``; return it, the fields inside it if it is a transformer, and where it ends."""
    digits = _WIDTH.match(text, percent + 1)
    start = digits.end() if digits else percent + 1
    if start >= len(text):
        raise TemplateError("invalid formatting syntax: formatting cannot end with a %", percent)
    width = text[percent + 1 : start]
    if len(width) > len(str(MAX_WIDTH)) or int(width or 0) > MAX_WIDTH:
        raise TemplateError(f"a value cannot be padded to more than {MAX_WIDTH} characters", percent)
    operand, end = _operand(text, start, percent, resolve)
    try:
        value = Value(falco_operand_text(operand), typed(operand, resolve), int(width or 0))
        if not isinstance(operand, Transform):
            return value, [], end
        uses = [Value(str(use), typed(use, resolve)) for use in fields(operand)]
    except ConditionTypeError as error:
        raise _unknown(text, percent, error) from None
    return value, uses, end


def _operand(text: str, start: int, percent: int, resolve: Resolver) -> tuple[Operand, int]:
    if TRANSFORM_OPEN.match(text, start):
        try:
            return parse_transform(text, start)
        except ConditionError as error:
            raise _unknown(text, percent, error) from None
    name = _NAME.match(text, start)
    run = name.group() if name else ""
    failure: ConditionTypeError | None = None
    for length in range(len(run), 0, -1):
        if run[length - 1] == ".":
            continue
        use, end = _with_brackets(text, start, run[:length], resolve)
        try:
            resolve(use.name, use.argument)
        except ConditionTypeError as error:
            failure = failure or error
            continue
        return use, end
    raise _unknown(text, percent, failure)


def _with_brackets(text: str, start: int, name: str, resolve: Resolver) -> tuple[FieldUse, int]:
    """Return the field `name`, with the argument in the brackets after it if it takes one."""
    end = start + len(name)
    brackets = _BRACKETS.match(text, end)
    if brackets is not None:
        argument = next((group for group in brackets.groups() if group is not None), "")
        try:
            resolve(name, argument)
        except UnknownFieldError:
            return FieldUse(name), end
        return FieldUse(name, whole_characters(argument)), brackets.end()
    return FieldUse(name), end


def _unknown(text: str, percent: int, error: ConditionError | None) -> UnknownTokenError:
    message = f"unknown filter: nothing to print is called '{text[percent:][:40]}'"
    reason = error.message if error is not None else ""
    mend = error.mend if error is not None else "a % must be followed by the name of a field"
    return UnknownTokenError(f"{message}: {reason}" if reason else message, percent, mend=mend)
