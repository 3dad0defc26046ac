"""The system call tables that a machine's processes can choose between, as audit rules have to name them."""

from __future__ import annotations

import os

_OTHER_ABI = {"x86_64": "i386", "aarch64": "arm", "ppc64": "ppc", "s390x": "s390"}


def host_machines() -> tuple[str, ...]:
    """The names (of kernel_sources.tables) of this machine's 64-bit table and, where there is one, its 32-bit table.

    A rule for one of them is blind for programs of the other, which is a classic way past it.
    """
    machine = os.uname().machine
    return (machine, _OTHER_ABI[machine]) if machine in _OTHER_ABI else (machine,)
