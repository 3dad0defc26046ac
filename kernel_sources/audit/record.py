"""One audit record: a netlink message of the kernel, or one line of a log.

``audit(SECONDS.MILLISECONDS:SERIAL): name=value name=value …``. The type is a number beside it (netlink) or a name in
front of it (logs, see :mod:`kernel_sources.audit.logline`). Fields are taken apart when first asked for.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from kernel_sources.audit import fieldtext, values
from kernel_sources.errors import Malformed
from kernel_sources.tables import record_types

MAX_STAMP = 48
"""Longest ``SECONDS.MILLISECONDS:SERIAL`` that is looked at."""

MAX_SERIAL = 0xFFFFFFFF


class EventKey(NamedTuple):
    """What the records of one event share.

    The serial alone is not enough: it wraps, restarts at boot, and every node has its own.
    """

    node: str
    """Name of the host that the record came from, as the log gives it; empty when it gives none."""
    sec: int
    """Seconds since the epoch at which the system call was entered (coarse clock)."""
    milli: int
    """Milliseconds, 0 to 999."""
    serial: int
    """The kernel's event counter, 32 bits."""


@lru_cache(maxsize=1024)
def event_key(stamp: bytes, node: str) -> EventKey:
    """Return the key of a stamp such as ``b"1492037289.295:58"``; the records of one event share the very object.

    Raises:
        Malformed: when seconds or serial are missing or out of range. Milliseconds may be missing, or have fewer digits
            than three and then count milliseconds all the same.
    """
    time, _, serial = stamp.partition(b":")
    sec, _, milli = time.partition(b".")
    if not sec.isdigit() or len(sec) > 12:
        raise Malformed("no time in the record's stamp")
    if not serial.isdigit() or len(serial) > 10 or int(serial) > MAX_SERIAL:
        raise Malformed("no serial number in the record's stamp")
    if milli and not milli.isdigit():
        raise Malformed("no milliseconds in the record's stamp")
    return EventKey(node, int(sec), int(milli[:3] or b"0"), int(serial))


class Record:
    """One audit record. Two records are never compared: the kernel may well send the same text twice.

    Attributes:
        type: the number of the record type (``AUDIT_*``); ``record_types.UNKNOWN`` (0) when a log gives a name that has
            no known number.
        key: what it shares with the other records of its event.
        body: the text after ``audit(…): ``, blanks around it removed.
        tail: what auditd appended after a 0x1D (names resolved on the logging host), empty when nothing; None when the
            record came from the kernel and can have none.
    """

    __slots__ = ("_fields", "body", "key", "tail", "type")

    def __init__(self, type: int, key: EventKey, body: bytes, tail: bytes | None = None) -> None:
        self.type = type
        self.key = key
        self.body = body
        self.tail = tail
        self._fields: dict[str, str] | None = None

    @classmethod
    def from_netlink(cls, type: int, payload: bytes) -> Record:
        """Read a record as the kernel's netlink message carries it.

        Args:
            type: ``nlmsg_type`` of the message.
            payload: the message after its header; without terminator, but one is tolerated.

        Raises:
            Malformed: when the payload does not begin with ``audit(TIME:SERIAL):``.
        """
        end = payload.find(b"):", 6, 6 + MAX_STAMP)
        if end < 0 or payload[:6] != b"audit(":
            raise Malformed("no audit(TIME:SERIAL): at the start of the record", offset=0)
        return cls(type, event_key(payload[6:end], ""), payload[end + 2 :].strip(b" \n\0"))

    @property
    def node(self) -> str:
        """Name of the host, empty when the record gives none."""
        return self.key.node

    @property
    def sec(self) -> int:
        """Seconds since the epoch."""
        return self.key.sec

    @property
    def milli(self) -> int:
        """Milliseconds after :attr:`sec`."""
        return self.key.milli

    @property
    def serial(self) -> int:
        """The kernel's event counter, 32 bits."""
        return self.key.serial

    @property
    def type_name(self) -> str:
        """Name of the record type, ``UNKNOWN[n]`` when it has none."""
        return record_types.record_type_name(self.type)

    @property
    def fields(self) -> dict[str, str]:
        """Name -> raw value (quotes and hexadecimal kept) of everything that the kernel vouches for.

        Of a user-space message that is the sender's identity; the sender's own text is :attr:`message`. The
        dictionary is not to be changed.
        """
        fields = self._fields
        if fields is None:
            # A plain body cannot hold what auditd appended; but it could be a user-space message.
            plain = record_types.LAST_USER_MESSAGE < self.type < record_types.FIRST_USER_MESSAGE_2
            fields = fieldtext.plain_fields(self.body) if plain else None
            if fields is None:
                fields = fieldtext.split_fields(self._kernel_and_added()[0])
            self._fields = fields
        return fields

    @property
    def message(self) -> str | None:
        """The text that a process sent, for user-space messages; it proves nothing. None for other records."""
        if not record_types.may_carry_message(self.type):
            return None
        return fieldtext.split_message(values.decode(self.body))[1]

    @property
    def enriched(self) -> dict[str, str]:
        """What auditd added (``AUID="root"``) as the logging host knew it when the line was written."""
        return fieldtext.scan_fields(self._kernel_and_added()[1])

    def text(self, name: str) -> str | None:
        """Return a field as text, decoded as its name demands; None when absent, (null) or ?."""
        value = self.fields.get(name)
        if value is None:
            return None
        if self.type == record_types.EXECVE and name != "argc":
            return values.string(value)
        return values.field_string(name, value)

    def number(self, name: str) -> int | None:
        """Return a field as decimal number, perhaps negative; None when absent or malformed."""
        return values.decimal(self.fields.get(name))

    def identifier(self, name: str) -> int | None:
        """Return a field as user, group or session id; None when absent, malformed or unset (4294967295, -1)."""
        return values.identifier(self.fields.get(name))

    def hexadecimal(self, name: str) -> int | None:
        """Return a field as hexadecimal number, with or without 0x; None when absent or malformed."""
        return values.hexadecimal(self.fields.get(name))

    def octal(self, name: str) -> int | None:
        """Return a field as octal number; None when absent or malformed."""
        return values.octal(self.fields.get(name))

    def __repr__(self) -> str:
        """Show type, stamp and the start of the body."""
        key = self.key
        return f"<Record {self.type_name} {key.sec}.{key.milli:03}:{key.serial} {self.body[:60]!r}>"

    def _kernel_and_added(self) -> tuple[str, str]:
        """Return the text that the kernel vouches for, and what auditd appended to it."""
        text, tail = values.decode(self.body), self.tail
        if record_types.may_carry_message(self.type):
            kernel, _, glued = fieldtext.split_message(text)
        elif tail == b"":
            kernel, glued = fieldtext.split_glued(text)
        else:
            kernel, glued = text, ""
        if tail is None:
            return kernel, ""
        return kernel, values.decode(tail) if tail else glued
