"""The shipped rules are quiet where nothing happens that they are about: ordinary work raises no alert.

The agent watches with the shipped rules while software is compiled and packed, a repository is cloned, programs in
Python start, logs are rotated, a script does what cron's do, and containers run without a terminal. At the end an act
that a rule is about shows that everything before has been looked at.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness.agent import AgentProcess, StartAgent
from harness.docker import Docker
from harness.machine import SYSTEM_PATH
from harness.rulefiles import CHECKOUT
from harness.scope import AuditScope

RULES = CHECKOUT / "rules"
TIMEOUT = 60.0
PROGRAM = '#include <stdio.h>\nint main(void) { return printf("%d\\n", 42) != 3; }\n'
MAKEFILE = "all: program\nprogram: program.o\n\tgcc -o $@ $<\nprogram.o: program.c\n\tgcc -O2 -c $<\n"
CONTROL = "Package: probe\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: probe\n"
ROTATION = "{directory}/app.log {{\n  rotate 2\n  copytruncate\n  missingok\n}}\n"
DOCKERFILE = f'FROM {Docker.image}\nRUN echo built > /built && chmod 755 /built\nCMD ["cat", "/built"]\n'.encode()
CRON_JOB = """\
set -e
cd "$1"
for file in /etc/passwd /etc/group; do cmp -s "$file" "backup-${file##*/}" || cp -p "$file" "backup-${file##*/}"; done
find . -type f -name '*.old' -mmin +600 -exec rm -f {} \\;
date >> app.log
ls -l | sort | awk '{ print $NF }' > listing
grep -r nothing . || true
tar czf saved.tar.gz backup-passwd listing
"""

GIT_USER = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.org")


@dataclass(frozen=True)
class Work:
    """A command, run in a directory of its own; left out where the program is not installed."""

    name: str
    command: Sequence[str]


WORK = (
    Work("compile", ["gcc", "-O2", "-o", "compiled", "program.c"]),
    Work("make", ["make"]),
    Work("pack", ["dpkg-deb", "--build", "package", "probe.deb"]),
    Work("apt-get", ["apt-get", "--print-uris", "--yes", "install", "busybox-static"]),
    Work("apt-cache", ["apt-cache", "policy", "bash"]),
    Work("dpkg", ["dpkg", "--list"]),
    Work("python", [sys.executable, "-c", "import json, ssl, sqlite3, subprocess; subprocess.run(['true'])"]),
    Work("pip", [sys.executable, "-m", "pip", "list"]),
    Work("repository", ["git", "-C", "repository", "init", "--quiet"]),
    Work("environment", [sys.executable, "-m", "venv", "--without-pip", "environment"]),
    Work(
        "archive",
        ["sh", "-c", "cp /bin/ls archived; tar cf - package | tar tf -; gzip -k program.c; rm -rf environment"],
    ),
    Work("keys", ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "key"]),
    Work("password", ["passwd", "-S", "root"]),
    Work("age", ["chage", "-l", "root"]),
    Work("user", ["su", "-s", "/bin/sh", "-c", "id", "nobody"]),
    Work("user without a login", ["runuser", "-u", "nobody", "--", "id"]),
    Work("permissions", ["visudo", "--check"]),
    Work("jobs", ["run-parts", "--test", "/etc/cron.daily"]),
    Work("commit", ["git", "-C", "repository", *GIT_USER, "commit", "--quiet", "--allow-empty", "--message=none"]),
    Work("clone", ["git", "clone", "--quiet", "repository", "clone"]),
    Work("rotate", ["logrotate", "--force", "--state", "rotation.state", "rotation.conf"]),
    Work("script", ["sh", "job.sh", "."]),
    Work("bash", ["bash", "job.sh", "."]),
    Work("processes", ["sh", "-c", "ps aux; df; mount; id; uptime"]),
    Work("names", ["getent", "passwd", "root"]),
    Work("nobody", ["setpriv", "--reuid=65534", "--clear-groups", "id"]),
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with what the work is about."""
    (tmp_path / "repository").mkdir()
    (tmp_path / "package" / "DEBIAN").mkdir(parents=True)
    for name, text in (
        ("program.c", PROGRAM),
        ("Makefile", MAKEFILE),
        ("package/DEBIAN/control", CONTROL),
        ("rotation.conf", ROTATION.format(directory=tmp_path)),
        ("app.log", "nothing happened\n"),
        ("job.sh", CRON_JOB),
    ):
        (tmp_path / name).write_text(text)
    return tmp_path


def test_ordinary_work_raises_no_alert(
    agent: StartAgent, audit_scope: AuditScope, dockerd: Docker, place: Path
) -> None:
    watching = agent(RULES)
    for work in WORK:
        if shutil.which(work.command[0], path=SYSTEM_PATH) is not None:
            ended = audit_scope.run(work.command, TIMEOUT, cwd=place, env={"PATH": SYSTEM_PATH, "HOME": str(place)})
            assert ended.returncode == 0, f"{work.name}: {ended.stderr}"
    work_in_containers(dockerd)
    audit_scope.run(["ln", "-s", "/etc/shadow", str(place / "link")])
    raised(watching)


def work_in_containers(dockerd: Docker) -> None:
    """Containers come, work without a terminal, and go."""
    dockerd.command("run", "--rm", "--network=none", Docker.image, "sh", "-c", "cat /etc/passwd | wc -l; ls -l /etc")
    service = dockerd.run("sh", "-c", "while sleep 1; do date > /tmp/now; done")
    try:
        dockerd.execute(service, "sh", "-c", "ps; df; id nobody; grep root /etc/passwd; echo x >> /var/log/syslog")
        dockerd.execute(service, "cat", "/etc/nsswitch.conf", options=["--user", "alice"])
        dockerd.command("build", "--quiet", "--tag=quiet", "-", stdin=DOCKERFILE)
        dockerd.restart(service)
    finally:
        dockerd.remove(service)


def raised(watching: AgentProcess) -> None:
    """Nothing but the last act has raised an alert."""
    watching.wait_alert(lambda alert: alert["rule"] == "Create Symlink Over Sensitive Files")
    assert [alert["output"] for alert in watching.alerts()][:-1] == []
