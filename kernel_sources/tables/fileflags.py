"""Flags of calls about files: bits by the kernel's names, without their common prefix where one is said here.

They are the same on every machine, unlike those of ``open()``.
"""

from __future__ import annotations

ACCESS = {"R_OK": 4, "W_OK": 2, "X_OK": 1}
"""access(): what is asked; ``F_OK`` is none of them (include/linux/fs.h)."""

AT = {
    "AT_SYMLINK_NOFOLLOW": 0x100,
    "AT_REMOVEDIR": 0x200,
    "AT_SYMLINK_FOLLOW": 0x400,
    "AT_NO_AUTOMOUNT": 0x800,
    "AT_EMPTY_PATH": 0x1000,
}
"""Calls with a directory argument (include/uapi/linux/fcntl.h); ``AT_EACCESS`` is 0x200 as well."""

LOCK = {"LOCK_SH": 1, "LOCK_EX": 2, "LOCK_NB": 4, "LOCK_UN": 8}
"""flock() (include/uapi/asm-generic/fcntl.h)."""

UMOUNT = {"FORCE": 1, "DETACH": 2, "EXPIRE": 4, "NOFOLLOW": 8}
"""umount2(), without ``MNT_`` or ``UMOUNT_`` (include/linux/fs.h)."""

MOUNT_MAGIC, MOUNT_MAGIC_MASK = 0xC0ED0000, 0xFFFF0000
"""What old programs set in the flags of mount() (``MS_MGC_VAL`` and ``MS_MGC_MSK`` in include/uapi/linux/mount.h)."""

QUOTA_COMMANDS = {
    "Q_SYNC": 0x800001,
    "Q_QUOTAON": 0x800002,
    "Q_QUOTAOFF": 0x800003,
    "Q_GETFMT": 0x800004,
    "Q_GETINFO": 0x800005,
    "Q_SETINFO": 0x800006,
    "Q_GETQUOTA": 0x800007,
    "Q_SETQUOTA": 0x800008,
    "Q_XQUOTAON": 0x5801,
    "Q_XQUOTAOFF": 0x5802,
    "Q_XGETQUOTA": 0x5803,
    "Q_XSETQLIM": 0x5804,
    "Q_XGETQSTAT": 0x5805,
    "Q_XQUOTARM": 0x5806,
    "Q_XQUOTASYNC": 0x5807,
}
"""quotactl(): the command's upper 24 bits (include/uapi/linux/quota.h and dqblk_xfs.h)."""

QUOTA_TYPES = {"USRQUOTA": 0, "GRPQUOTA": 1}
"""quotactl(): the command's lower 8 bits."""

QUOTA_FORMATS = {"QFMT_VFS_OLD": 1, "QFMT_VFS_V0": 2, "QFMT_VFS_V1": 4}
"""quotactl(): what ``Q_QUOTAON`` has in place of an id."""
