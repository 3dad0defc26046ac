"""What restrains even root on this machine: lockdown and the security modules, as sysfs shows them."""

from __future__ import annotations

import os

LIMIT = 4096
"""Bytes read at most of a file in sysfs; none is longer."""

_LOCKDOWN = "kernel/security/lockdown"
_ENFORCING = "fs/selinux/enforce"
_APPARMOR = "module/apparmor/parameters/enabled"


class Security:
    """The files in sysfs that tell of restraints.

    Args:
        root: where sysfs is mounted.
    """

    def __init__(self, root: str = "/sys") -> None:
        self._root = root

    def lockdown(self) -> str | None:
        """Return ``none``, ``integrity`` or ``confidentiality`` (kernel_lockdown(7)), None when that cannot be read."""
        text = self._read(_LOCKDOWN)
        return None if text is None else text.partition("[")[2].partition("]")[0] or None

    def selinux(self) -> str | None:
        """Return ``enforcing`` or ``permissive``, None where SELinux is not in force."""
        return {"1": "enforcing", "0": "permissive"}.get(self._read(_ENFORCING) or "")

    def apparmor(self) -> bool:
        """Tell whether AppArmor is in force."""
        return self._read(_APPARMOR) == "Y"

    def _read(self, name: str) -> str | None:
        try:
            descriptor = os.open(os.path.join(self._root, name), os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            return os.read(descriptor, LIMIT).decode("utf-8", "replace").strip()
        except OSError:
            return None
        finally:
            os.close(descriptor)
