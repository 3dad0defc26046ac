"""The one tree of errors that this package raises.

::

    AuditfalcoError
    ├── ConditionError         a condition cannot be used
    │   ├── ConditionSyntaxError    its text is not a condition
    │   └── ConditionTypeError      it is a condition, but asks what cannot be asked
    │       ├── UnknownFieldError       of a field that does not exist
    │       └── UnknownEventTypeError   of an event type that does not exist
    └── TemplateError          an output line cannot be used
        └── UnknownTokenError       it names a field or transformer that does not exist

Every error may carry the place of what is wrong; its text is then ``file:line:column: what``. What a user can do about
it, where that is known, stands in ``mend``.
"""

from __future__ import annotations

from typing import Protocol


class Place(Protocol):
    """Anything that prints as ``file:line:column``; in practice :class:`auditfalco.model.location.Location`."""

    @property
    def line(self) -> int:
        """Line, from 1."""

    @property
    def column(self) -> int:
        """Column in characters, from 1."""


class AuditfalcoError(Exception):
    """Something that the user gave, or the machine has, does not do.

    Attributes:
        message: what is wrong, one line, without the place.
        location: where, or None.
        mend: what to do about it, one line, or ``""``.
    """

    def __init__(self, message: str, location: Place | None = None, mend: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.location = location
        self.mend = mend

    def __str__(self) -> str:
        """Return ``place: message; mend`` without the parts that are not known."""
        text = f"{self.location}: {self.message}" if self.location is not None else self.message
        return f"{text}; {self.mend}" if self.mend else text


class ConditionError(AuditfalcoError):
    """Raised when a condition is refused."""


class ConditionSyntaxError(ConditionError):
    """Raised when a text is not a condition.

    Attributes:
        offset: index into the text that was parsed, from 0, in characters.
        line: line in the text that was parsed, from 1.
        column: column in the text that was parsed, from 1.
    """

    def __init__(self, message: str, location: Place | None, offset: int, line: int, column: int) -> None:
        super().__init__(message, location)
        self.offset = offset
        self.line = line
        self.column = column


class ConditionTypeError(ConditionError):
    """Raised when an operator, a constant or a transformer does not fit the type of what it is applied to."""


class UnknownFieldError(ConditionTypeError):
    """Raised when a condition names a field that does not exist."""


class UnknownEventTypeError(ConditionTypeError):
    """Raised when ``evt.type`` is compared with something that is no event type."""


class TemplateError(AuditfalcoError):
    """Raised when an output line cannot be compiled.

    Attributes:
        offset: index into the template where the trouble starts, from 0, in characters.
    """

    def __init__(self, message: str, offset: int, location: Place | None = None, mend: str = "") -> None:
        super().__init__(message, location, mend)
        self.offset = offset


class UnknownTokenError(TemplateError):
    """Raised when a ``%`` in an output line is not followed by a field or transformer that exists."""
