"""The catalogues as documents: fields and event types, as text, Markdown or JSON.

Everything here is made from the catalogues themselves.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from auditfalco.fields import catalogue_own
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.fields.field import Field
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME, EventType
from auditfalco.text import json_text

FORMATS = ("text", "markdown", "json")

_COLUMN = 30
_LINE = 110
_SOURCE = "syscall"


@dataclass(frozen=True)
class FieldClass:
    """Fields that belong together.

    Attributes:
        name: what help calls them.
        description: what they are about.
        fields: those that are listed, in the catalogue's order.
    """

    name: str
    description: str
    fields: tuple[Field, ...]


_CLASSES = (
    ("evt", "the event: its time, type, arguments and result", ("evt", "syscall")),
    ("process", "the process that made the call, its parent and its ancestors", ("proc", "thread")),
    ("user", "the user that the process runs as, and the one that logged in", ("user",)),
    ("group", "the group that the process runs as", ("group",)),
    ("container", "the container that the process is in", ("container",)),
    ("k8s", "the pod that the container belongs to", ("k8s",)),
    ("fd", "the file or connection that the call is about", ("fd",)),
    ("fs.path", "the paths that the call acts on, absolute", ("fs",)),
    ("fdlist", "the descriptors that the call waits for", ("fdlist",)),
)
"""Name, description and families of every class."""


OWN = FieldClass("own", "fields that Falco does not have, and its listings do not show", catalogue_own.FIELDS)


def field_classes() -> list[FieldClass]:
    """Every listed field of the catalogue in its class; fields of a family of their own come last, under its name."""
    shown = [field for field in CATALOGUE if field.listed and not field.deprecated]
    known = {family for _, _, families in _CLASSES for family in families}
    others = dict.fromkeys(field.family for field in shown if field.family not in known)
    classes = [*_CLASSES, *((family, "", (family,)) for family in others)]
    return [
        FieldClass(name, description, tuple(field for field in shown if field.family in families))
        for name, description, families in classes
    ]


def field_names() -> str:
    """Every listed field's name, one a line."""
    return "\n".join(field.name for one in field_classes() for field in one.fields)


def fields_document(form: str) -> str:
    """Every listed field with type and description, in one of FORMATS."""
    if form == "json":
        return json_text({"fieldclasses": [_class_json(one) for one in field_classes()]})
    return "\n".join(_class_markdown(one) if form == "markdown" else _class_text(one) for one in field_classes())


def _class_json(one: FieldClass) -> dict[str, Any]:
    return {
        "name": one.name,
        "desc": one.description,
        "event_sources": [_SOURCE],
        "fields": [
            {
                "name": field.name,
                "type": type_text(field),
                "argument": field.argument.value,
                "argument_required": field.argument_required,
                "desc": field.description,
            }
            for field in one.fields
        ],
    }


def _class_markdown(one: FieldClass) -> str:
    rows = [f"`{written(field)}` | {type_text(field)} | {field.description}" for field in one.fields]
    head = f"## Field Class: {one.name}\n\n{one.description.capitalize()}\n\nEvent Sources: {_SOURCE} \n"
    return "\n".join([head, "Name | Type | Description", ":----|:-----|:-----------", *rows, ""])


def _class_text(one: FieldClass) -> str:
    lines = [
        "-------------------------------",
        f"{'Field Class:':<{_COLUMN}}{one.name}",
        _columns("Description:", one.description),
        f"{'Event Sources:':<{_COLUMN}}{_SOURCE}",
        "",
        *(_columns(written(field), f"(Type: {type_text(field)}) {field.description}") for field in one.fields),
    ]
    return "\n".join(lines) + "\n"


def _columns(left: str, right: str) -> str:
    """Two columns; the right one is wrapped, and begins on a line of its own when the left one is too long."""
    indent = " " * _COLUMN
    body = textwrap.fill(right, _LINE, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
    return f"{left}\n{body}" if len(left) >= _COLUMN else left + body[len(left) :]


def written(field: Field) -> str:
    """A field as conditions write it, with what may follow its name."""
    return field.name + field.argument.value


def type_text(field: Field) -> str:
    """The type of a field's values."""
    return f"LIST({field.type})" if field.is_list else field.type


def event_types() -> Iterable[EventType]:
    """Every event type, system calls first, by name."""
    return sorted(EVENT_TYPES_BY_NAME.values(), key=lambda event_type: (not event_type.is_syscall, event_type.name))


def events_document(form: str) -> str:
    """Every event type with its parameters, in one of FORMATS."""
    if form == "json":
        return json_text({"events": [event_json(event_type) for event_type in event_types()]})
    titles = {True: "System calls", False: "Other events"}
    parts = []
    for is_syscall, title in titles.items():
        chosen = [event_type for event_type in event_types() if event_type.is_syscall is is_syscall]
        if form == "markdown":
            rows = [f"`{one.name}` | {one.category} | {_parameters(one, '**')}" for one in chosen]
            parts.append("\n".join([f"## {title}\n", "Name | Category | Params", ":----|:-----|:-----", *rows, ""]))
        else:
            parts.append("\n".join([title, "", *(f"{one.name}({_parameters(one, '')})" for one in chosen), ""]))
    return "\n".join(parts)


def event_json(event_type: EventType) -> dict[str, Any]:
    """An event type as a JSON object."""
    return {
        "name": event_type.name,
        "category": event_type.category,
        "syscall": event_type.is_syscall,
        "params": [{"name": parameter.name, "type": parameter.type} for parameter in event_type.parameters],
    }


def _parameters(event_type: EventType, mark: str) -> str:
    return ", ".join(f"{parameter.type} {mark}{parameter.name}{mark}" for parameter in event_type.parameters)
