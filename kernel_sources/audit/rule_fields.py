"""Names and numbers of what an audit rule is made of: lists, actions, fields, operators.

Source: ``include/uapi/linux/audit.h`` (Linux 6.18); the names are those of auditctl(8).
"""

from __future__ import annotations

LISTS = {
    "user": 0,
    "task": 1,
    "exit": 4,
    "exclude": 5,
    "filesystem": 6,
    "io_uring": 7,
}
"""Filter lists (``AUDIT_FILTER_*``).  The io_uring list exists from Linux 5.16 on."""

PREPEND = 0x10
"""``AUDIT_FILTER_PREPEND``: put the rule first in its list.

``audit_add_rule()`` (kernel/auditfilter.c) clears it once obeyed, so no listing shows it, and a deletion that carries
it finds no rule.
"""

ACTIONS = {"never": 0, "possible": 1, "always": 2}
"""``possible`` is refused by today's kernels and is here for decoding only."""

OPERATORS = {
    "&": 0x08000000,
    "<": 0x10000000,
    ">": 0x20000000,
    "!=": 0x30000000,
    "=": 0x40000000,
    "&=": 0x48000000,
    "<=": 0x50000000,
    ">=": 0x60000000,
}

FIELDS = {
    "pid": 0,
    "uid": 1,
    "euid": 2,
    "suid": 3,
    "fsuid": 4,
    "gid": 5,
    "egid": 6,
    "sgid": 7,
    "fsgid": 8,
    "auid": 9,
    "pers": 10,
    "arch": 11,
    "msgtype": 12,
    "subj_user": 13,
    "subj_role": 14,
    "subj_type": 15,
    "subj_sen": 16,
    "subj_clr": 17,
    "ppid": 18,
    "obj_user": 19,
    "obj_role": 20,
    "obj_type": 21,
    "obj_lev_low": 22,
    "obj_lev_high": 23,
    "auid_set": 24,
    "sessionid": 25,
    "fstype": 26,
    "devmajor": 100,
    "devminor": 101,
    "inode": 102,
    "exit": 103,
    "success": 104,
    "path": 105,
    "perm": 106,
    "dir": 107,
    "filetype": 108,
    "obj_uid": 109,
    "obj_gid": 110,
    "field_compare": 111,
    "exe": 112,
    "saddr_fam": 113,
    "a0": 200,
    "a1": 201,
    "a2": 202,
    "a3": 203,
    "key": 210,
}

ALIASES = {"loginuid": "auid"}
"""Other names auditctl accepts for a field."""

STRING_FIELDS = frozenset(
    {"subj_user", "subj_role", "subj_type", "subj_sen", "subj_clr", "path", "dir", "exe", "key"}
    | {"obj_user", "obj_role", "obj_type", "obj_lev_low", "obj_lev_high"}
)
"""Fields whose value is text, kept in the buffer behind the rule."""

PERMISSIONS = {"r": 4, "w": 2, "x": 1, "a": 8}
"""Bits of ``perm=``, in the order auditctl prints them."""

FILE_TYPES = {
    "fifo": 0o010000,
    "character": 0o020000,
    "dir": 0o040000,
    "block": 0o060000,
    "file": 0o100000,
    "link": 0o120000,
    "socket": 0o140000,
}
"""Values of ``filetype=``, the ``S_IFMT`` bits of inode(7)."""

COMPARISONS = (
    ("uid", "obj_uid"),
    ("gid", "obj_gid"),
    ("euid", "obj_uid"),
    ("egid", "obj_gid"),
    ("auid", "obj_uid"),
    ("suid", "obj_uid"),
    ("sgid", "obj_gid"),
    ("fsuid", "obj_uid"),
    ("fsgid", "obj_gid"),
    ("uid", "auid"),
    ("uid", "euid"),
    ("uid", "fsuid"),
    ("uid", "suid"),
    ("auid", "fsuid"),
    ("auid", "suid"),
    ("auid", "euid"),
    ("euid", "suid"),
    ("euid", "fsuid"),
    ("suid", "fsuid"),
    ("gid", "egid"),
    ("gid", "fsgid"),
    ("gid", "sgid"),
    ("egid", "fsgid"),
    ("egid", "sgid"),
    ("sgid", "fsgid"),
)
"""Pairs of ``field_compare``: the value 1 stands for the first pair, and so on."""

KEY_SEPARATOR = "\x01"
"""Between several keys of one rule."""

MASK_WORDS = 64
"""Words of 32 bits in the syscall mask."""

SYSCALL_LIMIT = MASK_WORDS * 32 - 16
"""Syscall numbers are below this; the highest 16 bits of the mask stand for syscall classes, not numbers."""

FIELD_LIMIT = 64
"""Fields of one rule (``AUDIT_MAX_FIELDS``)."""

KEY_LIMIT = 256
"""Bytes of all keys of one rule with the separators (``AUDIT_MAX_KEY_LEN``)."""

ARCH_64BIT = 0x80000000
"""Bit of an ``AUDIT_ARCH_*`` number that tells a 64 bit machine."""

_FIELD_NAMES = {number: name for name, number in FIELDS.items()}
_LIST_NAMES = {number: name for name, number in LISTS.items()}
_ACTION_NAMES = {number: name for name, number in ACTIONS.items()}
_OPERATOR_NAMES = {number: name for name, number in OPERATORS.items()}


def field_name(number: int) -> str:
    """Return the field's name, or ``f<number>`` as auditctl writes fields that it does not know."""
    return _FIELD_NAMES.get(number, f"f{number}")


def field_number(name: str) -> int | None:
    """Return the field's number, also for the ``f<number>`` form; None for any other unknown name."""
    known = FIELDS.get(name)
    if known is not None:
        return known
    if name.startswith("f") and name[1:].isdigit():
        return int(name[1:])
    return None


def list_name(number: int) -> str | None:
    """Return the name of a filter list."""
    return _LIST_NAMES.get(number)


def action_name(number: int) -> str | None:
    """Return the name of an action."""
    return _ACTION_NAMES.get(number)


def operator_name(number: int) -> str | None:
    """Return the sign of an operator."""
    return _OPERATOR_NAMES.get(number)
