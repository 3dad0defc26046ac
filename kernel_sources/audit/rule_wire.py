"""Audit rules as the kernel takes them and gives them back: ``struct audit_rule_data``.

Layout (``include/uapi/linux/audit.h``), all in host byte order::

    flags action field_count  mask[64]  fields[64]  values[64]  fieldflags[64]  buflen  buf[buflen]

The value of a string field is its length; the texts stand one behind the other in ``buf``, without terminators.
"""

from __future__ import annotations

import struct

from kernel_sources.audit import rule_fields as names
from kernel_sources.audit.rule import ALL, AuditRule, Field
from kernel_sources.errors import Malformed

HEAD = struct.Struct("=III64I64I64I64II")
"""Everything before the buffer: 1040 bytes."""

_LIST_MASK = 0x0F


def encode(rule: AuditRule, *, deletion: bool = False) -> bytes:
    """Return the payload of an ``AUDIT_ADD_RULE`` message, or of ``AUDIT_DEL_RULE`` when ``deletion`` is true."""
    fields = rule.stored_fields()
    numbers, values, operators, texts = [], [], [], []
    for item in fields:
        numbers.append(names.field_number(item.name) or 0)
        operators.append(names.OPERATORS[item.op])
        if isinstance(item.value, str):
            text = item.value.encode("utf-8", "surrogateescape")
            texts.append(text)
            values.append(len(text))
        else:
            values.append(item.value)
    flags = names.LISTS[rule.filter_list] | (names.PREPEND if rule.prepend and not deletion else 0)
    padding = [0] * (names.FIELD_LIMIT - len(fields))
    buffer = b"".join(texts)
    head = HEAD.pack(
        flags,
        names.ACTIONS[rule.action],
        len(fields),
        *_mask(rule.syscalls),
        *numbers,
        *padding,
        *values,
        *padding,
        *operators,
        *padding,
        len(buffer),
    )
    return head + buffer


def decode(payload: bytes) -> AuditRule:
    """Return the rule in the payload of an ``AUDIT_LIST_RULES`` reply.

    Raises:
        Malformed: when the payload is no rule, or one of a kind that this version does not know.
    """
    if len(payload) < HEAD.size:
        raise Malformed("audit rule cut short", offset=len(payload))
    words = HEAD.unpack_from(payload)
    flags, action_number, count, buffer_length = words[0], words[1], words[2], words[-1]
    filter_list = names.list_name(flags & _LIST_MASK)
    action = names.action_name(action_number)
    if filter_list is None or action is None:
        raise Malformed(f"audit rule with flags {flags:#x} and action {action_number}", offset=0)
    if count > names.FIELD_LIMIT or HEAD.size + buffer_length > len(payload):
        raise Malformed("audit rule with more fields or text than it holds", offset=8)
    fields = _fields(words[67 : 67 + count], words[131 : 131 + count], words[195 : 195 + count], payload)
    try:
        return AuditRule(filter_list, action, _syscalls(words[3:67]), fields, prepend=bool(flags & names.PREPEND))
    except ValueError as error:
        raise Malformed(f"audit rule: {error}") from error


def _fields(
    numbers: tuple[int, ...], values: tuple[int, ...], operators: tuple[int, ...], payload: bytes
) -> tuple[Field, ...]:
    """Put the three arrays and the buffer behind them together again."""
    fields = []
    offset = HEAD.size
    for number, value, operator in zip(numbers, values, operators):
        name = names.field_name(number)
        op = names.operator_name(operator)
        if op is None:
            raise Malformed(f"audit field {name} with operator {operator:#x}")
        content: int | str = value
        if name in names.STRING_FIELDS:
            if offset + value > len(payload):
                raise Malformed(f"audit field {name} leaves the rule", offset=offset)
            content = payload[offset : offset + value].decode("utf-8", "surrogateescape")
            offset += value
        try:
            fields.append(Field(name, op, content))
        except ValueError as error:
            raise Malformed(str(error), offset=offset) from error
    return tuple(fields)


def _mask(syscalls: frozenset[int]) -> list[int]:
    """Return the 64 words whose bits are the system call numbers."""
    words = [0] * names.MASK_WORDS
    for number in syscalls:
        words[number // 32] |= 1 << (number % 32)
    return words


def _syscalls(words: tuple[int, ...]) -> frozenset[int]:
    """Return the numbers whose bits are set, :data:`ALL` itself when all are.

    The highest 16 bits stand for classes of system calls; the kernel replaces them by their members when it stores a
    rule, so they say nothing here.
    """
    numbers = frozenset(
        32 * index + bit for index, word in enumerate(words) if word for bit in range(32) if word >> bit & 1
    )
    return ALL if numbers >= ALL else numbers & ALL
