"""Output lines, filled with the values of an event."""

from __future__ import annotations

from typing import Any

from auditfalco.engine.times import binding_texts, time_text
from auditfalco.engine.values import json_value, text_value
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.language.operands import Bind, Getter
from auditfalco.language.template import Value, parse_template
from auditfalco.language.types import Resolver
from auditfalco.ruleset.container_info import CONTAINER_INFO, CONTAINER_MEANING, POD_MEANING, expand_container_info


class Template:
    """An output line bound to events of one kind.

    Attributes:
        text: the line as it was written, without a ``*`` at its start.
        keys: the keys of :meth:`fields`, in order, each once; without those of a pod that are there when there is one.
        lenient: whether it began with ``*``.
    """

    def __init__(self, text: str, bind: Bind, resolve: Resolver = CATALOGUE.resolve_output) -> None:
        """Compile a line.

        Args:
            bind: gives the function that reads a field from an event.
            resolve: knows the fields that output lines may use.

        Raises:
            TemplateError: the line cannot be used.
        """
        parsed = parse_template(expand_container_info(text), resolve)
        self.text = text[1:] if parsed.lenient else text
        self.lenient = parsed.lenient
        self._pieces: list[str | _Slot | _PodText] = []
        for index, part in enumerate(self.text.split(CONTAINER_INFO)):
            if index:
                self._pieces += [*_pieces(CONTAINER_MEANING, bind, resolve), _PodText(bind, resolve)]
            self._pieces += _pieces(part, bind, resolve)
        self._slots: dict[str, _Slot] = {}
        for piece in self._pieces:
            if isinstance(piece, _Slot):
                self._slots.setdefault(piece.key, piece)
        for value in parsed.inner:
            self._slots.setdefault(value.key, _Slot(value, bind))
        self._pod = next((piece for piece in self._pieces if isinstance(piece, _PodText)), None)
        self.keys = tuple(self._slots)

    def render(self, event: Any) -> str:
        """Return the line for an event; absent values print as ``<NA>``."""
        return "".join([piece if isinstance(piece, str) else piece.padded(event) for piece in self._pieces])

    def render_complete(self, event: Any) -> str | None:
        """Return the line for an event, None if one of its values is absent."""
        if any(isinstance(piece, _Slot) and piece.read(event) is None for piece in self._pieces):
            return None
        return self.render(event)

    def texts(self, event: Any) -> dict[str, str]:
        """Return the values in the line and the fields inside its transformers as printed; absent ones are left out."""
        return {key: slot.text(event) for key, slot in self._slots_for(event).items() if slot.read(event) is not None}

    def fields(self, event: Any) -> dict[str, Any]:
        """Return the values in the line and the fields inside its transformers as JSON; None for absent ones."""
        return {key: slot.json(event) for key, slot in self._slots_for(event).items()}

    def _slots_for(self, event: Any) -> dict[str, _Slot]:
        if self._pod is None or not self._pod.is_there(event):
            return self._slots
        return {**{slot.key: slot for slot in self._pod.slots}, **self._slots}


def _pieces(text: str, bind: Bind, resolve: Resolver) -> list[str | _Slot]:
    parsed = parse_template("*" + text, resolve)
    return [piece if isinstance(piece, str) else _Slot(piece, bind) for piece in parsed.pieces]


class _PodText:
    """The part of ``%container.info`` that is printed where there is a pod."""

    __slots__ = ("_pieces", "slots")

    def __init__(self, bind: Bind, resolve: Resolver) -> None:
        self._pieces = _pieces(POD_MEANING, bind, resolve)
        self.slots = [piece for piece in self._pieces if isinstance(piece, _Slot)]

    def is_there(self, event: Any) -> bool:
        return any(slot.read(event) is not None for slot in self.slots)

    def padded(self, event: Any) -> str:
        if not self.is_there(event):
            return ""
        return "".join([piece if isinstance(piece, str) else piece.padded(event) for piece in self._pieces])


class _Slot:
    """A place in a line where a value goes."""

    __slots__ = ("_field", "_shape", "_type", "_width", "key", "read")

    def __init__(self, value: Value, bind: Bind) -> None:
        operand = value.operand
        self.key = value.key
        self._width = value.width
        self._type = operand.type
        self._shape = operand.shape
        self._field = operand.field.name if operand.field is not None else ""
        # A field alone keeps a time's number for JSON; inside a transformer a time is text.
        self.read: Getter = operand.getter(bind if operand.field is not None else binding_texts(bind))

    def padded(self, event: Any) -> str:
        text = self.text(event)
        return f"{text[: self._width]:<{self._width}}" if self._width else text

    def text(self, event: Any) -> str:
        return text_value(time_text(self._field, self.read(event)), self._type, self._shape)

    def json(self, event: Any) -> Any:
        return json_value(self.read(event), self._type, self._shape)
