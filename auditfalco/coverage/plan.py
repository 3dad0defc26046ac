"""What the kernel is asked for: from the rules' needs to audit rules.

Every system call rule is made for both ABIs of the machine; a call that one of them lacks is left out there. Opens, the
most frequent of all, are asked for container by container where every rule about them is about containers.

Calls about sockets are asked for twice where the machine has socketcall too, which makes any of them: by their own
numbers, and as socketcall with the argument that chooses them.

The same act can be done through io_uring, past every system call rule; operations have a filter list of their own. They
are rare enough to be asked for on the whole host.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from auditfalco.coverage.abis import host_machines
from auditfalco.coverage.needs import OPEN_CALLS, SOCKETCALL, Needs
from auditfalco.coverage.scopes import Scope
from auditfalco.model.syscallnames import event_type_of
from auditfalco.model.uringoperations import ENTER, OPERATIONS, Operation, operations_for
from kernel_sources.audit.rule import AuditRule, Field, rule
from kernel_sources.tables import machine_number, socketcall_number, syscall_number, uring_number

KEY = "auditfalco"
"""The key of all our audit rules."""


@dataclass(frozen=True)
class Plan:
    """What to install, before any container is seen.

    `calls` are the system calls to record wherever they happen, `container_calls` those to record in containers only.
    `audit_rules` ask for the former, `rules_for` for the latter, given a container's scopes, and `uring_rules` for both
    where they are done through io_uring.
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

    def operations(self) -> list[Operation]:
        """The io_uring operations that stand for the calls.

        Where one of them takes a name, all that take names are among them: names are told apart from operations, and
        only who knows of all operations knows which name is whose.
        """
        wanted = operations_for(frozenset(event_type_of(call) for call in self.calls | self.container_calls))
        if any(operation.names for operation in wanted):
            named = [operation for operation in OPERATIONS.values() if operation.names and operation not in wanted]
            return [*wanted, *named]
        return wanted

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

    def uring_rules(self) -> Iterable[AuditRule]:
        """The audit rules for the same acts done through io_uring, which hold for the whole host.

        They ask for the operations, and for the calls of io_uring_enter that carried names or addresses for them: the
        fields that these rules compare are unset, and never match, in a call that was given neither.
        """
        operations = self.operations()
        numbers = [
            number for number in (uring_number(operation.name) for operation in operations) if number is not None
        ]
        if not numbers:
            return
        for scoped in self._scoped(self._not_ourselves()):
            yield rule("io_uring", "always", *scoped, syscalls=numbers, keys=(KEY,))
        if any(operation.names for operation in operations):
            yield from self._rules([ENTER], (Field("devmajor", ">=", 0),))
        if any(operation.takes_address for operation in operations):
            yield from self._rules([ENTER], (Field("saddr_fam", ">=", 1),))

    def _scoped(self, fields: tuple[Field, ...]) -> Iterable[tuple[Field, ...]]:
        for login_uid in self.login_uids or (None,):
            yield fields if login_uid is None else (*fields, Field("auid", "=", login_uid))

    def _rules(self, calls: list[str], fields: tuple[Field, ...]) -> Iterable[AuditRule]:
        for scoped in self._scoped(fields):
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
