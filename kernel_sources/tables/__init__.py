"""Numbers of the Linux kernel and their names, both ways. Static: nothing is asked of the running machine."""

from __future__ import annotations

from kernel_sources.tables.capabilities import CAPABILITIES, capability_names
from kernel_sources.tables.errnos import errno_name, errno_number
from kernel_sources.tables.families import family_name
from kernel_sources.tables.fcntl import FCNTL_COMMANDS
from kernel_sources.tables.machines import is_little_endian, machine_bits, machine_name, machine_number
from kernel_sources.tables.memoryflags import MLOCK_FLAGS, PROTECTIONS, map_flags, mlockall_flags
from kernel_sources.tables.openflags import open_flag_names, open_flags
from kernel_sources.tables.processflags import CLONE_FLAGS, CLONE_SIGNAL, RESOURCES, ptrace_requests
from kernel_sources.tables.record_types import (
    is_single_record,
    is_user_message,
    may_carry_message,
    record_type_name,
    record_type_number,
)
from kernel_sources.tables.semaphores import IPC_64, SEMCTL_COMMANDS, SEMGET_FLAGS
from kernel_sources.tables.signals import signal_name, signal_number
from kernel_sources.tables.socketcalls import socketcall_name, socketcall_number
from kernel_sources.tables.sockets import SHUTDOWNS, SOCKET_LEVELS, socket_options
from kernel_sources.tables.syscalls import (
    SYSCALL_MACHINES,
    X32_BIT,
    syscall_name,
    syscall_names,
    syscall_number,
)
from kernel_sources.tables.uring import UNAUDITED, URING_OPERATIONS, uring_name, uring_number

__all__ = [
    "CAPABILITIES",
    "CLONE_FLAGS",
    "CLONE_SIGNAL",
    "FCNTL_COMMANDS",
    "IPC_64",
    "MLOCK_FLAGS",
    "PROTECTIONS",
    "RESOURCES",
    "SEMCTL_COMMANDS",
    "SEMGET_FLAGS",
    "SHUTDOWNS",
    "SOCKET_LEVELS",
    "SYSCALL_MACHINES",
    "UNAUDITED",
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
    "map_flags",
    "may_carry_message",
    "mlockall_flags",
    "open_flag_names",
    "open_flags",
    "ptrace_requests",
    "record_type_name",
    "record_type_number",
    "signal_name",
    "signal_number",
    "socket_options",
    "socketcall_name",
    "socketcall_number",
    "syscall_name",
    "syscall_names",
    "syscall_number",
    "uring_name",
    "uring_number",
]
