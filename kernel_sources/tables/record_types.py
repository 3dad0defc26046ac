"""Types of audit records: number and name, and the ranges that say who wrote a record.

Numbers are those of include/uapi/linux/audit.h; names leave out the ``AUDIT_`` in front.
"""

from __future__ import annotations

from kernel_sources.tables.generated.record_types import NAMES

UNKNOWN = 0
"""Stands for a type of which only a name is known, a name that has no number here."""

USER = 1005
LOGIN = 1006
USER_AVC = 1107
USER_TTY = 1124
SYSCALL = 1300
PATH = 1302
IPC = 1303
SOCKETCALL = 1304
CONFIG_CHANGE = 1305
SOCKADDR = 1306
CWD = 1307
EXECVE = 1309
OBJ_PID = 1318
TTY = 1319
EOE = 1320
BPRM_FCAPS = 1321
CAPSET = 1322
MMAP = 1323
SECCOMP = 1326
PROCTITLE = 1327
FD_PAIR = 1317
KERN_MODULE = 1330
FANOTIFY = 1331
BPF = 1334
EVENT_LISTENER = 1335
URINGOP = 1336
OPENAT2 = 1337
AVC = 1400
KERNEL = 2000

FIRST_USER_MESSAGE, LAST_USER_MESSAGE = 1100, 1199
FIRST_DAEMON_MESSAGE, LAST_DAEMON_MESSAGE = 1200, 1299
FIRST_USER_MESSAGE_2, LAST_USER_MESSAGE_2 = 2100, 2999

_NUMBERS = {name: number for number, name in NAMES.items()}


def record_type_name(number: int) -> str:
    """Return the name of a record type, ``UNKNOWN[n]`` (auditd's spelling) when it has none."""
    return NAMES.get(number) or f"UNKNOWN[{number}]"


def record_type_number(name: str) -> int | None:
    """Return the number of a record type, or None when it is not known.

    Args:
        name: ``PATH``, ``AUDIT_PATH``, ``UNKNOWN[1334]`` or a bare decimal number.
    """
    number = _NUMBERS.get(name)
    if number is not None:
        return number
    if name.startswith("AUDIT_"):
        return _NUMBERS.get(name[6:])
    digits = name[8:-1] if name.startswith("UNKNOWN[") and name.endswith("]") else name
    if digits.isascii() and digits.isdigit() and len(digits) <= 5:
        return int(digits)
    return None


def is_user_message(number: int) -> bool:
    """Tell whether a record carries text that a process sent: the text after ``msg=`` proves nothing.

    The kernel puts the identity of the sender in front of it (``audit_log_common_recv_msg()`` in kernel/audit.c).
    """
    return (
        FIRST_USER_MESSAGE <= number <= LAST_USER_MESSAGE
        or FIRST_USER_MESSAGE_2 <= number <= LAST_USER_MESSAGE_2
        or number == USER
    )


def may_carry_message(number: int) -> bool:
    """Tell whether a record may carry text of a process: besides user messages, one whose type nobody here knows."""
    return number == UNKNOWN or is_user_message(number)


def is_single_record(number: int) -> bool:
    """Tell whether records of a type never share their serial with others, so that each is a whole event.

    These are what processes and auditd wrote, and the kernel's first words at boot. Kernel records such as BPF or
    CONFIG_CHANGE may stand alone or belong to a system call; their type does not say.
    """
    return is_user_message(number) or FIRST_DAEMON_MESSAGE <= number <= LAST_DAEMON_MESSAGE or number == KERNEL
