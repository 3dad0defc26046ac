"""Arguments of a program: EXECVE records, which have all of them, and PROCTITLE, which has the start of something.

The kernel writes ``argc=3 a0="ls" a1=2D20 a2_len=9000 a2[0]=… a2[1]=…``. It begins a further EXECVE record, without
argc, every 7,500 bytes; an argument longer than that is written in numbered parts, each part quoted or hexadecimal as
it needs (``audit_log_execve_info()`` in kernel/auditsc.c). The lengths are the process's word and are not used.
"""

from __future__ import annotations

from kernel_sources.audit import values
from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.audit.record import Record
from kernel_sources.tables import record_types

PROCTITLE_BYTES = 128
"""Longest title that the kernel records (``MAX_PROCTITLE_AUDIT_LEN``)."""

_MAX_DIGITS = 9
_USUAL_NAMES = ["argc", *(f"a{index}" for index in range(64))]


def argc(raw: RawEvent) -> int | None:
    """Return the number of arguments that the kernel counted, or None when the event has no EXECVE record."""
    for record in raw.every(record_types.EXECVE):
        count = record.number("argc")
        if count is not None:
            return count
    return None


def argv(raw: RawEvent) -> list[str] | None:
    """Return the arguments of the program that was started, argv[0] first; None when the event has no EXECVE record.

    Records and parts may come in any order. What was lost is left out, so that there may be fewer than :func:`argc`
    says.
    """
    records = raw.every(record_types.EXECVE)
    if not records:
        return None
    if len(records) == 1:
        fields = records[0].fields
        if list(fields) == _USUAL_NAMES[: len(fields)]:
            return [values.string(value) or "" for name, value in fields.items() if name != "argc"]
    return _assemble(records)


def _assemble(records: list[Record]) -> list[str]:
    whole: dict[int, str] = {}
    parts: dict[int, dict[int, bytes]] = {}
    for record in records:
        for name, value in record.fields.items():
            index, part = _position(name)
            if index < 0:
                continue
            if part < 0:
                whole[index] = values.string(value) or ""
            else:
                parts.setdefault(index, {})[part] = values.raw_string(value) or b""
    for index, pieces in parts.items():
        # Parts are cut between any two bytes, within a character too.
        whole[index] = values.decode(b"".join(pieces[part] for part in sorted(pieces)))
    return [whole[index] for index in sorted(whole)]


def _position(name: str) -> tuple[int, int]:
    """Return (argument, part) for ``a3[1]``, (argument, -1) for ``a3``, (-1, -1) for any other name."""
    number, bracket, part = name[1:].partition("[")
    if name[:1] != "a" or not _is_index(number):
        return -1, -1
    if not bracket:
        return int(number), -1
    return (int(number), int(part[:-1])) if part[-1:] == "]" and _is_index(part[:-1]) else (-1, -1)


def _is_index(digits: str) -> bool:
    return len(digits) <= _MAX_DIGITS and digits.isascii() and digits.isdigit()


def proctitle(raw: RawEvent) -> list[str] | None:
    """Return the title of the process, cut where it holds a NUL byte; None when there is none.

    It is what lay in the process's memory for its arguments when it caused its first record, so it may be that of the
    program before an exec, and anything the process wrote there. At most 128 bytes.
    """
    title = _title(raw)
    return None if title is None else [values.decode(part) for part in title.split(b"\0")]


def proctitle_truncated(raw: RawEvent) -> bool:
    """Tell whether the title has the full length that the kernel records, and so most likely went on."""
    title = _title(raw)
    return title is not None and len(title) >= PROCTITLE_BYTES - 1


def _title(raw: RawEvent) -> bytes | None:
    record = raw.first(record_types.PROCTITLE)
    value = None if record is None else record.fields.get("proctitle")
    # The kernel writes "(null)", here with quotes, for a process without memory of its own.
    return None if value is None or value == f'"{values.NULL}"' else values.raw_string(value)
