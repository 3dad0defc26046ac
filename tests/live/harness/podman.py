"""Podman with a storage of the session's own, in a directory that goes away again.

There is no daemon: each command is started below the session's login uid, and the containers with it. Limits are given
by number, since Podman would raise them as far as root may elsewhere; runc is used, since crun refuses machines that
mount both versions of the cgroup file system.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness import image
from harness.machine import SYSTEM_PATH, program
from harness.scope import AuditScope

COMMAND_TIMEOUT = 60.0
LIMITS = ("--ulimit=nofile=1024:1024", "--ulimit=nproc=4096:4096")


class PodmanFailed(Exception):
    """A podman command was refused; the text carries its own words."""


class Podman:
    """A storage and the client that works on it; offers of a container what harness.docker.Docker does.

    Attributes:
        directory: holds all that Podman writes.
        image: the name under which it has the image of ``harness.image``.
    """

    image = f"localhost/{image.IMAGE}"

    def __init__(self, scope: AuditScope) -> None:
        self.scope = scope
        self.directory = Path(tempfile.mkdtemp(prefix="auditfalco-podman-"))
        self._foreign_cgroups = _podman_cgroups()
        self._foreign_traces = _traces()

    def start(self) -> None:
        """Load the image. Raises PodmanFailed where Podman does not work on this machine."""
        (self.directory / "tmp").mkdir()
        self.command(
            "import",
            f"--change=ENV PATH={image.SEARCH_PATH}",
            '--change=CMD ["sh"]',
            "-",
            image.IMAGE,
            stdin=image.build(Path(program("busybox") or "")),
        )

    def stop(self) -> None:
        """Remove containers and images, end whatever is left of them, and delete the directory."""
        with contextlib.suppress(PodmanFailed, subprocess.TimeoutExpired):
            self.command("rm", "--all", "--force", "--time=0")
            self.command("rmi", "--all", "--force")
        for pid in self._left():
            self.scope.kill(pid)
        for mount in sorted(self.mounts(), key=len, reverse=True):
            subprocess.run(["umount", "--lazy", mount], check=True, timeout=COMMAND_TIMEOUT)
        shutil.rmtree(self.directory)
        for parent in _podman_cgroups() - self._foreign_cgroups:
            for group in [*sorted(parent.glob("*/"), reverse=True), parent]:
                with contextlib.suppress(OSError):  # a file, or not empty: somebody else has moved in
                    group.rmdir()
        for trace in sorted(_traces() - self._foreign_traces, reverse=True):
            with contextlib.suppress(OSError):  # likewise
                trace.rmdir() if trace.is_dir() else trace.unlink()

    def command(self, *arguments: str, stdin: bytes | None = None, timeout: float = COMMAND_TIMEOUT) -> str:
        """Run one podman command below the session's login uid and return its output, stripped.

        Raises:
            PodmanFailed: it exits with an error; carries its words.
            subprocess.TimeoutExpired: it hangs.
        """
        # Not by pipes: the container's monitor would keep them open.
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
            process = self.scope.spawn(
                [program("podman") or "podman", *self._options(), *arguments],
                stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                env={"PATH": SYSTEM_PATH, "HOME": str(self.directory), "TMPDIR": str(self.directory / "tmp")},
                cwd="/",
            )
            process.communicate(stdin, timeout)
            output.seek(0)
            errors.seek(0)
            if process.returncode != 0:
                raise PodmanFailed(f"podman {' '.join(arguments)}: {errors.read().decode(errors='replace').strip()}")
            return output.read().decode(errors="replace").strip()

    def run(self, *command: str, name: str | None = None, options: Sequence[str] = ()) -> str:
        """Start a container in the background, without network; returns its full id."""
        named = [] if name is None else [f"--name={name}"]
        fixed = ["--detach", "--network=none", "--cgroups=enabled", *LIMITS, *named]
        return self.command("run", *fixed, *options, image.IMAGE, *command)

    def execute(self, container: str, *command: str, options: Sequence[str] = ()) -> str:
        """Run a command in a running container and return its output, stripped; PodmanFailed when it fails."""
        return self.command("exec", *options, container, *command)

    def restart(self, container: str) -> None:
        """Stop a container and start it again."""
        self.command("restart", "--time=0", container)

    def remove(self, container: str) -> None:
        """Kill and remove a container."""
        self.command("rm", "--force", "--time=0", container)

    def inspect(self, container: str) -> dict[str, Any]:
        """Return Podman's description of a container."""
        descriptions: list[dict[str, Any]] = json.loads(self.command("inspect", "--type=container", container))
        return descriptions[0]

    def init_pid(self, container: str) -> int:
        """Return the host's process id of a running container's first process."""
        return int(self.inspect(container)["State"]["Pid"])

    def mounts(self) -> list[str]:
        """List the mount points below the directory, as this process sees them."""
        lines = Path("/proc/self/mountinfo").read_text(errors="surrogateescape").splitlines()
        points = (line.split()[4] for line in lines)
        return [point for point in points if point.startswith(f"{self.directory}/")]

    def _left(self) -> list[int]:
        """List the session's processes in containers of Podman's, and those that work on our storage."""
        return [
            pid
            for pid in self.scope.pids()
            if b"/libpod-" in _of_process(pid, "cgroup") or bytes(self.directory) in _of_process(pid, "cmdline")
        ]

    def _options(self) -> list[str]:
        return [
            f"--root={self.directory}/root",
            f"--runroot={self.directory}/run",
            f"--tmpdir={self.directory}/libpod",
            "--runtime=runc",
            "--cgroup-manager=cgroupfs",
            "--events-backend=none",
            "--storage-driver=overlay",
        ]


def _podman_cgroups() -> set[Path]:
    """Find the cgroup directories that Podman makes for its containers."""
    root = Path("/sys/fs/cgroup")
    return {path for path in [root / "libpod_parent", *root.glob("*/libpod_parent")] if path.is_dir()}


def _traces() -> set[Path]:
    """Find what Podman and runc write outside of the directories that they are given."""
    kept = Path("/var/lib/containers")
    places = [kept, kept / "cache", *kept.glob("cache/blob-info-cache-*"), Path("/run/runc")]
    return {path for path in places if path.exists()}


def _of_process(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
