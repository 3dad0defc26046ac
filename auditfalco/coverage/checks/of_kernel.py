"""Checks of the kernel: its version, what it was built with, io_uring, the 32-bit calls, what restrains it."""

from __future__ import annotations

from collections.abc import Iterator

from auditfalco.coverage.abis import host_machines
from auditfalco.coverage.checks.check import FAIL, OK, WARN, Check
from auditfalco.coverage.machine.auditing import URING_RELEASE
from auditfalco.coverage.machine.kernel import Kernel
from auditfalco.coverage.machine.machine import Machine

_OPTIONS = {
    "CONFIG_AUDIT": "audit records",
    "CONFIG_AUDITSYSCALL": "audit records of system calls",
    "CONFIG_FANOTIFY": "fanotify",
    "CONFIG_FANOTIFY_ACCESS_PERMISSIONS": "fanotify's permission events",
    "CONFIG_PROC_EVENTS": "the process connector",
}
_VITAL = frozenset({"CONFIG_AUDIT", "CONFIG_AUDITSYSCALL"})
_COMPATIBLE = "CONFIG_IA32_EMULATION"
_BPF = {"0": "allowed", "1": "off until the next boot", "2": "off"}


def kernel_checks(machine: Machine) -> Iterator[Check]:
    """Every check of the kernel."""
    kernel = machine.kernel
    yield _version(kernel)
    yield _options(kernel)
    yield _uring(machine)
    yield _compatible(kernel)
    yield _restraints(kernel)


def _version(kernel: Kernel) -> Check:
    found = f"Linux {kernel.release} on {kernel.machine}"
    if kernel.version >= URING_RELEASE:
        return Check("kernel", OK, found)
    return Check(
        "kernel",
        WARN,
        f"{found}: unless the distribution has added it, the flags of openat2 are not recorded",
        "Linux 5.16 or later",
    )


def _options(kernel: Kernel) -> Check:
    if kernel.options is None:
        found = "what the kernel was built with is nowhere to be read; the other checks tell what works"
        return Check("kernel config", OK, found)
    missing = [option for option in _OPTIONS if not kernel.has(option)]
    if not missing:
        return Check("kernel config", OK, ", ".join(name.replace("CONFIG_", "") for name in _OPTIONS))
    lacking = ", ".join(f"{option} ({_OPTIONS[option]})" for option in missing)
    state = FAIL if _VITAL.intersection(missing) else WARN
    return Check("kernel config", state, f"built without {lacking}", "a kernel that is built with it")


def _uring(machine: Machine) -> Check:
    kernel, known = machine.kernel, machine.auditing.uring
    if not kernel.has_uring:
        return Check("io_uring", OK, "the kernel lets nobody use io_uring")
    if known:
        return Check("io_uring", OK, "what is done through io_uring can be asked for, but for reading and writing")
    found = "this kernel does not record io_uring operations" if known is False else "not known whether it records them"
    return Check(
        "io_uring",
        WARN,
        f"{found}: what is done through io_uring is not seen",
        "Linux 5.16 or later, or sysctl kernel.io_uring_disabled=2 where the kernel has it (6.6)",
    )


def _compatible(kernel: Kernel) -> Check:
    machines = host_machines()
    if len(machines) == 1:
        return Check("32-bit programs", OK, f"{machines[0]} has one table of system calls")
    if kernel.machine == "x86_64" and kernel.has(_COMPATIBLE) is False:
        return Check("32-bit programs", OK, "the kernel runs none; audit rules for their calls do no harm")
    return Check("32-bit programs", OK, f"their calls are asked for too ({machines[1]})")


def _restraints(kernel: Kernel) -> Check:
    """What forbids eBPF and modules, as information; a security module may restrain the agent too."""
    said = [f"lockdown {kernel.lockdown}"] if kernel.lockdown is not None else []
    bpf = kernel.settings.get("kernel.unprivileged_bpf_disabled")
    if bpf is not None:
        said.append(f"unprivileged eBPF {_BPF.get(bpf, bpf)}")
    if kernel.has("CONFIG_MODULES") is False:
        said.append("the kernel loads no modules")
    elif kernel.settings.get("kernel.modules_disabled") == "1":
        said.append("loading of modules off")
    said += [f"{module}: if it keeps the agent from something, the other checks tell" for module in kernel.confined]
    return Check("eBPF and modules", OK, "; ".join(["neither is needed", *said]))
