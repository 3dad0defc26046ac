"""`doctor` in a Docker container that shows it the host's files; with the options that it names the agent can run."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence

from harness.agent import CONSOLE_SCRIPT
from harness.docker import Docker, run_arguments

TIMEOUT = 60.0
OPTION = re.compile(r"--(?:cap-add|pid|network|userns)=\w+")


def doctor(docker: Docker, options: Sequence[str]) -> tuple[int, dict[str, dict[str, str]]]:
    """The exit code, and the checks by name, from a container whose /host is the host's root."""
    inside = ["chroot", "/host", str(CONSOLE_SCRIPT), "doctor", "--json"]
    argv = docker.client(*run_arguments(inside, None, ["--rm", "--volume=/:/host", *options]))
    done = subprocess.run(
        argv, capture_output=True, text=True, timeout=TIMEOUT, check=False, env=docker.client_environment()
    )
    document = json.loads(done.stdout)
    return done.returncode, {check["check"]: check for check in document["checks"]}


def test_the_options_that_it_names_are_those_that_it_needs(dockerd: Docker) -> None:
    code, checks = doctor(dockerd, [])
    assert code == 3
    amiss = {name for name, check in checks.items() if check["state"] != "ok"}
    expected = {"audit records", "audit rules", "capabilities", "network namespace", "pid namespace", "fanotify"}
    assert expected <= amiss
    mends = " ".join(check["mend"] for check in checks.values())
    code, checks = doctor(dockerd, sorted(set(OPTION.findall(mends))))
    still = {name: check["found"] for name, check in checks.items() if check["state"] == "fail"}
    assert (code, still) == (0, {})
    able = ("audit records", "audit rules", "capabilities", "pid namespace", "network namespace", "fanotify")
    assert [checks[name]["state"] for name in (*able, "process connector")] == ["ok"] * 7
    assert checks["mount namespace"]["state"] == "warn"
