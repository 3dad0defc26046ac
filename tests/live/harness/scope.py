"""A login uid of the session's own, and the processes that carry it.

The kernel hands a task's login uid down to everything that it forks, through exec, setuid and into containers, and no
unprivileged task can change it. A number that nobody else uses therefore does two things for the tests: an audit rule
with ``auid=N`` sees the session's processes and no others, and at the end every process that the session ever caused
is found by it, daemons and containers included.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

LOGIN_UID_BASE = 4_242_000  # plus the session's process id: no session gets another one's number
POLL = 0.02  # seconds between two looks at something that has no file descriptor to wait on
# The shell writes its own login uid and becomes the program: the program is the first exec that carries the number.
LAUNCHER = 'echo "$0" >/proc/self/loginuid && exec "$@"'


class SpawnScoped(Protocol):
    """Start a command under the session's login uid; ``options`` are Popen's. The test's end ends it."""

    def __call__(self, argv: Sequence[str], **options: Any) -> subprocess.Popen[Any]: ...


class AuditScope:
    """One login uid and what runs under it.

    Attributes:
        login_uid: the number; give it to the agent as ``--only-loginuid`` and to audit rules as ``auid``.
    """

    def __init__(self, login_uid: int | None = None) -> None:
        self.login_uid = LOGIN_UID_BASE + os.getpid() if login_uid is None else login_uid

    def command(self, argv: Sequence[str]) -> list[str]:
        """Wrap a command so that it and all that it starts carry the login uid; its pid stays the launcher's."""
        return ["/bin/sh", "-c", LAUNCHER, str(self.login_uid), *argv]

    def spawn(self, argv: Sequence[str], **options: Any) -> subprocess.Popen[Any]:
        """Start a command under the login uid.

        Args:
            argv: the program, looked up on PATH, and its arguments.
            options: for ``subprocess.Popen``.
        """
        return subprocess.Popen(self.command(argv), **options)

    def run(self, argv: Sequence[str], timeout: float = 30.0, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command under the login uid to its end, output as text; TimeoutExpired after ``timeout`` seconds."""
        return subprocess.run(self.command(argv), capture_output=True, text=True, timeout=timeout, **options)

    def pids(self) -> list[int]:
        """List the living processes that carry the login uid; zombies have ended and are not among them."""
        return [pid for pid in _all_pids() if login_uid_of(pid) == self.login_uid and not is_zombie(pid)]

    def end(self, timeout: float = 10.0) -> list[int]:
        """Kill whatever still carries the login uid, until nothing does; returns what was killed.

        Raises:
            TimeoutError: something did not go away within ``timeout`` seconds.
        """
        killed: list[int] = []
        deadline = time.monotonic() + timeout
        remaining = self.pids()
        while remaining:
            for pid in remaining:
                if self.kill(pid) and pid not in killed:
                    killed.append(pid)
            if time.monotonic() > deadline:
                raise TimeoutError(f"processes {remaining} with login uid {self.login_uid} do not end")
            time.sleep(POLL)
            remaining = self.pids()
        return killed

    def kill(self, pid: int) -> bool:
        """Kill one process if it is, still, one of ours; says whether it was.

        It is looked at through a handle, which a new process with the same number cannot take over.
        """
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            return False
        try:
            if login_uid_of(pid) != self.login_uid or is_zombie(pid):
                return False
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        except ProcessLookupError:
            return False
        finally:
            os.close(handle)
        return True


def login_uid_of(pid: int) -> int | None:
    """Read a process's login uid (4294967295 when never set); None when the process is gone."""
    text = _read(pid, "loginuid")
    return int(text) if text else None


def is_zombie(pid: int) -> bool:
    """Tell whether a process has ended and only waits for its parent to notice, or is gone altogether."""
    text = _read(pid, "stat")
    return text is None or text.rpartition(")")[2].split()[0] in ("Z", "X")


def end_process(process: subprocess.Popen[Any], timeout: float = 10.0) -> int:
    """End a child of ours, politely and then not; returns its exit code (negative: the signal)."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(timeout)
        process.kill()
    return process.wait(timeout)


def _all_pids() -> Iterator[int]:
    return (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _read(pid: int, name: str) -> str | None:
    try:
        return Path(f"/proc/{pid}/{name}").read_text(errors="surrogateescape")
    except (FileNotFoundError, ProcessLookupError):
        return None
