"""What the kernel is asked for: from the rules' needs to audit rules.

Every system call rule is made for both ABIs of the machine; a call that one of them lacks is left out there. Opens, the
most frequent of all, are asked for container by container where every rule about them is about containers.

Calls about sockets are asked for twice where the machine has socketcall too, which makes any of them: by their own
numbers, and as socketcall with the argument that chooses them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from auditfalco.coverage.abis import host_machines
from auditfalco.coverage.needs import OPEN_CALLS, SOCKETCALL, Needs
from auditfalco.coverage.scopes import Scope
from kernel_sources.audit.rule import AuditRule, Field, rule
from kernel_sources.tables import machine_number, socketcall_number, syscall_number

KEY = "auditfalco"
"""The key of all our audit rules."""


@dataclass(frozen=True)
class Plan:
    """What to install, before any container is seen.

    `calls` are the system calls to record wherever they happen, `container_calls` those to record in containers only.
    `audit_rules` ask for the former; `rules_for` for the latter, given a container's scopes.
    """

    calls: frozenset[str]
    container_calls: frozenset[str]
    login_uids: tuple[int, ...]
    own_pid: int | None = None

    def audit_rules(self) -> tuple[AuditRule, ...]:
        """The audit rules that hold for the whole host."""
        wanted = sorted(self.calls)
        everywhere = [name for name in wanted if name not in OPEN_CALLS]
        opens = [name for name in wanted if name in OPEN_CALLS]
        return (
            *self._rules(everywhere, ()),
            *self._rules(opens, self._not_ourselves()),
            *(rule for name in everywhere for rule in self._multiplexed(name)),
        )

    def rules_for(self, scopes: Iterable[Scope]) -> tuple[AuditRule, ...]:
        """The audit rules that record `container_calls` within some scopes."""
        if not self.container_calls:
            return ()
        calls = sorted(self.container_calls)
        ours = self._not_ourselves()
        return tuple(rule for scope in sorted(scopes, key=str) for rule in self._rules(calls, (*scope.fields(), *ours)))

    def _not_ourselves(self) -> tuple[Field, ...]:
        return () if self.own_pid is None else (Field("pid", "!=", self.own_pid),)

    def _multiplexed(self, call: str) -> Iterable[AuditRule]:
        """The rules that ask for a call made through socketcall; a rule can name only one argument."""
        chosen = socketcall_number(call)
        return () if chosen is None else self._rules([SOCKETCALL], (Field("a0", "=", chosen),))

    def _rules(self, calls: list[str], fields: tuple[Field, ...]) -> Iterable[AuditRule]:
        for login_uid in self.login_uids or (None,):
            scoped = fields if login_uid is None else (*fields, Field("auid", "=", login_uid))
            for machine in host_machines():
                numbers = _numbers(machine, calls)
                arch = machine_number(machine)
                if numbers and arch is not None:
                    yield rule("exit", "always", Field("arch", "=", arch), *scoped, syscalls=numbers, keys=(KEY,))


def _numbers(machine: str, calls: Iterable[str]) -> list[int]:
    found = (syscall_number(machine, name) for name in calls)
    return [number for number in found if number is not None]


def plan(needs: Needs, login_uids: Iterable[int] = (), own_pid: int | None = None) -> Plan:
    """The plan that serves some needs.

    Args:
        needs: what the rules ask for.
        login_uids: when given, only processes with one of these login uids are recorded.
        own_pid: the agent, whose own opens are not recorded.
    """
    return Plan(needs.calls, needs.container_calls - needs.calls, tuple(login_uids), own_pid)
