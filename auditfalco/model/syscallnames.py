"""Which event type a system call is, and which calls an event type stands for.

The kernel's tables hold several calls for one act: `setuid` and `setuid32`, `pread64`, `sendfile64`,
`utimensat_time64`. Falco has one event type for each act and names it without the width.
"""

from __future__ import annotations

from functools import lru_cache

from auditfalco.model.eventtypes import is_event_type

_WIDTHS = ("_time64", "64", "32")

_SPELLINGS = {
    "_llseek": "llseek",
    "fadvise64_64": "fadvise64",
    "newselect": "_newselect",
    "sysctl": "_sysctl",
    "ugetrlimit": "getrlimit",
}
"""Calls of the 32-bit tables that Falco knows under another name."""


@lru_cache(maxsize=1024)
def event_type_of(call: str) -> str:
    """The event type of a system call; its own name where Falco has none for the act."""
    if not is_event_type(call):
        if call in _SPELLINGS:
            return _SPELLINGS[call]
        for width in _WIDTHS:
            base = call[: -len(width)]
            if call.endswith(width) and is_event_type(base):
                return base
    return call


def calls_of(event_type: str) -> tuple[str, ...]:
    """The names of the calls that may stand in a machine's table for an event type."""
    spelled = (call for call, known in _SPELLINGS.items() if known == event_type)
    names = (event_type, *(event_type + width for width in _WIDTHS), *spelled)
    return tuple(name for name in names if event_type_of(name) == event_type)
