"""The kernel: its version, what it was built with and how it was started."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from kernel_sources.procfs import ProcFS
from kernel_sources.security import Security

_VERSION = re.compile(r"(\d+)\.(\d+)")

URING_OFF = 2
"""Value of the setting kernel.io_uring_disabled that refuses io_uring to everybody."""


@dataclass(frozen=True)
class Kernel:
    """Facts about the kernel.

    Attributes:
        release: as ``uname -r`` gives it.
        machine: as ``uname -m`` gives it.
        options: what it was built with; None when that is nowhere to be read.
        boot: what it was started with.
        uring_disabled: 0 io_uring is for everybody, 1 for the privileged, 2 for nobody; None before Linux 6.6.
        settings: other settings that are told as information, by name; those that there are.
        lockdown: ``none``, ``integrity``, ``confidentiality``, or None when not known.
        confined: the security modules in force, with their mode.
    """

    release: str = ""
    machine: str = ""
    options: Mapping[str, str] | None = None
    boot: Mapping[str, str] = field(default_factory=dict)
    uring_disabled: int | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    lockdown: str | None = None
    confined: tuple[str, ...] = ()

    @property
    def version(self) -> tuple[int, int]:
        """Major and minor; (0, 0) when the release shows no numbers."""
        found = _VERSION.match(self.release)
        return (int(found.group(1)), int(found.group(2))) if found else (0, 0)

    def has(self, option: str) -> bool | None:
        """Whether it was built with an option, such as ``CONFIG_AUDIT``; None when that is not known."""
        return None if self.options is None else self.options.get(option, "n") != "n"

    @property
    def has_uring(self) -> bool:
        """Whether any process can use io_uring."""
        return self.uring_disabled != URING_OFF and self.has("CONFIG_IO_URING") is not False


_SETTINGS = ("kernel.unprivileged_bpf_disabled", "kernel.modules_disabled")


def look_at_kernel(proc: ProcFS, security: Security) -> Kernel:
    """Read the facts."""
    names = os.uname()
    uring = proc.sysctl("kernel.io_uring_disabled")
    found = ((name, proc.sysctl(name)) for name in _SETTINGS)
    selinux = security.selinux()
    return Kernel(
        names.release,
        names.machine,
        proc.kernel_config(),
        proc.boot_parameters(),
        int(uring) if uring is not None and uring.isdigit() else None,
        {name: value for name, value in found if value is not None},
        security.lockdown(),
        (*([f"SELinux {selinux}"] if selinux else []), *(["AppArmor"] if security.apparmor() else [])),
    )
