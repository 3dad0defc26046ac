"""A Docker daemon of the session's own, below the session's login uid, in a directory that goes away again.

containerd is started by us too, and not left to dockerd: dockerd would take a system-wide containerd where one runs,
and the containers would then not be below our login uid. The daemons touch neither firewall nor bridges; containers
have no network but loopback.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness import image
from harness.machine import SYSTEM_PATH, program
from harness.scope import POLL, AuditScope, end_process

START_TIMEOUT = 60.0  # seconds; a start takes one or two
ANSWER_TIMEOUT = 10.0
COMMAND_TIMEOUT = 60.0
STOP_TIMEOUT = 20.0
LOG_TAIL = 1500  # characters of the daemon's log that an error quotes

# The cri plugin would open a TCP port, and the opt plugin make a directory in /opt.
CONTAINERD_CONFIG = """\
version = 2
root = "{directory}/containerd"
state = "{directory}/containerd-state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "{directory}/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
path = "{directory}/opt"
"""


class DockerFailed(Exception):
    """The daemon does not start, or a docker command was refused; the text carries its own words."""


class Docker:
    """A running Docker daemon and its client.

    Attributes:
        directory: holds all that the daemons write: sockets, logs, state.
        data_root: dockerd's data directory; ``data_root/containers/<id>/config.v2.json`` describes a container.
        host: the daemon's address, as ``docker -H`` takes it.
        image: the name under which it has the image of ``harness.image``.
    """

    image = image.IMAGE

    def __init__(self, scope: AuditScope) -> None:
        self.scope = scope
        # Short, since it is the prefix of unix socket addresses, which end at 107 bytes.
        self.directory = Path(tempfile.mkdtemp(prefix="auditfalco-docker-"))
        self.data_root = self.directory / "data"
        self.host = f"unix://{self.directory}/docker.sock"
        self._daemons: list[subprocess.Popen[Any]] = []
        self._foreign_cgroups = _docker_cgroups()

    def start(self) -> None:
        """Start the daemons and load the image. Raises DockerFailed with the log's end when they do not come up."""
        (self.directory / "tmp").mkdir()
        config = self.directory / "containerd.toml"
        config.write_text(CONTAINERD_CONFIG.format(directory=self.directory))
        self._daemon("containerd", "--config", str(config))
        self._daemon(
            "dockerd",
            f"--host={self.host}",
            f"--containerd={self.directory}/containerd.sock",
            f"--data-root={self.data_root}",
            f"--exec-root={self.directory}/exec",
            f"--pidfile={self.directory}/docker.pid",
            "--config-file=" + str(self._empty_config()),
            "--storage-driver=overlay2",
            "--bridge=none",
            "--iptables=false",
            "--ip-forward=false",
            "--shutdown-timeout=2",
        )
        self._wait_until_ready()
        root_file_system = image.build(Path(program("busybox") or ""))
        self.command(
            "import",
            f"--change=ENV PATH={image.SEARCH_PATH}",
            '--change=CMD ["sh"]',
            "-",
            image.IMAGE,
            stdin=root_file_system,
        )

    def stop(self) -> None:
        """Remove the containers, end the daemons and whatever is left of them, and delete the directory."""
        # A daemon that is gone cannot remove them; what follows then cleans up.
        with contextlib.suppress(DockerFailed, subprocess.TimeoutExpired):
            containers = self.command("ps", "--all", "--quiet").split()
            if containers:
                self.command("rm", "--force", "--volumes", *containers)
        for daemon in reversed(self._daemons):
            end_process(daemon, STOP_TIMEOUT)
        self.scope.end()  # shims and containers of a daemon that went before them; their mounts cannot go otherwise
        self._remove_traces()
        for mount in sorted(self.mounts(), key=len, reverse=True):
            subprocess.run(["umount", "--lazy", mount], check=True, timeout=COMMAND_TIMEOUT)
        shutil.rmtree(self.directory)

    def client(self, *arguments: str) -> list[str]:
        """Give the docker client's command line, for those who start it themselves; needs ``client_environment``."""
        return [program("docker") or "docker", "--host", self.host, *arguments]

    def client_environment(self) -> dict[str, str]:
        """Give the client's environment: nothing of the user's own Docker configuration in it."""
        return {"PATH": SYSTEM_PATH, "HOME": str(self.directory), "DOCKER_CONFIG": str(self.directory), "TERM": "xterm"}

    def command(self, *arguments: str, stdin: bytes | None = None, timeout: float = COMMAND_TIMEOUT) -> str:
        """Run one docker command and return its output, stripped.

        Raises:
            DockerFailed: it exits with an error; carries its words.
            subprocess.TimeoutExpired: it hangs.
        """
        answer = subprocess.run(
            self.client(*arguments),
            input=stdin or b"",
            capture_output=True,
            env=self.client_environment(),
            timeout=timeout,
        )
        if answer.returncode != 0:
            raise DockerFailed(f"docker {' '.join(arguments)}: {answer.stderr.decode(errors='replace').strip()}")
        return answer.stdout.decode(errors="replace").strip()

    def run(self, *command: str, name: str | None = None, options: Sequence[str] = ()) -> str:
        """Start a container in the background, without network unless ``options`` give one; returns its full id."""
        return self.command(*run_arguments(command, name, ["--detach", *options]))

    def execute(self, container: str, *command: str, options: Sequence[str] = ()) -> str:
        """Run a command in a running container and return its output, stripped; DockerFailed when it fails."""
        return self.command("exec", *options, container, *command)

    def copy_in(self, source: Path, container: str, destination: str) -> None:
        """Copy a file into a container, as root.

        The daemon itself writes it: that is a file event under the session's login uid, but none of the container's.
        """
        self.command("cp", str(source), f"{container}:{destination}")

    def restart(self, container: str) -> None:
        """Stop a container and start it again."""
        self.command("restart", "--time=0", container)

    def remove(self, container: str) -> None:
        """Kill and remove a container."""
        self.command("rm", "--force", "--volumes", container)

    def inspect(self, container: str) -> dict[str, Any]:
        """Return Docker's description of a container."""
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

    def log(self) -> str:
        """Return what the daemons have written to their logs."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.directory.glob("*.log")))

    def _remove_traces(self) -> None:
        """Remove what lies outside the directory: sockets of shims that could not do so themselves, and cgroups."""
        for address in self.directory.glob("containerd-state/io.containerd.runtime.v2.task/*/*/address"):
            Path(address.read_text().replace("unix://", "", 1)).unlink(missing_ok=True)
        containers = [path.name for path in self.data_root.glob("containers/*")]
        for parent in _docker_cgroups():
            for container in containers:
                if (parent / container).is_dir():
                    (parent / container).rmdir()
        for parent in _docker_cgroups() - self._foreign_cgroups:
            with contextlib.suppress(OSError):  # not empty: another daemon has moved in
                parent.rmdir()

    def _empty_config(self) -> Path:
        """Write a configuration that says nothing: the machine's /etc/docker/daemon.json might contradict the flags."""
        path = self.directory / "daemon.json"
        path.write_text("{}")
        return path

    def _daemon(self, name: str, *arguments: str) -> None:
        environment = {"PATH": SYSTEM_PATH, "HOME": str(self.directory), "TMPDIR": str(self.directory / "tmp")}
        with (self.directory / f"{name}.log").open("wb") as log:
            argv = [program(name) or name, *arguments]
            # A session of its own: an interrupt from the keyboard is for pytest, which then stops the daemons in order.
            daemon = self.scope.spawn(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, cwd="/", start_new_session=True
            )
        self._daemons.append(daemon)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            try:
                self.command("version", timeout=ANSWER_TIMEOUT)
                return
            except (DockerFailed, subprocess.TimeoutExpired) as error:
                dead = [daemon.args for daemon in self._daemons if daemon.poll() is not None]
                if dead or time.monotonic() > deadline:
                    raise DockerFailed(f"dockerd does not come up: {error}\n{self.log()[-LOG_TAIL:]}") from error
            time.sleep(POLL)


def run_arguments(command: Sequence[str], name: str | None, options: Sequence[str]) -> list[str]:
    """Give the arguments of a ``docker run`` of the image; without network unless ``options`` give one."""
    network = [] if any(option.startswith(("--network", "--net=")) for option in options) else ["--network=none"]
    named = [] if name is None else [f"--name={name}"]
    return ["run", *network, *named, *options, image.IMAGE, *command]


def _docker_cgroups() -> set[Path]:
    """Find the cgroup directories that Docker makes for its containers, in the unified hierarchy and version 1's."""
    root = Path("/sys/fs/cgroup")
    return {path for path in [root / "docker", *root.glob("*/docker")] if path.is_dir()}
