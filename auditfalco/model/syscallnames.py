"""Which event type a system call is, and which calls an event type stands for.

The kernel's tables hold several calls for one act: `setuid` and `setuid32`, `pread64`, `sendfile64`,
`utimensat_time64`. Falco has one event type for each act and names it without the width.
"""

from __future__ import annotations

from functools import lru_cache

from auditfalco.model.eventtypes import is_event_type

_WIDTHS = ("_time64", "64", "32")


@lru_cache(maxsize=1024)
def event_type_of(call: str) -> str:
    """The event type of a system call; its own name where Falco has none for the act."""
    if not is_event_type(call):
        for width in _WIDTHS:
            base = call[: -len(width)]
            if call.endswith(width) and is_event_type(base):
                return base
    return call


def calls_of(event_type: str) -> tuple[str, ...]:
    """The names of the calls that may stand in a machine's table for an event type."""
    names = (event_type, *(event_type + width for width in _WIDTHS))
    return tuple(name for name in names if event_type_of(name) == event_type)
