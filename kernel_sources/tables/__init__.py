"""Numbers of the Linux kernel and their names, both ways. Static: nothing is asked of the running machine."""

from __future__ import annotations

from kernel_sources.tables.capabilities import CAPABILITIES, capability_names
from kernel_sources.tables.errnos import errno_name, errno_number
from kernel_sources.tables.families import family_name
from kernel_sources.tables.machines import is_little_endian, machine_bits, machine_name, machine_number
from kernel_sources.tables.openflags import open_flag_names, open_flags
from kernel_sources.tables.record_types import (
    is_single_record,
    is_user_message,
    may_carry_message,
    record_type_name,
    record_type_number,
)
from kernel_sources.tables.signals import signal_name, signal_number
from kernel_sources.tables.syscalls import (
    SYSCALL_MACHINES,
    X32_BIT,
    syscall_name,
    syscall_names,
    syscall_number,
)
from kernel_sources.tables.uring import URING_OPERATIONS, uring_name, uring_number

__all__ = [
    "CAPABILITIES",
    "SYSCALL_MACHINES",
    "URING_OPERATIONS",
    "X32_BIT",
    "capability_names",
    "errno_name",
    "errno_number",
    "family_name",
    "is_little_endian",
    "is_single_record",
    "is_user_message",
    "machine_bits",
    "machine_name",
    "machine_number",
    "may_carry_message",
    "open_flag_names",
    "open_flags",
    "record_type_name",
    "record_type_number",
    "signal_name",
    "signal_number",
    "syscall_name",
    "syscall_names",
    "syscall_number",
    "uring_name",
    "uring_number",
]
