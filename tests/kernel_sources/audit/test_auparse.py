"""Our reading of records against auparse's, the reading of the audit user space, field by field.

Every difference must have one of the reasons below; a reason that no record gives any more is an error too.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Callable, NamedTuple

import pytest

from kernel_sources.audit import fieldtext, values
from kernel_sources.audit.logline import parse_line
from kernel_sources.audit.record import Record
from kernel_sources.audit.subject import Subject
from kernel_sources.errors import Malformed
from kernel_sources.tables import record_types

auparse = pytest.importorskip("auparse", reason="the audit binding (python3-audit) is not installed")

RECORDS = Path(__file__).resolve().parents[2] / "records"
CASES = Path(__file__).resolve().parents[3].parent / "shared" / "cases" / "audit"
UNDECODABLE = "\ufffd"


class Field(NamedTuple):
    """A field as auparse gives it: raw value, and the value made readable (UNDECODABLE when the binding raised)."""

    raw: str
    text: str


class Difference(NamedTuple):
    """A field on which the two readings differ; ``ours`` is None when only auparse has it, ``theirs`` the reverse."""

    line: str
    record: Record
    name: str
    ours: str | None
    theirs: Field | None


def _is_glued(one: Difference) -> bool:
    return bool(one.record.enriched) and b"\x1d" not in one.line.encode("utf-8", "surrogateescape")


REASONS: dict[str, Callable[[Difference], object]] = {
    "auparse makes up fields for the words of an access vector": (
        lambda one: one.ours is None and one.name in ("seresult", "seperms")
    ),
    "auparse takes no notice of a lost 0x1D": _is_glued,
    "auparse decodes hexadecimal up to a stray quote": (
        lambda one: one.theirs and one.name == "key" and one.ours and one.ours[0] != '"' and one.ours[-1] == '"'
    ),
    "auparse cuts a label before the mode that follows it": (
        lambda one: one.theirs and one.ours and one.ours.startswith(one.theirs.raw + " (")
    ),
    "auparse cuts a quoted literal at its first blank": (
        lambda one: one.theirs and one.ours and one.ours.startswith(one.theirs.raw + " ") and one.ours[0] in "'\""
    ),
    "auparse strips a bracket or quote from the end of a value": (
        lambda one: one.theirs and one.ours and one.ours[:-1] == one.theirs.raw and one.ours[-1] in ")'"
    ),
    "auparse leaves out a field without a value": lambda one: one.theirs is None and one.ours == "",
    "auparse cannot read a quoted value that was cut off": (
        lambda one: one.theirs and one.ours == one.theirs.raw and one.ours.count('"') == 1 and one.theirs.text == " "
    ),
    "the binding raises on text that is not UTF-8": (
        lambda one: one.theirs and one.ours == one.theirs.raw and one.theirs.text == UNDECODABLE
    ),
    "auparse makes a character of half a byte": (
        lambda one: one.theirs and one.ours == one.theirs.raw and len(one.ours) % 2 == 1 and values.unhex(one.ours)
    ),
    "auparse decodes anything unquoted, hexadecimal or not": (
        lambda one: one.theirs and one.ours == one.theirs.raw and values.unhex(one.ours) is None and one.ours[0] != '"'
    ),
    "auparse shows terminal input with quotes and key names": (
        lambda one: one.theirs and one.name == "data" and one.ours == one.theirs.raw
    ),
    "a message's forged type= or msg= is a field to us": (
        lambda one: one.theirs is None and one.record.message and one.name in ("type", "msg")
    ),
    "auparse takes a process's 0x1D for auditd's": lambda one: "\x1d" in (one.record.message or ""),
}

ONLY_OURS = {
    "an EOE is no event": re.compile(r"(node=\S+ )?type=EOE "),
    "a prefix other than node=": re.compile(r"(?!node=|type=)"),
    "a line that is not UTF-8 cannot be handed to the binding": re.compile(r"(?s).*[\udc80-\udcff]"),
    "microseconds": re.compile(r"type=\S+ msg=audit\(\d+\.\d{4,}:"),
}

ONLY_THEIRS = {
    "no serial, one of more than 32 bits, or no time": re.compile(r"type=BPF msg=audit\((\d+\.\d+\)|[^)]*:\d{10}|-)"),
    "interpreted records": re.compile(r"type=\S+ msg=audit\(\d+/"),
    "a word that only ends in type=": re.compile(r"subtype="),
}


def test_every_record_is_read_alike_or_differently_for_a_known_reason() -> None:
    compared, differences, one_sided = 0, [], []
    for line in _lines():
        ours, theirs = _ours(line), _theirs(line)
        if ours is not None and theirs is not None:
            compared += 1
            differences += _differences(line, ours, theirs)
        elif ours is not None or theirs is not None:
            one_sided.append((line, ONLY_OURS if theirs is None else ONLY_THEIRS))
    assert compared > 250
    reasons = {difference: _reason(difference) for difference in differences}
    assert [difference for difference, reason in reasons.items() if reason is None] == []
    assert set(reasons.values()) == set(REASONS)
    sides = [next((reason for reason, shape in known.items() if shape.match(line)), line) for line, known in one_sided]
    assert set(sides) == {*ONLY_OURS, *ONLY_THEIRS}


def _lines() -> list[str]:
    logs = [*sorted(RECORDS.glob("*.log")), *sorted(CASES.glob("*.log"))]
    return [values.decode(line) for log in logs for line in log.read_bytes().split(b"\n") if line]


def _ours(line: str) -> Record | None:
    try:
        return parse_line(line.encode("utf-8", "surrogateescape"))
    except Malformed:
        return None


def _theirs(line: str) -> dict[str, list[Field]] | None:
    """Return the fields that auparse finds in a line, or None when it finds no record."""
    try:
        parser = auparse.AuParser(auparse.AUSOURCE_BUFFER, line + "\n")
        if not parser.parse_next_event():
            return None
        parser.first_record()
    except (OSError, UnicodeEncodeError):
        return None
    fields: dict[str, list[Field]] = {}
    while True:
        fields.setdefault(parser.get_field_name(), []).append(Field(parser.get_field_str(), _readable(parser)))
        if not parser.next_field():
            break
    for pseudo in ("type", "node"):
        fields.pop(pseudo, None)
    return fields


def _readable(parser: Any) -> str:
    try:
        return str(parser.interpret_field())
    except UnicodeDecodeError:
        return UNDECODABLE


def _differences(line: str, record: Record, theirs: dict[str, list[Field]]) -> list[Difference]:
    ours = dict(record.fields)
    if record.message is not None:
        # auparse does not tell a process's words from the kernel's; of a name given twice we take the process's last.
        ours = {**fieldtext.message_fields(record.message), **ours}
    found = []
    if "key" in ours and [field.text for field in theirs.get("key", ())] == Subject(record).keys:
        # auparse gives each of several keys as a field of its own.
        del ours["key"], theirs["key"]
    for name in {*ours, *theirs} - set(record.enriched):
        value, fields = ours.get(name), theirs.get(name)
        other = None if fields is None else fields[0 if name in record.fields else -1]
        if value is None or other is None or value != other.raw or not _same_text(record, name, value, other.text):
            found.append(Difference(line, record, name, value, other))
    return found


def _same_text(record: Record, name: str, value: str, theirs: str) -> bool:
    is_argument = record.type == record_types.EXECVE and re.fullmatch(r"a\d+(\[\d+\])?", name)
    if not (is_argument or name in values.ENCODED_FIELDS):
        return True
    text = values.string(value)
    if text is None:
        return theirs == values.NULL
    if name == "proctitle":
        text = text.replace("\0", " ")
    # auparse shows control characters as octal numbers, and knows fewer encoded fields.
    return theirs in (re.sub(r"[\x00-\x1f\x7f]", lambda match: f"\\{ord(match[0]):03o}", text), f'"{text}"')


def _reason(difference: Difference) -> str | None:
    return next((reason for reason, applies in REASONS.items() if applies(difference)), None)
