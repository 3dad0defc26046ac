"""The fields that are times for machines and texts for people.

Their extractors give nanoseconds since the epoch. In JSON they stay so; printed, and compared in a condition, they are
text. Source: libsinsp's sinsp_filtercheck_gen_event.cpp and utils.cpp.
"""

from __future__ import annotations

import time
from typing import Any, Callable

from auditfalco.language.operands import Bind, Getter
from auditfalco.language.types import FieldRef, Value

_SECOND = 1_000_000_000


def _clock(nanoseconds: int) -> str:
    return f"{_clock_seconds(nanoseconds)}.{nanoseconds % _SECOND:09d}"


def _clock_seconds(nanoseconds: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(nanoseconds // _SECOND))


def _date(nanoseconds: int) -> str:
    return f"{_date_seconds(nanoseconds)}.{nanoseconds % _SECOND:09d}"


def _date_seconds(nanoseconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(nanoseconds // _SECOND))


def _iso8601(nanoseconds: int) -> str:
    date = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(nanoseconds // _SECOND))
    return f"{date}.{nanoseconds % _SECOND:09d}+0000"


_TEXTS: dict[str, Callable[[int], str]] = {
    "evt.time": _clock,
    "evt.time.s": _clock_seconds,
    "evt.time.iso8601": _iso8601,
    "evt.datetime": _date,
    "evt.datetime.s": _date_seconds,
    "evt.outputtime": _clock,
}
# Numbers that are printed with leading zeros, to nine digits.
_PADDED = frozenset({"evt.rawtime.ns", "evt.reltime", "evt.reltime.ns"})


def is_time(name: str) -> bool:
    """Tell whether a field is a number of nanoseconds that people read as a text."""
    return name in _TEXTS


def time_text(name: str, value: Value) -> Value:
    """Return a time field's text for its nanoseconds; any other value as it is."""
    text = _TEXTS.get(name)
    if text is not None and isinstance(value, int):
        return text(value)
    if name in _PADDED and isinstance(value, int):
        return f"{value:09d}"
    return value


def binding_texts(bind: Bind) -> Bind:
    """Return a binder whose time fields are text, as conditions and transformers see them."""

    def bound(ref: FieldRef) -> Getter:
        get = bind(ref)
        text = _TEXTS.get(ref.name)
        if text is None:
            return get
        to_text = text

        def read(event: Any) -> Value:
            value = get(event)
            return to_text(value) if isinstance(value, int) else value

        return read

    return bound
