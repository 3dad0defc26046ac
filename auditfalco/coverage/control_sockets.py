"""The audit rule that tells who opens a socket to audit itself: nobody changes audit without one.

It serves no Falco rule but the agent's own account of the host: where a change of audit keeps its own record from being
written, this is what names who did it. By socketcall, which alone 32-bit programs of old use, it is not seen.
"""

from __future__ import annotations

from collections.abc import Iterable

from auditfalco.coverage.abis import host_machines
from auditfalco.coverage.rulemaking import PlannedRule
from auditfalco.coverage.worth import VITAL
from kernel_sources.audit.rule import Field, rule
from kernel_sources.tables import machine_number, syscall_number

_NETLINK, _NETLINK_AUDIT = 16, 9


def control_socket_rules(login_uids: Iterable[int], keys: tuple[str, ...]) -> Iterable[PlannedRule]:
    """The audit rules, for all processes or those of some login uids."""
    for login_uid in tuple(login_uids) or (None,):
        scope = () if login_uid is None else (Field("auid", "=", login_uid),)
        for machine in host_machines():
            arch, number = machine_number(machine), syscall_number(machine, "socket")
            if arch is not None and number is not None:
                conditions = (Field("a0", "=", _NETLINK), Field("a2", "=", _NETLINK_AUDIT), *scope)
                made = rule("exit", "always", Field("arch", "=", arch), *conditions, syscalls=[number], keys=keys)
                yield PlannedRule(made, (), VITAL)
