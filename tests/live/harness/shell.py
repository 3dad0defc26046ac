"""A shell in a container, on a terminal."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from harness.docker import Docker, run_arguments
from harness.terminal import TIMEOUT, Terminal


class OpenShell(Protocol):
    """Open a shell on a terminal in a container: in a new one, or in the running one whose name or id is given."""

    def __call__(
        self,
        container: str | None = None,
        *,
        shell: Sequence[str] = ("sh",),
        name: str | None = None,
        options: Sequence[str] = (),
    ) -> ContainerShell: ...


class ContainerShell:
    """A shell in a container, at the end of a ``docker run -it`` or ``docker exec -it``.

    Attributes:
        container: the container's full id, 64 hexadecimal digits.
        pid: the shell's process id on the host.
        terminal: the docker client's terminal; what is typed there reaches the shell through a second one inside.
    """

    def __init__(self, docker: Docker, terminal: Terminal, container: str, owned: bool) -> None:
        self.container = container
        self.terminal = terminal
        self._docker = docker
        self._owned = owned
        self._closed = False
        inner_pid = int(self.run("echo $$")[1])
        self.pid = host_pid(docker.init_pid(container), inner_pid)

    @classmethod
    def start(
        cls, docker: Docker, shell: Sequence[str] = ("sh",), name: str | None = None, options: Sequence[str] = ()
    ) -> ContainerShell:
        """Start a container whose first process is a shell on a terminal; closing the shell removes the container."""
        id_file = docker.directory / f"cid-{time.monotonic_ns()}"
        interactive = ["-it", f"--cidfile={id_file}", *options]
        terminal = Terminal(docker.client(*run_arguments(shell, name, interactive)), docker.client_environment())
        return cls._attach(docker, terminal, id_file, None)

    @classmethod
    def join(
        cls, docker: Docker, container: str, shell: Sequence[str] = ("sh",), options: Sequence[str] = ()
    ) -> ContainerShell:
        """Start a shell on a terminal in a running container; the container stays when the shell is closed."""
        argv = docker.client("exec", "-it", *options, container, *shell)
        terminal = Terminal(argv, docker.client_environment())
        return cls._attach(docker, terminal, None, docker.inspect(container)["Id"])

    @classmethod
    def _attach(cls, docker: Docker, terminal: Terminal, id_file: Path | None, container: str | None) -> ContainerShell:
        try:
            terminal.read_until(r"[#$] ")
            identity = container if id_file is None else id_file.read_text()
            return cls(docker, terminal, identity or "", owned=id_file is not None)
        except BaseException:
            terminal.close()
            raise

    def send(self, text: str) -> None:
        """Type text and the return key."""
        self.terminal.send(text)

    def read_until(self, pattern: str, timeout: float = TIMEOUT) -> re.Match[str]:
        """Wait for output; see ``Terminal.read_until``."""
        return self.terminal.read_until(pattern, timeout)

    def run(self, line: str, timeout: float = TIMEOUT) -> tuple[int, str]:
        """Run one line; see ``Terminal.run``."""
        return self.terminal.run(line, timeout)

    def close(self) -> None:
        """End the shell, and remove the container where it was started for the shell. May be called more than once."""
        if self._closed:
            return
        self._closed = True
        # The shell first: the client only hands signals on to it, and goes when it goes. The other way round, what
        # "docker exec" has started stays.
        if self._owned:
            self._docker.remove(self.container)
        else:
            self._docker.scope.kill(self.pid)
        self.terminal.close()


def host_pid(init_pid: int, inner_pid: int) -> int:
    """Translate a process id of a container into the host's.

    Args:
        init_pid: the host's process id of the container's first process, whose pid namespace is meant.
        inner_pid: the number inside.

    Raises:
        LookupError: no such process.
    """
    namespace = os.stat(f"/proc/{init_pid}/ns/pid").st_ino
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if (entry / "ns/pid").stat().st_ino == namespace and _innermost_pid(entry) == inner_pid:
                return int(entry.name)
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it has ended meanwhile; or it is process 1, which some machines keep even from root
    raise LookupError(f"no process {inner_pid} in the pid namespace of {init_pid}")


def _innermost_pid(entry: Path) -> int:
    """Read NSpid of proc(5)'s status: the process's numbers from the outermost pid namespace to its own."""
    for line in (entry / "status").read_text(errors="surrogateescape").splitlines():
        if line.startswith("NSpid:"):
            return int(line.split()[-1])
    raise LookupError(f"{entry}/status has no NSpid")
