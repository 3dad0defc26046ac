"""Messages that processes sent to the audit system: logins, PAM, sudo, service managers.

The kernel vouches for who sent one, not for a word of what it says: any process with CAP_AUDIT_WRITE can send anything,
and containers often have it. The two are kept apart.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernel_sources.audit import fieldtext, values
from kernel_sources.audit.rawevent import RawEvent
from kernel_sources.audit.record import Record
from kernel_sources.audit.subject import Subject
from kernel_sources.tables import record_types

_OUTCOMES = {"yes": True, "success": True, "1": True, "no": False, "failed": False, "0": False}


@dataclass(frozen=True)
class UserMessage:
    """One message of a process.

    Attributes:
        type: the number of the record type, which the sender chose.
        sender: who sent it, as the kernel saw it.
        text: what was sent.
        fields: the pairs in it, decoded; None where the sender wrote ``?``.
    """

    type: int
    sender: Subject
    text: str
    fields: dict[str, str | None]

    @property
    def success(self) -> bool | None:
        """What the sender claims of the outcome (``res=``), None when nothing."""
        return _OUTCOMES.get(self.fields.get("res") or "")


def user_messages(raw: RawEvent) -> list[UserMessage]:
    """Return the messages of processes in an event; there is at most one in what the kernel sends."""
    return [message for message in map(_message, raw.records) if message is not None]


def _message(record: Record) -> UserMessage | None:
    text = record.message
    if text is None:
        return None
    pairs = fieldtext.message_fields(text)
    fields = {name: values.field_string(name, value) for name, value in pairs.items()}
    return UserMessage(record.type, Subject(record), text, fields)


def result(raw: RawEvent) -> bool | None:
    """Return whether what the event is about succeeded, or None when no record says.

    The system call's own outcome counts before the ``res=`` of other records, and what the kernel says before what a
    process claims.
    """
    for type in (record_types.SYSCALL, record_types.URINGOP):
        record = raw.last(type)
        outcome = None if record is None else _OUTCOMES.get(record.fields.get("success", ""))
        if outcome is not None:
            return outcome
    for record in raw.records:
        outcome = _OUTCOMES.get(record.fields.get("res", ""))
        if outcome is not None:
            return outcome
    for message in user_messages(raw):
        if message.success is not None:
            return message.success
    return None
