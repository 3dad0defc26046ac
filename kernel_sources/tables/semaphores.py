"""Numbers in the calls about System V semaphores (include/uapi/linux/ipc.h and sem.h)."""

from __future__ import annotations

SEMGET_FLAGS = {"IPC_CREAT": 0o1000, "IPC_EXCL": 0o2000}
"""Flags of semget(), above the nine bits of permissions."""

IPC_64 = 0x100
"""Added by 32-bit programs to a command of semctl() that means today's layout of its argument."""

SEMCTL_COMMANDS = {
    "IPC_RMID": 0,
    "IPC_SET": 1,
    "IPC_STAT": 2,
    "IPC_INFO": 3,
    "GETPID": 11,
    "GETVAL": 12,
    "GETALL": 13,
    "GETNCNT": 14,
    "GETZCNT": 15,
    "SETVAL": 16,
    "SETALL": 17,
    "SEM_STAT": 18,
    "SEM_INFO": 19,
}
"""Commands of semctl()."""
