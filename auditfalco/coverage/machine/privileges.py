"""What this process may: its capabilities, and in which namespaces it is."""

from __future__ import annotations

import os
from dataclasses import dataclass

from kernel_sources.procfs import ProcFS
from kernel_sources.tables import capability_names

_FIRST_DYNAMIC = 0xF0000000
"""``PROC_DYNAMIC_FIRST`` (include/linux/proc_ns.h): namespaces made at run time have inode numbers from here on."""

_OF_THE_FIRST_NET = "net.core.netdev_max_backlog"
"""A setting that is shown in the initial network namespace alone (net/core/sysctl_net_core.c)."""

_FIXED_RELEASE = (6, 18)
"""First kernel whose initial network and mount namespaces have fixed numbers too, as on 6.18 seen."""


@dataclass(frozen=True)
class Privileges:
    """Rights and namespaces; what cannot be told is None.

    Attributes:
        effective: names of the capabilities in force.
        bounding: names of those that can be had at all here.
        user: whether this is the initial user namespace.
        pid: whether this is the initial pid namespace.
        net: whether this is the initial network namespace.
        mount: whether this is the mount namespace that the machine was started in.
        root: whether the user is root.
        hidden: the option of /proc that hides other users' processes ("1", "2", "invisible" …), "" without.
    """

    effective: frozenset[str] = frozenset()
    bounding: frozenset[str] = frozenset()
    user: bool | None = None
    pid: bool | None = None
    net: bool | None = None
    mount: bool | None = None
    root: bool = False
    hidden: str = ""

    def may(self, capability: str) -> bool:
        """Whether a capability is in force in the initial user namespace, where the kernel asks for it."""
        return capability in self.effective and self.user is not False


def look_at_privileges(proc: ProcFS, kernel_version: tuple[int, int]) -> Privileges:
    """Read the facts."""
    facts = proc.status("self")
    masks = (facts.capabilities.effective, facts.capabilities.bounding) if facts is not None else (0, 0)
    effective, bounding = (frozenset(capability_names(mask)) for mask in masks)
    first_pid = _is_first(proc.namespace("self", "pid"))
    return Privileges(
        effective,
        bounding,
        _is_first(proc.namespace("self", "user")),
        first_pid,
        _in_first_net(proc),
        _in_first_mount(proc, first_pid, kernel_version),
        os.geteuid() == 0,
        _hiding(proc),
    )


def _is_first(number: int | None) -> bool | None:
    """Whether a user or pid namespace is the initial one, by its inode number."""
    return None if number is None else number < _FIRST_DYNAMIC


def _in_first_mount(proc: ProcFS, first_pid: bool | None, kernel_version: tuple[int, int]) -> bool | None:
    number = proc.namespace("self", "mnt")
    if _is_first(number) or kernel_version >= _FIXED_RELEASE:
        return _is_first(number)
    of_first_process = proc.namespace(1, "mnt") if first_pid else None
    return None if number is None or of_first_process is None else number == of_first_process


def _in_first_net(proc: ProcFS) -> bool | None:
    number = proc.namespace("self", "net")
    if _is_first(number):
        return True
    if proc.sysctl("net.core.somaxconn") is None:
        return None
    return proc.sysctl(_OF_THE_FIRST_NET) is not None


def _hiding(proc: ProcFS) -> str:
    """The option hidepid of the proc file system that we read."""
    for mount in proc.mountinfo("self") or []:
        if mount.mount_point == proc.mount_point and mount.fs_type == "proc":
            for option in mount.super_options:
                name, _, value = option.partition("=")
                if name == "hidepid" and value not in ("0", "off"):
                    return value
    return ""
