"""The body of a record taken apart: ``name=value`` pairs, what a process said, what auditd added.

Most records are pairs with single blanks between them and no blank inside a value, for the kernel encodes what holds
one; those take one split. The others are scanned:

- words without ``=`` (``avc:  denied  { read } for  pid=1``, ``user pid=1``) are passed over;
- quoted literals with blanks (``reason="memory violation"``), braces (``SADDR={ … }``);
- an AppArmor label with its mode, a value with an unquoted blank: ``subj=snap.foo (enforce)``;
- a name given twice: the first counts, for what a process can influence comes after what identifies it.
"""

from __future__ import annotations

import re

# fmt: off
_ENRICHED_NAMES = (
    "ARCH", "SYSCALL", "SADDR", "AUID", "UID", "GID", "EUID", "EGID", "SUID", "SGID", "FSUID", "FSGID", "OUID",
    "OGID", "OAUID", "OLD-AUID", "IUID", "IGID", "INODE_UID", "INODE_GID", "SAUID", "OBJ_UID", "OBJ_GID", "NEW_GID",
    "ID",
)
# fmt: on
_GLUED_NAME = re.compile(r"(?<=[^ ])(?:" + "|".join(sorted(_ENRICHED_NAMES, key=len, reverse=True)) + ")=")
_CLOSING = {'"': '"', "'": "'", "{": "}"}
_LABELS = ("subj", "obj", "scontext", "tcontext", "label", "peer")
_MESSAGE_MARK = " msg='"
_NEITHER_BLANK_NOR_EQUALS = bytes(byte for byte in range(256) if byte not in b" =")
_PAIRS = b"= " * 64


def plain_fields(body: bytes) -> dict[str, str] | None:
    """Return name -> raw value, quotes and hexadecimal kept, of a body of pairs and single blanks; None for others."""
    # The blanks and equals signs alone, all else deleted, show whether every word is one pair; then one split does.
    shape = body.translate(None, _NEITHER_BLANK_NOR_EQUALS)
    if not len(shape) % 2 or shape != _PAIRS[: len(shape)]:
        return None
    parts = body.decode("utf-8", "surrogateescape").replace(" ", "=").split("=")
    fields = dict(zip(parts[::2], parts[1::2]))
    return fields if 2 * len(fields) == len(parts) else None


def split_fields(text: str) -> dict[str, str]:
    """Return name -> raw value of every pair in the kernel's text of a record."""
    words = text.split(" ")
    try:
        # A value with "=" in it, such as an argument, but still no word without.
        fields = dict([word.split("=", 1) for word in words])
    except ValueError:
        return scan_fields(text)
    # An empty name, or one given twice, is for the scanner.
    return fields if len(fields) == len(words) and "" not in fields else scan_fields(text)


def scan_fields(text: str) -> dict[str, str]:
    """Return name -> raw value of every pair in any text, in one pass; see the rules above."""
    fields: dict[str, str] = {}
    label = ""
    position, end = 0, len(text)
    while position < end:
        stop = _end_of_word(text, position)
        equals = text.find("=", position, stop)
        if equals <= position:
            mode = text[position:stop]
            if label and mode.startswith("(") and mode.endswith(")"):
                fields[label] += " " + mode
                label = ""
        else:
            name = text[position:equals]
            stop = _end_of_value(text, equals + 1, stop)
            # A mode belongs to the label right before it, and only to the first of a name.
            label = name if name.startswith(_LABELS) and name not in fields else ""
            fields.setdefault(name, text[equals + 1 : stop])
        position = stop + 1
    return fields


def _end_of_word(text: str, position: int) -> int:
    stop = text.find(" ", position)
    return len(text) if stop < 0 else stop


def _end_of_value(text: str, position: int, stop: int) -> int:
    closing = _CLOSING.get(text[position : position + 1])
    if closing is None:
        return stop
    end = text.find(closing, position + 1)
    # A quote that is never closed was cut off: the rest of the record is the value.
    return len(text) if end < 0 else _end_of_word(text, end)


def split_message(text: str) -> tuple[str, str | None, str]:
    """Take a user-space message apart: what the kernel said of its sender, what the sender said, what auditd appended.

    The sender's text begins at the first ``msg='`` and ends at the last quote that closes the record (``msg='…'`` in
    ``audit_log_common_recv_msg()``, kernel/audit.c); it may itself hold quotes. None when there is no such text.
    """
    start = text.find(_MESSAGE_MARK)
    if start < 0:
        return text, None, ""
    message = text[start + len(_MESSAGE_MARK) :]
    end = message.rfind("'")
    if end >= 0 and (end == len(message) - 1 or message[end + 1].isupper()):
        return text[:start], message[:end], message[end + 1 :]
    return text[:start], message, ""


def split_glued(text: str) -> tuple[str, str]:
    """Return the text of a log line without auditd's additions, and those, when the 0x1D between them got lost.

    ``key=(null)ARCH=x86_64 SYSCALL=bpf AUID="root"``: copying through a journal or a mail drops the separator. Only the
    names that auditd writes count, glued to a value and outside quotes.
    """
    last_word = text[text.rfind(" ") + 1 :]
    if not (last_word[:1].isupper() or last_word.count("=") > 1 or last_word == "}"):
        return text, ""
    quotes = counted = 0
    for match in _GLUED_NAME.finditer(text):
        start = match.start()
        quotes += text.count('"', counted, start)
        counted = start
        if quotes % 2 == 0:
            return text[:start], text[start:]
    return text, ""


def message_fields(message: str) -> dict[str, str]:
    """Return name -> raw value of the pairs in a user-space message; of a name given twice the last counts.

    libaudit appends exe, hostname, addr, terminal and res to what its caller wrote, so the last is the one that is not
    the caller's own (lib/audit_logging.c); old versions put them in parentheses with commas.
    """
    fields: dict[str, str] = {}
    position, end = 0, len(message)
    while position < end:
        stop = _end_of_word(message, position)
        equals = message.find("=", position, stop)
        name = message[position:equals].lstrip("(") if equals > position else ""
        if name:
            stop = _end_of_value(message, equals + 1, stop)
            value = message[equals + 1 : stop]
            fields[name] = value if value[:1] == '"' else value.rstrip(",)")
        position = stop + 1
    return fields
