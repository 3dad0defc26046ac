"""Checks of the other sensors, and of what is looked up about containers."""

from __future__ import annotations

from collections.abc import Iterator

from auditfalco.coverage.checks.check import OK, WARN, Check
from auditfalco.coverage.machine.machine import Machine
from auditfalco.coverage.machine.surroundings import Surroundings


def sensor_checks(machine: Machine) -> Iterator[Check]:
    """Every check of them."""
    yield _fanotify(machine)
    yield _connector(machine)
    yield _engines(machine.surroundings)
    yield _packages(machine.surroundings)


def _fanotify(machine: Machine) -> Check:
    if machine.fanotify is None:
        return Check(
            "fanotify",
            WARN,
            f"no fanotify ({machine.no_fanotify}): opens that audit does not record are not seen",
            "CAP_SYS_ADMIN in the initial user namespace, and a kernel with CONFIG_FANOTIFY",
        )
    can = {
        "process descriptors": machine.fanotify.process_descriptors,
        "marks on file systems": machine.fanotify.filesystem_marks,
        "permission events": machine.fanotify.permission_events,
    }
    said = [*can, *(f"{name} {value}" for name, value in machine.fanotify_limits)]
    lacking = [name for name, there in can.items() if not there]
    has = ", ".join(name for name in said if name not in lacking)
    return Check("fanotify", OK, has + (f"; without {', '.join(lacking)}" if lacking else ""))


def _connector(machine: Machine) -> Check:
    if machine.has_connector:
        return Check("process connector", OK, "answers")
    return Check(
        "process connector",
        WARN,
        f"no process connector ({machine.no_connector}):"
        " short-lived processes may lack ancestors, containers and process groups",
        "CAP_NET_ADMIN, the initial namespaces, a kernel with CONFIG_PROC_EVENTS",
    )


def _engines(around: Surroundings) -> Check:
    unreadable = [state for state in around.engines if not state.readable]
    if unreadable:
        named = ", ".join(f"{state.directory} ({state.engine})" for state in unreadable)
        return Check(
            "container engines", WARN, f"state that cannot be read: {named}", "CAP_DAC_READ_SEARCH, or run as root"
        )
    found = ", ".join(f"{state.engine} ({state.directory})" for state in around.engines)
    return Check("container engines", OK, found or "no engine's state is at its usual place")


def _packages(around: Surroundings) -> Check:
    binding = "the audit binding is installed" if around.audit_binding else "no audit binding, which only tests need"
    return Check("packages", OK, ", ".join([*around.packages, binding]))
