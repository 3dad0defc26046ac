"""What a run tells at its start of what stands in its way, in the words of `auditfalco doctor` and `coverage`."""

from __future__ import annotations

from collections.abc import Iterable

from auditfalco.agent.daemon import MachineCannot
from auditfalco.coverage.checks.checkup import check_all, failures, troubles
from auditfalco.coverage.machine.machine import Machine
from auditfalco.coverage.verdict import BLIND, FULL, SWITCHED_OFF, Verdict


def obstacles(machine: Machine) -> list[str]:
    """What is amiss with a machine on which the agent can run, with the mends, a line each.

    Raises:
        MachineCannot: it cannot.
    """
    checks = check_all(machine)
    failed = failures(checks)
    if failed:
        raise MachineCannot(failed[0].found, mend=f"mend: {failed[0].mend}")
    return [str(check) for check in troubles(checks)]


def dark_rules(verdicts: Iterable[Verdict]) -> list[str]:
    """The rules that are blind or partly so on this machine, a line for all that are so for the same reasons."""
    groups: dict[tuple[bool, tuple[str, ...]], list[str]] = {}
    for verdict in verdicts:
        if verdict.state != FULL and SWITCHED_OFF not in verdict.reasons:
            groups.setdefault((verdict.state != BLIND, verdict.reasons), []).append(verdict.rule)
    return [
        f"{'partly blind' if partly else 'blind'} here: {', '.join(map(repr, names))}: {'; '.join(reasons)}"
        for (partly, reasons), names in sorted(groups.items(), key=lambda group: group[0][0])
    ]
