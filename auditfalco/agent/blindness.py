"""Whether audit tells of executions and opens here at all, with the rules that the kernel has now."""

from __future__ import annotations

from collections.abc import Iterable

from auditfalco.coverage.abis import host_machines
from auditfalco.coverage.filters import OPENS
from auditfalco.coverage.hearing import Hearing
from auditfalco.coverage.machine.auditing import Auditing
from auditfalco.coverage.machine.kernel import Kernel
from auditfalco.coverage.machine.machine import Machine
from auditfalco.coverage.needs import EXECUTIONS
from auditfalco.coverage.rulemaking import PlannedRule
from auditfalco.coverage.silencers import Extent
from kernel_sources.tables import syscall_number


def blindness(auditing: Auditing, planned: Iterable[PlannedRule]) -> str:
    """Why nothing is heard of executions, or of the opens that rules ask for; "" when it is heard.

    Args:
        auditing: audit's state, with the rules that the kernel has.
        planned: the audit rules that the agent asks for.
    """
    hearing = Hearing(Machine(Kernel(), auditing=auditing))
    if hearing.everything.extent is Extent.NONE:
        return "; ".join(hearing.everything.reasons)
    for calls in (EXECUTIONS, OPENS):
        known = (syscall_number(host_machines()[0], call) for call in calls)
        numbers = frozenset(number for number in known if number is not None)
        asked = [
            one.rule
            for one in planned
            if (one.rule.filter_list, one.rule.action) == ("exit", "always")
            and not one.rule.syscalls.isdisjoint(numbers)
        ]
        heard = [hearing.of(rule) for rule in asked]
        if heard and all(one.extent is Extent.NONE for one in heard):
            return "; ".join(dict.fromkeys(reason for one in heard for reason in one.reasons))
    return ""
