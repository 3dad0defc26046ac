"""What a rule looked at when it fired: the values of its condition's fields, so that it can be explained afterwards."""

from __future__ import annotations

from typing import Any

from auditfalco.engine.times import binding_texts
from auditfalco.engine.values import json_value
from auditfalco.language.operands import Bind, Getter
from auditfalco.language.tree import Node, checks, fields
from auditfalco.language.types import Resolver, Value, ValueType
from auditfalco.model.names import Names


class Evidence:
    """Reads the fields of one condition.

    Args:
        condition: the rule's, macros put in.
        bind: gives the function that reads a field from an event.
        resolve: knows the fields.
    """

    def __init__(self, condition: Node, bind: Bind, resolve: Resolver) -> None:
        uses = [use for check in checks(condition) for side in (check.left, check.right) for use in fields(side)]
        texts = binding_texts(bind)
        self._getters: dict[str, tuple[Getter, ValueType]] = {}
        for use in uses:
            if str(use) not in self._getters:
                field = resolve(use.name, use.argument)
                self._getters[str(use)] = (texts(field), field.type)

    def values(self, event: Any) -> dict[str, Any]:
        """The fields as conditions write them, with their values in JSON's types; absent ones are left out.

        A name of several is `{"name": …, "also": […], "trusted": […]}` (model.names); `FieldEvent` reads it back.
        """
        found = {}
        for name, (get, value_type) in self._getters.items():
            value = get(event)
            if value is not None:
                found[name] = _json(value, value_type)
        return found


def _json(value: Value, value_type: ValueType) -> Any:
    if isinstance(value, tuple):
        return [None if item is None else _json(item, value_type) for item in value]
    if type(value) is Names:
        return {"name": str(value), "also": list(value.also), "trusted": list(value.trusted)}
    return json_value(value, value_type)
