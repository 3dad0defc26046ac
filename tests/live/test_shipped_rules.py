"""Every shipped rule is seen to fire by an act of the kind that it is about, on the host or in a container.

One agent watches all acts, with the shipped rules as they are; one image is listed for the rule on entrypoints. Acts
are harmless: what is opened for writing is not written, modules are none, connections stay on the machine.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness.agent import AgentProcess, Alert, environment, run_command
from harness.docker import Docker, DockerFailed
from harness.image import IMAGE
from harness.podman import Podman
from harness.programs import Compiler
from harness.rulefiles import CHECKOUT
from harness.scope import AuditScope
from harness.shell import OpenShell

from auditfalco.agent.rulefiles import expand, load_files
from auditfalco.ruleset.items import Priority

RULES = CHECKOUT / "rules"
ACTS = (Path(__file__).parent / "programs" / "acts.c").read_text()
RING = (Path(__file__).parent / "harness" / "ring.c").read_text()
ENTRYPOINT_IMAGE = "auditfalco-entrypoint"
LISTED = f"""\
- list: entrypoint_only_images
  items: [{ENTRYPOINT_IMAGE}]
  override:
    items: append
"""
CANNOT = 2


@dataclass(frozen=True)
class OnHost:
    """A command on the host; `{acts}`, `{ring}`, `{acts32}` stand for the programs, `{tmp}` for a directory."""

    rule: str
    command: Sequence[str]
    called: str = "acts"


@dataclass(frozen=True)
class Inside:
    """A command in a container, with `options` for its start and `before` run in it first."""

    rule: str
    command: Sequence[str]
    options: Sequence[str] = ()
    before: Sequence[str] = ()
    called: str = "acts"
    directory: str = "/"


HOST = [
    OnHost("Kernel Helper Path Written", ["{acts}", "write", "/proc/sys/kernel/core_pattern"]),
    OnHost("PTRACE attached to process", ["{acts}", "attach"]),
    OnHost("PTRACE anti-debug attempt", ["{acts}", "traceme"]),
    OnHost("Memory of Another Process Written", ["{acts}", "memory"]),
    OnHost("Memory of Another Process Written", ["{acts}", "vector"]),
    OnHost("Unprivileged Delegation of Page Faults Handling to a Userspace Process", ["{acts}", "faults"]),
    OnHost("io_uring Instance Created", ["{acts}", "ring"]),
    OnHost("Network Connection through io_uring", ["{ring}", "inline", "0", "connect", "0x1", "127.0.0.1", "9"]),
    OnHost("32-bit System Call", ["{acts32}", "redirect"]),
    OnHost("File Opened by Handle", ["{acts}", "handle", "{tmp}/by-handle"]),
    OnHost("Audit Control Run", ["auditctl", "-R", "/dev/null"]),
    OnHost("Read sensitive file untrusted", ["cat", "/etc/shadow"]),
    OnHost("Set Setuid or Setgid bit", ["{acts}", "fchmodat2", "{tmp}/set-user-id"]),
    OnHost("Fileless execution via memfd_create", ["{acts}", "memfd"]),
    OnHost("Execution from /dev/shm", ["/bin/sh", "-c", "cp {acts} /dev/shm/$$; /dev/shm/$$; rm /dev/shm/$$"]),
    OnHost("Program Under a Borrowed Name", ["{acts}"], "sshd"),
    OnHost("Remove Bulk Data from Disk", ["shred", "--version"]),
    OnHost("Run shell untrusted", ["{acts}", "run", "/bin/sh", "-c", "true"], "nginx"),
    OnHost("System user interactive", ["{acts}", "run-as-33", "/usr/bin/id"], "sshd"),
]
CONTAINER = [
    Inside(
        "Linux Kernel Module Injection Detected",
        ["/opt/acts", "module"],
        ["--cap-add=SYS_MODULE", "--security-opt=seccomp=unconfined"],
    ),
    Inside(
        "Detect release_agent File Container Escapes",
        ["sh", "-c", ": > /tmp/release_agent"],
        ["--cap-add=SYS_ADMIN"],
    ),
    Inside("Block Device Opened Directly", ["/opt/acts", "read", "/dev/innocent"], ["--device={disk}:/dev/innocent"]),
    Inside("Audit Configuration Changed", ["sh", "-c", "mkdir -p /etc/audit; : > /etc/audit/audit.rules"]),
    Inside("Detector Files Changed", ["sh", "-c", "mkdir -p /etc/falco; : > /etc/falco/falco_rules.local.yaml"]),
    Inside("Clear Log Activities", ["sh", "-c", ": > /var/log/syslog"]),
    Inside("Clear Log Activities", ["truncate", "-s", "0", "/var/log/syslog"]),
    Inside("Clear Log Activities", ["/opt/acts", "creat", "/var/log/syslog"]),
    Inside("Clear Log Activities", ["rm", "/var/log/syslog"]),
    Inside("Directory traversal monitored file read", ["cat", "../../etc/passwd"], directory="/home/alice"),
    Inside("Read sensitive file trusted after startup", ["/opt/nginx", "late", "/etc/shadow"], called="nginx"),
    Inside("Read sensitive file untrusted", ["cat", "/etc/shadow"]),
    Inside("Create Symlink Over Sensitive Files", ["ln", "-s", "/etc/shadow", "/tmp/link"]),
    Inside("Create Hardlink Over Sensitive Files", ["ln", "/etc/shadow", "/tmp/link"]),
    Inside("Search Private Keys or Passwords", ["grep", "BEGIN RSA PRIVATE", "/etc/passwd"]),
    Inside("Find AWS Credentials", ["find", "/root", "-path", "*/.aws/credentials"]),
    Inside("Set Setuid or Setgid bit", ["chmod", "u+s", "/etc/nsswitch.conf"]),
    Inside(
        "Contact K8S API Server From Container",
        ["/opt/acts", "connect", "10.96.0.1", "443"],
        ["--cap-add=NET_ADMIN"],
        ["ip", "address", "add", "10.96.0.1/32", "dev", "lo"],
    ),
    Inside("Packet socket created in container", ["/opt/acts", "packets"]),
    Inside("Redirect STDOUT/STDIN to Network Connection in Container", ["/opt/acts", "redirect"]),
    Inside(
        "Disallowed SSH Connection Non Standard Port",
        ["/opt/ssh", "connect", "198.51.100.7", "443"],
        ["--cap-add=NET_ADMIN"],
        ["ip", "address", "add", "198.51.100.7/32", "dev", "lo"],
        "ssh",
    ),
    Inside("Drop and execute new binary in container", ["/opt/acts"]),
    Inside("Netcat Remote Code Execution in Container", ["nc", "-w", "1", "127.0.0.1", "9", "-e", "/bin/true"]),
    Inside("Launch Package Management Process in Container", ["rpm", "-q", "none"]),
]
BY_HAND = {
    "Debugfs Launched in Privileged Container",
    "Program Beside the Entrypoint",
    "Terminal shell in container",
    "Log commands in an interactive shell",
    "Log read and write in container in an interactive shell",
}


@pytest.fixture(scope="module")
def watching(audit_scope: AuditScope, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgentProcess]:
    """The agent with the shipped rules, for all acts."""
    listed = tmp_path_factory.mktemp("rules") / "listed.yaml"
    listed.write_text(LISTED)
    process = AgentProcess(run_command([RULES, listed], audit_scope.login_uid), environment())
    try:
        process.wait_ready()
        yield process
    finally:
        process.close()


@pytest.fixture
def start_container(dockerd: Docker) -> Iterator[Callable[..., str]]:
    """Start idle containers, which go with the test."""
    started: list[str] = []

    def start(options: Sequence[str] = (), image: str = IMAGE) -> str:
        arguments = ["run", "--detach", "--network=none", *options, image, "sleep", "600"]
        started.append(dockerd.command(*arguments))
        return started[-1]

    yield start
    for container in started:
        dockerd.remove(container)


def alert_of(rule: str, **fields: object) -> Callable[[Alert], bool]:
    """An alert of a rule, some of whose fields (with `__` for the dot) have these values."""
    wanted = {name.replace("__", "."): value for name, value in fields.items()}

    def fits(alert: Alert) -> bool:
        return alert["rule"] == rule and all(
            alert["output_fields"].get(name) == value for name, value in wanted.items()
        )

    return fits


def first_disk() -> str:
    """A block device of the host that can be opened."""
    for entry in sorted(Path("/dev").iterdir()):
        if stat.S_ISBLK(entry.stat().st_mode):
            return str(entry)
    pytest.skip("this machine has no block device")


def test_every_rule_has_an_act() -> None:
    shipped = {rule.name for rule in load_files(expand([str(RULES)]).paths, Priority.DEBUG).ruleset}
    assert {act.rule for act in (*HOST, *CONTAINER)} | BY_HAND == shipped


@pytest.mark.parametrize("act", HOST, ids=lambda act: f"{act.rule}-{act.command[-1]}")
def test_on_the_host(
    act: OnHost, watching: AgentProcess, audit_scope: AuditScope, compile_c: Compiler, tmp_path: Path
) -> None:
    words = {"tmp": tmp_path}
    for word, source, bits in (("acts", ACTS, 64), ("acts32", ACTS, 32), ("ring", RING, 64)):
        if any(f"{{{word}}}" in part for part in act.command):
            words[word] = compile_c(source, act.called if word == "acts" else word, bits=bits)
    before = watching.alert_count()
    ended = audit_scope.run([part.format(**words) for part in act.command])
    if ended.returncode == CANNOT:
        pytest.skip(f"cannot be done here: {ended.stderr.strip()}")
    alert = watching.wait_alert(alert_of(act.rule), after=before)
    assert alert["output_fields"]["user.loginuid"] == audit_scope.login_uid
    assert alert["output_fields"]["container.id"] == "host"


@pytest.mark.parametrize("act", CONTAINER, ids=lambda act: f"{act.rule}-{act.command[-1]}")
def test_in_a_container(
    act: Inside, watching: AgentProcess, dockerd: Docker, start_container: Callable[..., str], compile_c: Compiler
) -> None:
    container = start_container([option.format(disk=first_disk()) for option in act.options])
    if act.command[0].startswith("/opt/"):
        dockerd.copy_in(compile_c(ACTS, act.called), container, act.command[0])
    if act.before:
        dockerd.execute(container, *act.before)
    before = watching.alert_count()
    with suppress(DockerFailed):  # that nobody listens, or nothing is found, is no matter: the alert is
        dockerd.execute(container, *act.command, options=["--workdir", act.directory])
    watching.wait_alert(alert_of(act.rule, container__id=container[:12]), after=before)


def test_debugfs_in_a_privileged_container(watching: AgentProcess, podman: Podman) -> None:
    # Docker refuses to start one where the machine itself lacks a capability; Podman gives what there is.
    container = podman.run("sleep", "600", options=["--privileged"])
    try:
        podman.execute(container, "sh", "-c", "ln -s /bin/busybox /tmp/debugfs; /tmp/debugfs || true")
        watching.wait_alert(alert_of("Debugfs Launched in Privileged Container", container__id=container[:12]))
    finally:
        podman.remove(container)


def test_beside_the_entrypoint(watching: AgentProcess, dockerd: Docker, start_container: Callable[..., str]) -> None:
    dockerd.command("tag", IMAGE, f"{ENTRYPOINT_IMAGE}:1.0")
    container = start_container(image=f"{ENTRYPOINT_IMAGE}:1.0")
    before = watching.alert_count()
    dockerd.execute(container, "/bin/uname")
    alert = watching.wait_alert(alert_of("Program Beside the Entrypoint", container__id=container[:12]))
    assert alert["output_fields"]["proc.name"] == "uname", alert["output"]
    assert before == watching.alerts().index(alert), "the entrypoint itself has raised an alert"


def test_people_at_a_terminal(watching: AgentProcess, container_shell: OpenShell) -> None:
    shell = container_shell()
    place = {"container__id": shell.container[:12]}
    watching.wait_alert(alert_of("Terminal shell in container", **place))
    shell.run("/bin/uname; : > /tmp/x")
    watching.wait_alert(alert_of("Log commands in an interactive shell", proc__name="uname", **place))
    watching.wait_alert(alert_of("Log read and write in container in an interactive shell", fd__name="/tmp/x", **place))
