"""The one door to /proc: bounded reads in which a process may vanish at any moment, and absent is an answer."""

from __future__ import annotations

from kernel_sources.procfs.cgroups import Cgroup
from kernel_sources.procfs.descriptors import FdInfo
from kernel_sources.procfs.filesystem import ProcFS, directory_name
from kernel_sources.procfs.limits import Limits
from kernel_sources.procfs.mounts import Mount
from kernel_sources.procfs.sockets import SocketEnd, SocketFacts
from kernel_sources.procfs.stat import StatFacts
from kernel_sources.procfs.status import Capabilities, Identity, StatusFacts

__all__ = [
    "Capabilities",
    "Cgroup",
    "FdInfo",
    "Identity",
    "Limits",
    "Mount",
    "ProcFS",
    "SocketEnd",
    "SocketFacts",
    "StatFacts",
    "StatusFacts",
    "directory_name",
]
