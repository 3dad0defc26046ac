"""What an alert must say, found out by other means than the agent's: docker inspect, stat, /proc."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

from harness.docker import Docker
from harness.shell import ContainerShell

TERMINAL = 136 << 8  # pts/0 of the container: /dev/pts has its own numbering there
FIELD = re.compile(r"%([a-z_]+(?:\.[a-z_]+)*(?:\[[^\]]*\])?)")


def stat_line(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat after the name; [1] is the parent."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()


def comm(pid: int) -> str:
    """The kernel's name of a process."""
    return Path(f"/proc/{pid}/comm").read_text().rstrip("\n")


def parent(pid: int) -> int:
    """The parent of a process."""
    return int(stat_line(pid)[1])


def start_ns(pid: int) -> int:
    """When a process started, in nanoseconds since the epoch, to the clock tick."""
    ticks = int(stat_line(pid)[19])
    boot = _boot_ns()
    return boot + ticks * 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def _boot_ns() -> int:

    return time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def container_fields(docker: Docker, container: str) -> dict[str, Any]:
    """What docker inspect says of a container, under the names of the fields."""
    told = docker.inspect(container)
    repository, tag = told["Config"]["Image"].rsplit(":", 1)
    return {
        "container.id": told["Id"][:12],
        "container.name": told["Name"].lstrip("/"),
        "container.image.repository": repository,
        "container.image.tag": tag,
    }


def shell_fields(docker: Docker, shell: ContainerShell, login_uid: int) -> dict[str, Any]:
    """What holds for everything that a shell in a container does itself, or starts."""
    return {
        **container_fields(docker, shell.container),
        "user.name": "root",
        "user.uid": 0,
        "user.loginuid": login_uid,
        "proc.tty": TERMINAL,
    }


def program_fields(shell: ContainerShell, path: str) -> dict[str, Any]:
    """What stat says of a program in the shell's container."""
    status = os.stat(f"/proc/{shell.pid}/root{path}")
    return {"proc.exe_ino.ctime": status.st_ctime_ns, "proc.exe_ino.mtime": status.st_mtime_ns}


def output_fields(rules: str, rule: str) -> set[str]:
    """The fields that a rule's output names, read from the text of its file; `container.info` stands for its four."""
    block = rules.split(f"- rule: {rule}\n", 1)[1].split("\n- ", 1)[0]
    output = block.split("output:", 1)[1].split("\n  priority:", 1)[0]
    found = set(FIELD.findall(output))
    if "container.info" in found:
        found.remove("container.info")
        found |= {"container.id", "container.name", "container.image.repository", "container.image.tag"}
    return found
