"""Values of audit fields: text, numbers, identifiers, devices.

The kernel writes a string either between double quotes, as it is, or as upper-case hexadecimal without quotes when it
holds a double quote, a blank, a control character or a byte above 0x7e (``audit_log_n_untrustedstring()`` in
kernel/audit.c). There is no escaping. ``comm=1234`` is thus the text ``\\x124``, and ``pid=1234`` a number: what an
unquoted value means is decided by the name of its field, never by its looks.

Nothing here raises: a value that breaks its form is None, as an absent one.
"""

from __future__ import annotations

NULL = "(null)"
"""What the kernel writes, unquoted, for a string that is not there."""

UNSET = 0xFFFFFFFF
"""An id that was never set (loginuid, session), as audit prints it; some records print it as -1."""

# fmt: off
ENCODED_FIELDS = frozenset((
    "_path_", "acct", "cgroup", "cmd", "comm", "cwd", "data", "device", "dir", "exe", "file", "grp", "info",
    "invalid_context", "key", "label", "name", "new-chardev", "new-disk", "new-fs", "new-net", "new-rng",
    "new_group", "ocomm", "old-chardev", "old-disk", "old-fs", "old-net", "old-rng", "operation", "path", "peer",
    "ppcomm", "proctitle", "profile", "root_dir", "srcname", "sw", "target", "vm", "watch",
))
# fmt: on
"""Fields whose unquoted value is hexadecimal; besides them, the arguments of EXECVE records.

Source: the callers of ``audit_log_untrustedstring()`` in Linux 6.18 and libaudit's encoded fields (auparse/typetab.h).
"""


def decode(raw: bytes) -> str:
    """Return bytes from the kernel as text that keeps every byte: what is not UTF-8 becomes lone surrogates."""
    return raw.decode("utf-8", "surrogateescape")


def unhex(value: str) -> bytes | None:
    """Return the bytes that an upper-case hexadecimal value stands for, or None when it is not one.

    A record cut short may end in half a byte, which is dropped. A single digit is never hexadecimal.
    """
    if len(value) < 2 or not value.isalnum() or value != value.upper():
        return None
    try:
        return bytes.fromhex(value if len(value) % 2 == 0 else value[:-1])
    except ValueError:
        return None


def raw_string(value: str) -> bytes | None:
    """Return the bytes of an encoded string value: quoted, hexadecimal, or (null) for None.

    An unquoted value that is not hexadecimal comes from old or careless senders and is taken as it is.
    """
    if value[:1] == '"':
        return literal(value).encode("utf-8", "surrogateescape")
    if value == NULL or not value:
        return None
    raw = unhex(value)
    return value.encode("utf-8", "surrogateescape") if raw is None else raw


def string(value: str | None) -> str | None:
    """Return the text of an encoded string value, as :func:`raw_string` reads it; None for None."""
    if value is None:
        return None
    if value[:1] == '"':
        return literal(value)
    raw = raw_string(value)
    return None if raw is None else decode(raw)


def literal(value: str) -> str:
    """Return a value without the double quotes around it.

    The closing one may have been cut off. What follows it does not belong to the string, which never holds a quote.
    """
    return value[1:].partition('"')[0] if value[:1] == '"' else value


def field_string(name: str, value: str) -> str | None:
    """Return the text of a field of that name: decoded if such fields are encoded; (null) and a lone ? are None."""
    if name in ENCODED_FIELDS:
        return None if value == "?" else string(value)
    return None if value in (NULL, "?") else literal(value)


def decimal(value: str | None) -> int | None:
    """Return a decimal number, perhaps negative, of at most 20 digits."""
    if value is None or len(value) > 20:
        return None
    digits = value[1:] if value[:1] == "-" else value
    return int(value) if digits.isdigit() and digits.isascii() else None


def identifier(value: str | None) -> int | None:
    """Return a user, group or session id; None when it is unset, be it written 4294967295 or -1."""
    number = decimal(value)
    return None if number is None or number == UNSET or number < 0 else number


def hexadecimal(value: str | None) -> int | None:
    """Return a hexadecimal number of at most 16 digits, with or without 0x."""
    if value is None or len(value) > 18 or not value.isalnum() or not value.isascii():
        return None
    try:
        return int(value, 16)
    except ValueError:
        return None


def octal(value: str | None) -> int | None:
    """Return an octal number, such as a file mode."""
    if value is None or len(value) > 22 or not value.isdigit() or not value.isascii():
        return None
    try:
        return int(value, 8)
    except ValueError:
        return None


def device(value: str | None) -> tuple[int, int] | None:
    """Return (major, minor) of a device number written as two hexadecimal numbers, ``fd:01``."""
    if value is None:
        return None
    major, _, minor = value.partition(":")
    numbers = hexadecimal(major), hexadecimal(minor)
    return None if numbers[0] is None or numbers[1] is None else (numbers[0], numbers[1])
