"""An audit rule: what the kernel is asked to record, or to keep quiet about.

A rule belongs to one filter list; it matches when all its fields match and the system call (or io_uring operation) is
in its set.  Rules compare equal when the kernel would store them as the same rule (``audit_compare_rule()`` in
kernel/auditfilter.c: list, action, system calls, and the fields with their order).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from kernel_sources.audit import rule_fields as names

ALL = frozenset(range(names.SYSCALL_LIMIT))
"""Every system call (``-S all``)."""


@dataclass(frozen=True)
class Field:
    """One condition of a rule, such as ``Field("auid", "=", 1000)``.

    Args:
        name: the field's name in auditctl(8), or ``f<number>`` for one without a name here.
        op: one of ``= != < > <= >= & &=``.
        value: text for the string fields (``path``, ``dir``, ``exe``, ``key``, the labels), else a number; numbers are
            kept as the kernel keeps them, in 32 bits without sign, so -1 becomes 4294967295.  ``perm`` also takes
            letters (``"wa"``) and ``filetype`` a name (``"file"``).

    Raises:
        ValueError: a name, operator or value that no rule can hold.
    """

    name: str
    op: str
    value: int | str

    def __post_init__(self) -> None:
        """Check the parts and bring the value into the kernel's form."""
        object.__setattr__(self, "name", names.ALIASES.get(self.name, self.name))
        if names.field_number(self.name) is None:
            raise ValueError(f"unknown audit field {self.name!r}")
        if self.op not in names.OPERATORS:
            raise ValueError(f"unknown audit operator {self.op!r}")
        object.__setattr__(self, "value", _canonical_value(self.name, self.value))

    @property
    def signed(self) -> int:
        """The value as a signed 32 bit number, for fields such as ``exit``; 0 for text."""
        if isinstance(self.value, str):
            return 0
        return self.value - 0x100000000 if self.value & 0x80000000 else self.value

    def __str__(self) -> str:
        """Name, operator and stored value: ``auid=1000``."""
        return f"{self.name}{self.op}{self.value}"


def _canonical_value(name: str, value: int | str) -> int | str:
    """Return ``value`` in the form the kernel keeps for field ``name``."""
    if name in names.STRING_FIELDS:
        if not isinstance(value, str) or not value or "\0" in value:
            raise ValueError(f"audit field {name} wants text, not {value!r}")
        return value
    if isinstance(value, str):
        return _named_value(name, value)
    if not -0x80000000 <= value <= 0xFFFFFFFF:
        raise ValueError(f"audit field {name}: {value} does not fit 32 bits")
    return value & 0xFFFFFFFF


def _named_value(name: str, value: str) -> int:
    """Return the number of a value given by name: permissions and file types have names."""
    if name == "perm" and value and set(value) <= set(names.PERMISSIONS):
        return sum({names.PERMISSIONS[letter] for letter in value})
    if name == "filetype" and value in names.FILE_TYPES:
        return names.FILE_TYPES[value]
    raise ValueError(f"audit field {name} wants a number, not {value!r}")


@dataclass(frozen=True)
class AuditRule:
    """One rule of the kernel's filter.

    Args:
        filter_list: ``exit``, ``io_uring``, ``task``, ``exclude``, ``user`` or ``filesystem``.
        action: ``always`` or ``never``.
        syscalls: system call numbers (of the machine that the ``arch`` field names), or io_uring operation numbers
            for the io_uring list; :data:`ALL` for every one.
        fields: conditions, all of which must hold, in the order in which the kernel keeps them.
        keys: labels that the kernel writes into each record the rule causes.  A key field at the end of ``fields``
            is moved here, so that rules read back from the kernel compare equal.
        prepend: put the rule first in its list instead of last; the first rule that matches decides.  A wish for the
            moment of adding, which the kernel then forgets: it is no part of what makes two rules equal.

    Raises:
        ValueError: parts that no kernel accepts (too many fields, a syscall number out of range, a key too long).
    """

    filter_list: str
    action: str
    syscalls: frozenset[int] = ALL
    fields: tuple[Field, ...] = ()
    keys: tuple[str, ...] = ()
    prepend: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        """Check the parts; move a key field at the end of ``fields`` into ``keys``."""
        if self.filter_list not in names.LISTS:
            raise ValueError(f"unknown audit filter list {self.filter_list!r}")
        if self.action not in names.ACTIONS:
            raise ValueError(f"unknown audit action {self.action!r}")
        if self.syscalls and not (min(self.syscalls) >= 0 and max(self.syscalls) < names.SYSCALL_LIMIT):
            raise ValueError(f"system call numbers are 0 to {names.SYSCALL_LIMIT - 1}")
        self._take_keys_from_fields()
        if not _keys_are_sound(self.keys):
            raise ValueError(f"keys must not be empty nor hold separators, and take at most {names.KEY_LIMIT} bytes")
        if len(self.stored_fields()) > names.FIELD_LIMIT:
            raise ValueError(f"a rule takes at most {names.FIELD_LIMIT} fields")

    def _take_keys_from_fields(self) -> None:
        """Move a key field at the end of ``fields`` into ``keys``, unless another hand wrote it in a way of its own."""
        if self.keys or not self.fields or self.fields[-1].name != "key" or self.fields[-1].op != "=":
            return
        keys = _split_keys(self.fields[-1])
        if _keys_are_sound(keys):
            object.__setattr__(self, "keys", keys)
            object.__setattr__(self, "fields", self.fields[:-1])

    def stored_fields(self) -> tuple[Field, ...]:
        """Return all fields in the kernel's order, the keys as the one field that they are there."""
        if not self.keys:
            return self.fields
        return (*self.fields, Field("key", "=", names.KEY_SEPARATOR.join(self.keys)))

    def all_keys(self) -> tuple[str, ...]:
        """Return the keys, also those of a rule by another hand that has its key field before others."""
        found = list(self.keys)
        for item in self.fields:
            if item.name == "key":
                found.extend(_split_keys(item))
        return tuple(found)

    def value_of(self, name: str) -> int | str | None:
        """Return the value of the first field called ``name``, None when the rule has none."""
        wanted = names.ALIASES.get(name, name)
        return next((item.value for item in self.fields if item.name == wanted), None)


def rule(
    filter_list: str,
    action: str,
    *fields: Field,
    syscalls: Iterable[int] | None = None,
    keys: Iterable[str] = (),
    prepend: bool = False,
) -> AuditRule:
    """Build an :class:`AuditRule` with less ceremony; ``syscalls`` None means all of them."""
    numbers = ALL if syscalls is None else frozenset(syscalls)
    return AuditRule(filter_list, action, numbers, tuple(fields), tuple(keys), prepend)


def _keys_are_sound(keys: tuple[str, ...]) -> bool:
    """Tell whether the keys can be joined to one key field and split again."""
    if any(not key or names.KEY_SEPARATOR in key or "\0" in key for key in keys):
        return False
    joined = names.KEY_SEPARATOR.join(keys)
    return len(joined.encode("utf-8", "surrogateescape")) <= names.KEY_LIMIT


def _split_keys(key_field: Field) -> tuple[str, ...]:
    return tuple(str(key_field.value).split(names.KEY_SEPARATOR))
