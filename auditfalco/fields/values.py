"""The values that fields have, and the functions that extract them from live events."""

from __future__ import annotations

from typing import Callable, Union

from auditfalco.fields.world import World
from auditfalco.model.event import Event

Value = Union[str, int, float, bool, bytes, tuple[Union[str, int, bytes, None], ...], None]
"""A field's value; None is "absent". Lists and pairs are tuples."""

Extractor = Callable[[Event, World], Value]
"""Gives one field's value for an event."""
