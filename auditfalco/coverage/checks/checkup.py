"""All checks of a machine, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence

from auditfalco.coverage.checks.check import FAIL, OK, Check
from auditfalco.coverage.checks.of_audit import audit_checks
from auditfalco.coverage.checks.of_kernel import kernel_checks
from auditfalco.coverage.checks.of_privileges import privilege_checks
from auditfalco.coverage.checks.of_sensors import sensor_checks
from auditfalco.coverage.machine.machine import Machine


def check_all(machine: Machine) -> list[Check]:
    """Every check, audit's before the others."""
    groups = (audit_checks, privilege_checks, sensor_checks, kernel_checks)
    return [check for group in groups for check in group(machine)]


def can_run(checks: Sequence[Check]) -> bool:
    """Whether the agent can run: no check has failed."""
    return all(check.state != FAIL for check in checks)


def failures(checks: Sequence[Check]) -> list[Check]:
    """The checks for which the agent cannot run."""
    return [check for check in checks if check.state == FAIL]


def troubles(checks: Sequence[Check]) -> list[Check]:
    """The checks that found something amiss, in their order."""
    return [check for check in checks if check.state != OK]
