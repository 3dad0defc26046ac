"""What the machine allows, with the reasons where it does not; and the audit state, to be left as it was found."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

# The packaged programs first: another client or runtime of the same name may lie earlier on somebody's PATH.
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"
COMMAND_TIMEOUT = 30.0  # seconds

# Of what "auditctl -s" prints; the rest are counters and the audit daemon's process id.
SETTINGS = ("enabled", "failure", "rate_limit", "backlog_limit", "backlog_wait_time")
DOCKER_PROGRAMS = ("dockerd", "containerd", "docker", "runc", "busybox")
PODMAN_PROGRAMS = ("podman", "conmon", "runc", "busybox")


def program(name: str) -> str | None:
    """Find an installed program; the absolute path, or None."""
    return shutil.which(name, path=SYSTEM_PATH) or shutil.which(name)


def audit_obstacle() -> str | None:
    """Say why audit rules cannot be set on this machine, or None when they can."""
    if os.geteuid() != 0:
        return "needs root"
    if not Path("/proc/self/loginuid").exists():
        return "the kernel has no audit (CONFIG_AUDIT)"
    if program("auditctl") is None:
        return "needs auditctl (Debian: auditd)"
    answer = subprocess.run([program("auditctl") or "", "-s"], capture_output=True, text=True, timeout=COMMAND_TIMEOUT)
    if answer.returncode != 0 or "enabled" not in answer.stdout:
        return f"the kernel's audit does not answer: {answer.stderr.strip() or answer.stdout.strip()}"
    if AuditState.read().enabled == 2:
        return "the audit configuration is locked (enabled 2)"
    return None


def docker_obstacle() -> str | None:
    """Say why no Docker daemon can be started on this machine, or None when one may be tried."""
    return _engine_obstacle(DOCKER_PROGRAMS, "docker.io, busybox-static")


def podman_obstacle() -> str | None:
    """Say why Podman cannot be used on this machine, or None when it may be tried."""
    return _engine_obstacle(PODMAN_PROGRAMS, "podman, runc, busybox-static")


def _engine_obstacle(programs: tuple[str, ...], packages: str) -> str | None:
    if os.geteuid() != 0:
        return "needs root"
    for name in programs:
        if program(name) is None:
            return f"needs {name} (Debian: {packages})"
    # ldd fails on what is not dynamically linked; the image holds no libraries.
    if subprocess.run(["ldd", program("busybox") or ""], capture_output=True, timeout=COMMAND_TIMEOUT).returncode == 0:
        return "needs a static busybox (Debian: busybox-static)"
    return None


@dataclass(frozen=True)
class AuditState:
    """The part of the kernel's audit state that a session must not change: the settings and the list of rules.

    Attributes:
        settings: name and value, in the order of SETTINGS; what an old kernel does not have is left out.
        rules: as ``auditctl -l`` prints them.
    """

    settings: tuple[tuple[str, int], ...]
    rules: tuple[str, ...]

    @property
    def enabled(self) -> int:
        """The switch: 0 off, 1 on, 2 on and locked."""
        return dict(self.settings)["enabled"]

    @classmethod
    def read(cls) -> AuditState:
        """Ask the kernel through auditctl. Raises CalledProcessError where it refuses."""
        status = dict(line.split(maxsplit=1) for line in _auditctl("-s").splitlines())
        settings = tuple((name, int(status[name])) for name in SETTINGS if name in status)
        return cls(settings, tuple(line for line in _auditctl("-l").splitlines() if line != "No rules"))

    def changes(self, later: AuditState) -> list[str]:
        """List what is different in a later state, a line each."""
        before, after = dict(self.settings), dict(later.settings)
        names = [name for name in SETTINGS if before.get(name) != after.get(name)]
        settings = [f"{name} {before.get(name)} -> {after.get(name)}" for name in names]
        gone = [f"rule gone: {rule}" for rule in self.rules if rule not in later.rules]
        new = [f"rule left: {rule}" for rule in later.rules if rule not in self.rules]
        return [*settings, *gone, *new]


def prime_audit() -> None:
    """Switch audit on for a moment where it is off.

    The kernel gives a task an audit context at its fork, and only once audit was enabled for the first time since
    boot (``audit_alloc`` in kernel/auditsc.c); a task from before stays unaudited for life. Without this, what the
    first session after a boot sees of processes that are older than the agent would differ from what every later one
    sees. Where there are rules somebody is at work with audit, and has switched it on before or is about to.
    """
    state = AuditState.read()
    if state.enabled == 0 and not state.rules:
        _auditctl("-e", "1")
        _auditctl("-e", "0")


def _auditctl(*arguments: str) -> str:
    command = [program("auditctl") or "auditctl", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=COMMAND_TIMEOUT).stdout
