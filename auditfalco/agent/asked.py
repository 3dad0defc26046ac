"""What the kernel is being asked for: the planned audit rules, in force or withheld for a while."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from auditfalco.coverage.rulemaking import PlannedRule
from auditfalco.coverage.worth import VITAL
from kernel_sources.audit.installed import InstalledRules
from kernel_sources.audit.rule import AuditRule
from kernel_sources.errors import KernelSourceError, RuleRefused


class Asked:
    """Keeps planned audit rules installed; those of little worth can be withdrawn and given back.

    Several threads may use it.

    Args:
        installed: where rules go.
    """

    def __init__(self, installed: InstalledRules) -> None:
        self._installed = installed
        self._lock = threading.RLock()
        self._wanted: dict[AuditRule, PlannedRule] = {}
        self._least = 0

    @property
    def wanted(self) -> tuple[PlannedRule, ...]:
        """Every planned rule, withdrawn or not, in the order of their adding."""
        with self._lock:
            return tuple(self._wanted.values())

    @property
    def in_force(self) -> tuple[AuditRule, ...]:
        """The rules of ours that the kernel has."""
        return self._installed.ours

    @property
    def withdrawn(self) -> tuple[PlannedRule, ...]:
        """The planned rules that are withheld now."""
        with self._lock:
            return tuple(planned for planned in self._wanted.values() if planned.worth < self._least)

    def add(self, planned: Iterable[PlannedRule]) -> list[RuleRefused]:
        """Ask for more; returns the kernel's refusals.

        Raises:
            NotPermitted: no right to, or the configuration is locked.
        """
        with self._lock:
            fresh = [one for one in planned if one.rule not in self._wanted]
            self._wanted.update((one.rule, one) for one in fresh)
            return self._installed.add_all(one.rule for one in fresh if one.worth >= self._least)

    def remove(self, rule: AuditRule) -> None:
        """Ask for a rule no more.

        Raises:
            NotPermitted: no right to, or the configuration has been locked since.
        """
        with self._lock:
            self._wanted.pop(rule, None)
            self._installed.remove(rule)

    def missing(self) -> list[AuditRule]:
        """The rules in force here that the kernel has no more: dropped with their directory, or removed by somebody."""
        return self._installed.missing()

    def withdraw(self, below: int) -> list[RuleRefused]:
        """Withhold the rules whose worth is less than `below`, and give back the others; 0 gives back all.

        What is VITAL is never withheld. After a failure what was withheld before counts as withheld.

        Returns:
            The kernel's refusals of what was given back.

        Raises:
            NotPermitted: no right to, or the configuration has been locked since.
        """
        with self._lock:
            before, self._least = self._least, min(below, VITAL)
            try:
                for planned in self.withdrawn:
                    self._installed.remove(planned.rule)
                return self._installed.add_all(one.rule for one in self._wanted.values() if one.worth >= self._least)
            except (KernelSourceError, OSError):
                self._least = before
                raise
