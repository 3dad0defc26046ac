"""One line of an audit log, in the forms that logs are met in.

=============================================== ==========================================================
``type=PATH msg=audit(1.002:3): …``             auditd, ``log_format = RAW``; ``ausearch --raw``
``node=web type=PATH msg=audit(1.002:3): …``    auditd with ``name_format``
``type=PATH msg=audit(1.002:3): …\\x1dOUID=…``   auditd, ``log_format = ENRICHED``; the 0x1D may have been lost
``type=UNKNOWN[1334] msg=audit(1.002:3): …``    auditd older than the kernel
``type=1400 audit(1.002:3): …``                 the kernel's own log, perhaps after ``audit:`` or ``kernel:``
``audispd: type=PATH msg=audit(1.002:3): …``    auditd's dispatcher to syslog
=============================================== ==========================================================
"""

from __future__ import annotations

from kernel_sources.audit import values
from kernel_sources.audit.record import MAX_STAMP, Record, event_key
from kernel_sources.errors import Malformed
from kernel_sources.tables import record_types
from kernel_sources.tables.generated.record_types import NAMES

_SEPARATOR = b"\x1d"
_CLOSED_MESSAGE = b"'\x1d"
_TYPES = {name.encode(): number for number, name in NAMES.items()}
_KERNEL_TYPES = {b"type=" + name: number for name, number in _TYPES.items() if not record_types.is_user_message(number)}
_BLANKS = b" \r\n\0"
_MAX_TYPE_NAME = 64
_MAX_NODE_NAME = 256
_SENDERS = (b"audispd", b"audisp-syslog", b"auditd", b"audit", b"kernel")


def parse_line(line: bytes) -> Record:
    """Read a record from one line of a log; the line's end may still be on it.

    Raises:
        Malformed: when the line is not a record in any of the forms above; ``offset`` says where reading stopped.
    """
    # Most lines by far: a kernel record of a known type, as auditd writes it.
    head, colon, body = line.partition(b"):")
    name, _, stamp = head.partition(b" msg=audit(")
    type_number = _KERNEL_TYPES.get(name)
    if type_number is None or not colon or len(stamp) > MAX_STAMP:
        return _parse_any(line)
    key = event_key(stamp, "")
    if _SEPARATOR in body:
        body, _, tail = body.partition(_SEPARATOR)
        return Record(type_number, key, body.strip(_BLANKS), tail.rstrip())
    return Record(type_number, key, body.strip(_BLANKS), b"")


def _parse_any(line: bytes) -> Record:
    start, node = (5, "") if line.startswith(b"type=") else _after_prefix(line)
    blank = line.find(b" ", start, start + _MAX_TYPE_NAME)
    if blank < 0:
        raise Malformed("no type= in front of the record", offset=start)
    stamp = blank + 5 if line.startswith(b"msg=", blank + 1) else blank + 1
    end = line.find(b")", stamp, stamp + 6 + MAX_STAMP)
    if end < 0 or not line.startswith(b"audit(", stamp):
        raise Malformed("no audit(TIME:SERIAL): after the record's type", offset=stamp)
    if line.startswith(b") :", end):
        raise Malformed("a record interpreted by ausearch -i; give the log itself or ausearch --raw", offset=stamp)
    key = event_key(line[stamp + 6 : end], node)
    type_number = _type_number(line[start:blank])
    # Old daemons left out the colon in their own messages.
    body, tail = _split_tail(line, end + 2 if line.startswith(b":", end + 1) else end + 1, type_number)
    return Record(type_number, key, body.strip(_BLANKS), tail)


def _type_number(name: bytes) -> int:
    number = _TYPES.get(name)
    if number is not None:
        return number
    # A name that only a newer auditd knows still belongs to its event.
    return record_types.record_type_number(name.decode("ascii", "replace")) or record_types.UNKNOWN


def _split_tail(line: bytes, start: int, type_number: int) -> tuple[bytes, bytes]:
    if record_types.may_carry_message(type_number):
        # A process may put a 0x1D into its message; auditd's own follows the closing quote.
        end = line.rfind(_CLOSED_MESSAGE, start)
        if end >= 0:
            return line[start : end + 1], line[end + 2 :].rstrip()
        return line[start:], b""
    end = line.find(_SEPARATOR, start)
    if end < 0:
        return line[start:], b""
    return line[start:end], line[end + 1 :].rstrip()


def _after_prefix(line: bytes) -> tuple[int, str]:
    """Return the offset after ``type=`` and the node of a line that begins with something else.

    What may stand in front is limited, so that a log of other programs cannot smuggle in records.
    """
    type_mark = line.find(b"type=")
    if type_mark < 0 or (type_mark and line[type_mark - 1 : type_mark] != b" "):
        raise Malformed("not an audit record", offset=0)
    prefix, node = line[:type_mark].rstrip(), ""
    last_word = prefix[prefix.rfind(b" ") + 1 :]
    if last_word.startswith(b"node="):
        node = values.decode(last_word[5 : 5 + _MAX_NODE_NAME])
        prefix = prefix[: len(prefix) - len(last_word)].rstrip()
    sender, colon, _ = prefix[prefix.rfind(b" ") + 1 :].partition(b":")
    if prefix and not (colon and sender.partition(b"[")[0] in _SENDERS):
        raise Malformed("not an audit record: unknown text in front of type=", offset=0)
    return type_mark + 5, node
