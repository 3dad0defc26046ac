"""A check of one field against constants, as it is asked of the calls of one event type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Callable

from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.language import constants
from auditfalco.language.operands import Evaluate
from auditfalco.language.tree import Check, FieldUse, Literal, LiteralList
from auditfalco.language.typecheck import typed_check
from auditfalco.language.types import FieldRef
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME, Parameter

EXACT = frozenset({"=", "==", "in"})
"""Operators that one of the constants has to equal."""


@dataclass(frozen=True)
class Question:
    """A check and the event type.

    Attributes:
        check: the node of the condition's tree.
        event_type: Falco's name of the type.
        field: the one field that is read.
        holds: the engine's own answer for a value of the field; None is absent, which fulfils no check.
    """

    check: Check
    event_type: str
    field: FieldRef
    holds: Evaluate

    @property
    def is_exact(self) -> bool:
        """Whether the field has to equal one of the constants."""
        return self.check.operator in EXACT and not self.check.modifier

    @property
    def texts(self) -> Sequence[str]:
        """The constants as they are written."""
        right = self.check.right
        if isinstance(right, Literal):
            return (right.text,)
        return right.items if isinstance(right, LiteralList) else ()

    @cached_property
    def numbers(self) -> frozenset[int]:
        """The constants as numbers of the field's type; of a field of numbers only."""
        return frozenset(constants.read(text, self.field.type, self.check.operator) for text in self.texts)

    @property
    def parameter(self) -> Parameter | None:
        """The event's parameter that evt.arg or evt.rawarg reads; None where events of the type have none such."""
        known, argument = EVENT_TYPES_BY_NAME.get(self.event_type), self.field.argument
        if known is None or argument is None or self.field.name not in ("evt.arg", "evt.rawarg"):
            return None
        if not argument.isdigit():
            return known.parameter(argument)
        return known.parameters[int(argument)] if int(argument) < len(known.parameters) else None


def question(check: Check, event_type: str) -> Question | None:
    """A check as a question; None where it reads more than one field, changes what it reads, or reads a list.

    Raises:
        ConditionTypeError: the check asks what cannot be asked.
    """
    if not isinstance(check.left, FieldUse) or not isinstance(check.right, (Literal, LiteralList, type(None))):
        return None
    if CATALOGUE.lookup(check.left.name.partition("[")[0]) is None and not check.left.name.startswith("evt."):
        return None
    typed = typed_check(check, CATALOGUE.resolve)
    field = typed.left.field
    return None if field is None or field.is_list else Question(check, event_type, field, typed.build(_given))


def _given(field: FieldRef) -> Callable[[Any], Any]:
    """Read a field from the value that is given in an event's place."""
    return lambda value: value
