"""Which file systems fanotify can watch without harm, and which have files that rules are about."""

from __future__ import annotations

from collections.abc import Iterable

from kernel_sources.procfs import Mount

SLOW_TYPES = ("fuse", "nfs", "cifs", "smb", "9p", "ceph", "afs", "coda", "autofs")
"""File systems, by the beginning of their type, on which an open may wait for somebody: nothing is marked there, since
the kernel opens each file for us that it tells of."""

KERNEL_TYPES = frozenset(
    (
        *("proc", "sysfs", "cgroup", "cgroup2", "devpts", "devtmpfs", "mqueue", "debugfs", "tracefs", "securityfs"),
        *("bpf", "pstore", "efivarfs", "configfs", "hugetlbfs", "nsfs", "binfmt_misc", "rpc_pipefs", "selinuxfs"),
        *("nfsd", "resctrl", "fusectl", "ramfs"),
    )
)
"""File systems that show the kernel's own state; the agent's looks at /proc are no business of anybody's."""


def is_slow(path: str, mounts: Iterable[Mount]) -> bool:
    """Whether a path lies on a file system where opening may wait for somebody, or that is not known."""
    holding = [mount for mount in mounts if _lies_in(path, mount.mount_point)]
    if not holding:
        return True
    innermost = max(enumerate(holding), key=lambda found: (len(found[1].mount_point), found[0]))[1]
    return innermost.fs_type.startswith(SLOW_TYPES)


def is_watched(mount: Mount) -> bool:
    """Whether what is mounted has files of people and programs, and can be watched as a whole."""
    return mount.fs_type not in KERNEL_TYPES and not mount.fs_type.startswith(SLOW_TYPES)


def _lies_in(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory.rstrip("/") + "/")
