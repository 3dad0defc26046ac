"""Putting back what somebody took away, at a bounded rate."""

from __future__ import annotations

import time
from collections.abc import Callable

from auditfalco.agent.drops import TokenBucket
from auditfalco.agent.tampering.findings import Expected, Finding, Kind
from kernel_sources.audit.control import AuditControl
from kernel_sources.audit.installed import InstalledRules
from kernel_sources.audit.rule import AuditRule
from kernel_sources.errors import KernelSourceError, RuleRefused

OURS, ALL, NONE = "ours", "all", "none"
MODES = (OURS, ALL, NONE)
"""What is repaired: what is ours, also the filters of others that silence us, or nothing."""

AT_ONCE = 5
A_SECOND = 1.0

_SETTINGS = {Kind.DISABLED: "enabled", Kind.RATE: "rate_limit", Kind.BACKLOG: "backlog_limit"}


class Repair:
    """Mends findings.

    Args:
        control, installed: the way to the kernel.
        expected: what settings are put back to.
        mode: one of MODES.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        control: AuditControl,
        installed: InstalledRules,
        expected: Expected,
        mode: str = OURS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._control = control
        self._installed = installed
        self._expected = expected
        self._mode = mode
        self._clock = clock
        self._bucket = TokenBucket(A_SECOND, AT_ONCE, clock())

    def allowed(self, finding: Finding) -> bool:
        """Whether something is to be done about a finding at all."""
        if self._mode == NONE:
            return False
        if finding.kind is Kind.SILENCED:
            return bool(finding.rules) or self._mode == ALL
        return finding.kind is Kind.REMOVED or finding.kind in _SETTINGS

    def mend(self, finding: Finding) -> str:
        """Try to set one thing right; returns "" for success, else why not, in words that follow "not mended: "."""
        if not self.allowed(finding):
            return "left to people (auditfalco.tampering.repair)" if self._mode != ALL else "nothing can be done"
        if not self._bucket.claim(self._clock()):
            return "too much to mend, it is tried again within seconds"
        try:
            refused = self._mend(finding)
        except (KernelSourceError, OSError) as error:
            return str(error)
        return "; ".join(map(str, refused))

    def _mend(self, finding: Finding) -> list[RuleRefused]:
        if finding.kind is Kind.REMOVED:
            return self._installed.rearm(ahead=True)
        if finding.kind is Kind.SILENCED:
            if self._mode == ALL and finding.filter is not None:
                self._delete(finding.filter)
                return []
            return self._installed.move_ahead(finding.rules)
        setting = _SETTINGS[finding.kind]
        self._installed.put_back(setting, getattr(self._expected.status, setting))
        return []

    def _delete(self, rule: AuditRule) -> None:
        try:
            self._control.delete_rule(rule)
        except RuleRefused:  # it is gone already
            return
