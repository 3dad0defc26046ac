"""The catalogue of fields: which exist, and what a name with its argument means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from auditfalco.errors import ConditionTypeError, UnknownFieldError
from auditfalco.fields import catalogue_container, catalogue_evt, catalogue_fd, catalogue_own, catalogue_proc
from auditfalco.fields.field import ArgumentForm, Field
from auditfalco.language.types import TYPES, FieldRef, Shape
from auditfalco.model.eventtypes import PARAMETER_TYPES

_INDEX = re.compile(r"-?[0-9]{1,20}")
_DECLARED = re.compile(r"(?:(?P<list>LIST)\()?(?P<type>[A-Z0-9]+)\)?(?:/(?P<shape>CLIENT_SERVER|ANCESTORS))?")
_DECLARED_SHAPES = {None: Shape.PLAIN, "CLIENT_SERVER": Shape.PAIR, "ANCESTORS": Shape.ANCESTORS}


class Catalogue:
    """A set of fields, by name."""

    def __init__(self, fields: Iterable[Field]) -> None:
        self._fields: dict[str, Field] = {field.name: field for field in fields}

    def __iter__(self) -> Iterator[Field]:
        """Return the fields in order."""
        return iter(self._fields.values())

    def lookup(self, name: str) -> Field | None:
        """Return the field of that name, without argument, or None."""
        return self._fields.get(name)

    def names(self) -> list[str]:
        """Return all names, sorted."""
        return sorted(self._fields)

    def suggest(self, name: str) -> str | None:
        """Return the name that `name` may have been meant for, or None."""
        close = get_close_matches(name.lower(), self._fields, n=1)
        return close[0] if close else None

    def extended(self, fields: Iterable[Field]) -> Catalogue:
        """Return a catalogue with these fields added; those that were there already stay."""
        return Catalogue([*fields, *self._fields.values()])

    def declared(self, types: Mapping[str, str]) -> Catalogue:
        """Return a catalogue with fields added that somebody declares by type, as ``{"x.n": "UINT8"}``.

        Types are Falco's names, ``LIST(…)`` around one for lists, ``/CLIENT_SERVER`` or ``/ANCESTORS`` after one for
        fields that compare like ``fd.ip`` or ``proc.aname``. What the catalogue has already stays as it is.

        Raises:
            ConditionTypeError: there is no such type.
        """
        return self.extended(_declared(name, text) for name, text in types.items() if not self._has(name))

    def _has(self, name: str) -> bool:
        base, bracket, rest = name.partition("[")
        try:
            self.resolve(base, rest[:-1] if bracket else None)
        except ConditionTypeError:
            return base in self._fields
        return True

    def resolve(self, name: str, argument: str | None) -> FieldRef:
        """Return what ``name`` or ``name[argument]`` means in a condition.

        Raises:
            UnknownFieldError: no such field, an argument too many or too few, or one of the wrong kind.
            ConditionTypeError: an event argument that no event has, or a field that conditions cannot use.
        """
        field, given = self._find(name, argument)
        if not field.filterable:
            raise ConditionTypeError(f"field '{name}' can only be used in output lines")
        shape = field.shape
        if shape is Shape.ANCESTORS:
            given, shape = _ancestors(field, given)
        return self._ref(field, given, shape, name, argument)

    def resolve_output(self, name: str, argument: str | None) -> FieldRef:
        """Return what ``%name`` or ``%name[argument]`` means in an output line.

        Raises:
            UnknownFieldError: as :meth:`resolve`, or the field has nothing to print.
        """
        field, given = self._find(name, argument)
        if not field.printable:
            raise UnknownFieldError(f"field '{name}' can only be used in conditions")
        shape = field.shape if given is None else Shape.PLAIN
        if field.name == "proc.apid" and given is None:
            given, shape = "0", Shape.PLAIN  # alone it prints the process itself
        if field.name == "proc.aenv" and given is None:
            field, shape = self._fields["proc.env"], Shape.PLAIN
        return self._ref(field, given, shape, name, argument)

    def _ref(self, field: Field, given: str | None, shape: Shape, name: str, written: str | None) -> FieldRef:
        value_type = TYPES[field.type]
        if field.name == "evt.rawarg" and given is not None:
            value_type = TYPES[PARAMETER_TYPES[given]]
        text = name if written is None else f"{name}[{written}]"
        return FieldRef(field.name, given, value_type, field.is_list, shape, field.transformable, field.rhs_ok, text)

    def _find(self, name: str, argument: str | None) -> tuple[Field, str | None]:
        field = self._fields.get(name)
        if field is None:
            return self._find_dotted(name, argument)
        form = field.argument
        if argument is None:
            if field.argument_required:
                raise UnknownFieldError(f"nonexistent field {name}", mend=f"it is written {name}{form.value}")
            return field, None
        if form.key or (form.index and _INDEX.fullmatch(argument)):
            return field, argument
        mend = f"it is written {name}{form.value}" if form is not ArgumentForm.NONE else f"{name} takes no argument"
        raise UnknownFieldError(f"nonexistent field {name}[{argument}]", mend=mend)

    def _find_dotted(self, name: str, argument: str | None) -> tuple[Field, str | None]:
        """Find a field whose argument follows a dot, as ``evt.arg.path``."""
        base, _dot, key = name, "", ""
        while "." in base:
            base, _dot, last = base.rpartition(".")
            key = f"{last}.{key}" if key else last
            field = self._fields.get(base)
            if field is None or not field.argument.dotted or argument is not None:
                continue
            if field.name in ("evt.arg", "evt.rawarg") and key not in PARAMETER_TYPES:
                raise ConditionTypeError(f"unknown event argument {key}", mend=_suggestion(key, PARAMETER_TYPES))
            if field.name != "evt.abspath" or key in ("src", "dst"):
                return field, key
        written = name if argument is None else f"{name}[{argument}]"
        raise UnknownFieldError(f"nonexistent field {written}", mend=_suggestion(name, self._fields))


def _ancestors(field: Field, given: str | None) -> tuple[str | None, Shape]:
    """Return argument and shape of a field over ancestors: a negative index is none, and proc.aenv knows no index."""
    if given is not None and _INDEX.fullmatch(given) and (given.startswith("-") or field.name == "proc.aenv"):
        given = None
    return given, Shape.ANCESTORS if given is None else Shape.PLAIN


def _suggestion(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name.lower(), list(known), n=1)
    return f"did you mean {close[0]}?" if close else ""


def _declared(name: str, text: str) -> Field:
    match = _DECLARED.fullmatch(text)
    if match is None or match.group("type") not in TYPES:
        raise ConditionTypeError(f"field '{name}' is declared with the unknown type {text}")
    base, bracket, _ = name.partition("[")
    return Field(
        base,
        match.group("type"),
        "declared for this use",
        ArgumentForm.INDEX_OR_KEY if bracket else ArgumentForm.NONE,
        is_list=match.group("list") is not None,
        shape=_DECLARED_SHAPES[match.group("shape")],
    )


CATALOGUE = Catalogue(
    field
    for table in (catalogue_evt, catalogue_proc, catalogue_fd, catalogue_container, catalogue_own)
    for field in table.FIELDS
)


def lookup(name: str) -> Field | None:
    """Return the field of that name, without argument, or None."""
    return CATALOGUE.lookup(name)


def names() -> list[str]:
    """Return the names of all fields, sorted."""
    return CATALOGUE.names()


def suggest(name: str) -> str | None:
    """Return the name that `name` may have been meant for, or None."""
    return CATALOGUE.suggest(name)
