"""Checks of what this process may: capabilities, namespaces, the sight of other processes."""

from __future__ import annotations

from collections.abc import Iterator

from auditfalco.coverage.checks.check import FAIL, OK, WARN, Check
from auditfalco.coverage.machine.machine import Machine
from auditfalco.coverage.machine.privileges import Privileges

_USES = {
    "CAP_AUDIT_READ": "audit records",
    "CAP_AUDIT_CONTROL": "audit rules",
    "CAP_NET_ADMIN": "the process connector before Linux 6.6, and large receive buffers",
    "CAP_SYS_ADMIN": "fanotify",
    "CAP_SYS_PTRACE": "other users' processes: their program, directory, descriptors, environment",
    "CAP_DAC_READ_SEARCH": "files of other users, such as container engines' state",
}
"""What each capability is needed for; CAP_SYS_RESOURCE is not needed."""

_VITAL = "CAP_AUDIT_READ"


def privilege_checks(machine: Machine) -> Iterator[Check]:
    """Every check of rights and namespaces."""
    privileges = machine.privileges
    yield _capabilities(privileges)
    yield _user(privileges)
    yield _pid(privileges)
    yield _net(privileges)
    yield _mount(privileges)
    yield _processes(privileges)


def _capabilities(privileges: Privileges) -> Check:
    missing = [name for name in _USES if name not in privileges.effective]
    if not missing:
        where = ", but in this user namespace alone" if privileges.user is False else ""
        return Check("capabilities", OK, f"all that are needed: {', '.join(_USES)}{where}")
    found = "; ".join(f"{name} is missing ({_USES[name]})" for name in missing)
    state = FAIL if _VITAL in missing else WARN
    return Check("capabilities", state, found, _capability_mend(privileges, missing))


def _capability_mend(privileges: Privileges, missing: list[str]) -> str:
    if set(missing) <= privileges.bounding and not privileges.root:
        return "run as root"
    short = [name[len("CAP_") :] for name in missing]
    docker = " ".join(f"--cap-add={name}" for name in short)
    unit = " ".join(missing)
    return f"docker run {docker}; in a systemd unit CapabilityBoundingSet={unit} beside those that it has"


def _user(privileges: Privileges) -> Check:
    if privileges.user is not False:
        return Check("user namespace", OK, "the initial one" if privileges.user else "not known")
    return Check(
        "user namespace",
        FAIL,
        "this is not the initial user namespace: its capabilities count for nothing with audit and fanotify",
        "run on the host (docker run --userns=host)",
    )


def _pid(privileges: Privileges) -> Check:
    if privileges.pid:
        return Check("pid namespace", OK, "the initial one")
    if privileges.pid is None:
        found = "this process is not in /proc, which is that of another pid namespace: processes cannot be looked up"
        return Check("pid namespace", WARN, found, "run on the host (docker run --pid=host), with its /proc")
    return Check(
        "pid namespace",
        WARN,
        "this is not the initial pid namespace: audit rules cannot be changed, there are no process events, and the"
        " numbers of processes in records are not those that are seen here",
        "run on the host (docker run --pid=host)",
    )


def _net(privileges: Privileges) -> Check:
    if privileges.net is not False:
        return Check("network namespace", OK, "the initial one" if privileges.net else "not known")
    return Check(
        "network namespace",
        FAIL,
        "this is not the initial network namespace: audit records do not arrive here",
        "run on the host (docker run --network=host)",
    )


def _mount(privileges: Privileges) -> Check:
    if privileges.mount is not False:
        return Check("mount namespace", OK, "the machine's first one" if privileges.mount else "not known")
    return Check(
        "mount namespace",
        WARN,
        "this is not the machine's first mount namespace: container engines' state, users and the files that rules name"
        " are looked for in this one's files",
        "run on the host, or mount the engines' directories where they are there (docker run -v /run:/run:ro …)",
    )


def _processes(privileges: Privileges) -> Check:
    if privileges.hidden and not (privileges.may("CAP_SYS_PTRACE") or privileges.root):
        return Check(
            "other processes",
            WARN,
            f"/proc is mounted with hidepid={privileges.hidden}: other users' processes are not seen",
            "mount -o remount,hidepid=0 /proc, or CAP_SYS_PTRACE",
        )
    return Check("other processes", OK, "are seen in /proc")
