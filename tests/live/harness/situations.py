"""Where to run a command with less than the whole machine: in other namespaces, with fewer rights, as another user."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from harness.machine import COMMAND_TIMEOUT

SITUATIONS: dict[str, tuple[str, ...]] = {
    "the machine itself": (),
    "a user namespace": ("unshare", "--user", "--map-root-user"),
    "a pid namespace": ("unshare", "--pid", "--fork", "--mount-proc"),
    "a network namespace": ("unshare", "--net"),
    "a mount namespace": ("unshare", "--mount"),
    "without CAP_AUDIT_CONTROL": ("setpriv", "--bounding-set=-audit_control", "--inh-caps=-audit_control"),
    "without CAP_AUDIT_READ": ("setpriv", "--bounding-set=-audit_read", "--inh-caps=-audit_read"),
    "without CAP_SYS_ADMIN": ("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"),
    "nobody": ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
}
"""What to put before a command, by name."""

_BITS = {
    "CAP_DAC_READ_SEARCH": 2,
    "CAP_NET_ADMIN": 12,
    "CAP_SYS_PTRACE": 19,
    "CAP_SYS_ADMIN": 21,
    "CAP_AUDIT_CONTROL": 30,
    "CAP_AUDIT_READ": 37,
}
"""Numbers of capabilities (include/uapi/linux/capability.h)."""


def run_in(situation: str, *argv: str, timeout: float = COMMAND_TIMEOUT) -> subprocess.CompletedProcess[str]:
    """Run a command in a situation to its end, whatever its exit code; its output as text."""
    command = [*SITUATIONS[situation], *argv]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False, cwd="/")


def capabilities(situation: str) -> set[str]:
    """The names of the capabilities in force there, of those that matter, as the kernel's status file has them."""
    for line in run_in(situation, "cat", "/proc/self/status").stdout.splitlines():
        if line.startswith("CapEff:"):
            mask = int(line.split()[1], 16)
            return {name for name, bit in _BITS.items() if mask >> bit & 1}
    raise LookupError(f"no capabilities in the status of a process: {situation}")


def shares(situation: str, kind: str) -> bool:
    """Whether a namespace there is the one that this process has."""
    return run_in(situation, "readlink", f"/proc/self/ns/{kind}").stdout.strip() == os.readlink(f"/proc/self/ns/{kind}")


def is_reachable(path: Path) -> bool:
    """Whether every user can reach a file: in each directory above it anybody may look things up."""
    return all(directory.stat().st_mode & 0o001 for directory in path.parents)
