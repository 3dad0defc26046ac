"""What the transformers do to values, and what they may be applied to.

Source: libsinsp's sinsp_filter_transformers/ and sinsp_filter_transformer.cpp, version 0.25.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Callable, NamedTuple

from auditfalco.errors import ConditionTypeError
from auditfalco.language.escaping import whole_characters
from auditfalco.language.types import CHARBUF, UINT64, Family, Value, ValueType

Function = Callable[
    [Sequence[Value]], Value
]  # from the arguments' values, none of them absent; None when there is no result

_PLAIN_TEXT = ("CHARBUF", "FSPATH", "FSRELPATH")
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?")
_ASCII_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


@dataclass(frozen=True)
class Input:
    """What is known of an argument before there are events.

    Attributes:
        type: type of the value or of its elements.
        is_list: whether it is a list.
        name: how messages call it.
        constant: the text of a literal, None for anything else.
    """

    type: ValueType
    is_list: bool
    name: str
    constant: str | None = None


@dataclass(frozen=True)
class Output:
    """What a transformer makes of its arguments; `elementwise`: it is a list because the argument is one."""

    type: ValueType
    is_list: bool
    function: Function
    elementwise: bool = False


def build(name: str, inputs: Sequence[Input], argument: str | None) -> Output:
    """Return the transformer `name` for arguments of these types.

    Args:
        argument: what stands in brackets after it, or None.

    Raises:
        ConditionTypeError: wrong number of arguments, wrong types, or an argument in brackets where there can be none.
    """
    if argument is not None and name != "getopt":
        raise ConditionTypeError(f"{name}() does not take an argument in brackets")
    if name == "getopt":
        return _getopt(inputs, argument)
    if name == "join":
        return _join(inputs)
    if name == "concat":
        return _concat(inputs)
    if len(inputs) != 1:
        raise ConditionTypeError(f"{name}() takes exactly one argument")
    return _unary(name, inputs[0])


def _unary(name: str, given: Input) -> Output:
    if name == "len":
        if not given.is_list and given.type.name not in (*_PLAIN_TEXT, "BYTEBUF"):
            raise _unsupported(name, given)
        return Output(UINT64, False, lambda values: length(values[0]))
    function, types = _ELEMENTWISE[name]
    if given.type.name not in types:
        raise _unsupported(name, given)
    if given.is_list:
        return Output(given.type, True, lambda values: _each(function, values[0]), elementwise=True)
    return Output(given.type, False, lambda values: function(values[0]))


def _unsupported(name: str, given: Input) -> ConditionTypeError:
    return ConditionTypeError(
        f"type '{given.type.name}' is not supported by '{name}' transformer applied on {given.name}"
    )


def _each(function: Callable[[Value], Value], values: Sequence[Value]) -> tuple[Value, ...] | None:
    results = tuple(function(value) for value in values)
    return None if any(result is None for result in results) else results


def length(value: Value) -> int:
    """Return the number of bytes of a text or buffer, of elements of a list."""
    return len(value.encode("utf-8", "surrogateescape")) if isinstance(value, str) else len(value)


def basename(path: str) -> str:
    """Return what follows the last slash; ``""`` for a path that ends in one."""
    return path.rpartition("/")[2]


def upper(text: str) -> str:
    """Return `text` with ASCII letters in upper case; others stay."""
    return text.upper() if text.isascii() else text.translate(_ASCII_UPPER)


def lower(text: str) -> str:
    """Return `text` with ASCII letters in lower case; others stay."""
    return text.lower() if text.isascii() else text.translate(_ASCII_LOWER)


def decode_base64(value: Value) -> Value:
    """Return what base64 text stands for, None if it is not strict base64; padding may be left out as a whole."""
    raw = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    if not _BASE64.fullmatch(raw):
        return None
    bare = raw.rstrip(b"=")
    try:
        decoded = base64.b64decode(bare + b"=" * (-len(bare) % 4))
    except binascii.Error:
        return None
    if base64.b64encode(decoded).rstrip(b"=") != bare:
        return None  # bits were set that stand for nothing
    return decoded.decode("utf-8", "surrogateescape") if isinstance(value, str) else decoded


_ELEMENTWISE: dict[str, tuple[Callable[[Value], Value], tuple[str, ...]]] = {
    "toupper": (upper, _PLAIN_TEXT),
    "tolower": (lower, _PLAIN_TEXT),
    "basename": (basename, _PLAIN_TEXT),
    "b64": (decode_base64, (*_PLAIN_TEXT, "BYTEBUF")),
}


def _is_text(given: Input) -> bool:
    return given.type.family is Family.TEXT


def _concat(inputs: Sequence[Input]) -> Output:
    if len(inputs) < 2:
        raise ConditionTypeError("concat() requires at least 2 arguments")
    if any(given.is_list or not _is_text(given) for given in inputs):
        raise ConditionTypeError("concat() arguments must be strings")
    return Output(CHARBUF, False, lambda values: whole_characters("".join(values)))


def _join(inputs: Sequence[Input]) -> Output:
    if len(inputs) != 2:
        raise ConditionTypeError("join() requires exactly 2 arguments: separator and list")
    separator, items = inputs
    if separator.is_list:
        raise ConditionTypeError("join() first argument (separator) must be a single value, not a list")
    if not _is_text(separator):
        raise ConditionTypeError("join() first argument (separator) must be a string")
    if not items.is_list:
        raise ConditionTypeError("join() second argument must be a list")
    if items.type.family not in (Family.TEXT, Family.NUMBER) or items.type.name == "DOUBLE":
        raise ConditionTypeError("join() can only join strings and integers")
    return Output(CHARBUF, False, lambda values: whole_characters(values[0].join(str(item) for item in values[1])))


def _getopt(inputs: Sequence[Input], argument: str | None) -> Output:
    if len(inputs) != 2:
        raise ConditionTypeError("getopt() requires exactly 2 arguments: a list of arguments and the options")
    words, options = inputs
    if not words.is_list or not _is_text(words):
        raise ConditionTypeError("getopt() first argument must be a list of strings")
    if options.is_list or options.constant is None:
        raise ConditionTypeError("getopt() second argument must be a quoted string")
    takes_value = _option_letters(options.constant)
    if argument is None:
        return Output(CHARBUF, True, lambda values: _flatten(scan_options(values[0], takes_value)))
    if len(argument) != 1:
        raise ConditionTypeError("getopt() field argument must be a single option character")
    return Output(CHARBUF, False, lambda values: _last_value(scan_options(values[0], takes_value), argument))


def _option_letters(options: str) -> dict[str, bool]:
    """Return for every option of a getopt(3) string whether it takes a value."""
    letters: dict[str, bool] = {}
    for position, letter in enumerate(options):
        if letter != ":":
            letters[letter] = options[position + 1 : position + 2] == ":"
    return letters


class Option(NamedTuple):
    """One option of a command line.

    Attributes:
        letter: the option, ``?`` for one that is not known.
        value: its value, None for an option that takes none.
        missing: whether it takes a value and the command line ended before one; `value` is then ``""``.
    """

    letter: str
    value: str | None = None
    missing: bool = False


def scan_options(words: Sequence[str], takes_value: dict[str, bool]) -> list[Option]:
    """Return the options of a command line, without the command, as getopt(3) finds them.

    It ends before the first word that is no option, and at ``--``; long options are passed over.
    """
    found: list[Option] = []
    index = 0
    while index < len(words) and words[index].startswith("-") and words[index] not in ("-", "--"):
        word = words[index]
        index += 1
        if word.startswith("--"):
            continue
        for position, letter in enumerate(word[1:], start=1):
            if not takes_value.get(letter):
                found.append(Option(letter if letter in takes_value else "?"))
            elif position + 1 < len(word):
                found.append(Option(letter, word[position + 1 :]))
                break
            elif index < len(words):
                found.append(Option(letter, words[index]))
                index += 1
            else:
                found.append(Option(letter, "", missing=True))
    return found


def _flatten(found: list[Option]) -> tuple[str, ...]:
    """Return letters and values as one list; an option whose value is missing leaves only the empty value."""
    flat: list[str] = []
    for option in found:
        if not option.missing:
            flat.append(option.letter)
        if option.value is not None:
            flat.append(option.value)
    return tuple(flat)


def _last_value(found: list[Option], letter: str) -> str:
    values = [option.value or "" for option in found if option.letter == letter]
    return values[-1] if values else ""
