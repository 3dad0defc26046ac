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
from itertools import groupby
from typing import NamedTuple

from auditfalco.coverage.abis import host_machines
from auditfalco.coverage.keys import KEY
from auditfalco.coverage.needs import OPEN_CALLS, SOCKETCALL, Needs
from auditfalco.coverage.scopes import Scope
from auditfalco.coverage.worth import worth_of
from auditfalco.model.syscallnames import calls_of, event_type_of
from auditfalco.model.uringoperations import ENTER, OPERATIONS, Operation, operations_for
from kernel_sources.audit.rule import AuditRule, Field, rule
from kernel_sources.tables import machine_number, socketcall_number, syscall_number, uring_number


class PlannedRule(NamedTuple):
    """An audit rule, the names of the Falco rules that it serves, and the worth of its events (coverage.worth).

    Without names it serves the agent's own account of the host.
    """

    rule: AuditRule
    serves: tuple[str, ...]
    worth: int


@dataclass(frozen=True)
class Plan:
    """What to install, before any container is seen.

    `audit_rules` ask for what is recorded wherever it happens, `rules_for` for what is recorded in containers only,
    given a container's scopes, and `uring_rules` for both where they are done through io_uring.
    """

    needs: Needs
    login_uids: tuple[int, ...]
    own_pid: int | None = None
    keys: tuple[str, ...] = (KEY,)

    @property
    def calls(self) -> frozenset[str]:
        """The system calls to record wherever they happen."""
        return self.needs.calls

    @property
    def container_calls(self) -> frozenset[str]:
        """The system calls to record in containers only."""
        return self.needs.container_calls - self.needs.calls

    def audit_rules(self) -> tuple[PlannedRule, ...]:
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

    def rules_for(self, scopes: Iterable[Scope]) -> tuple[PlannedRule, ...]:
        """The audit rules that record `container_calls` within some scopes."""
        if not self.container_calls:
            return ()
        calls = sorted(self.container_calls)
        ours = self._not_ourselves()
        return tuple(rule for scope in sorted(scopes, key=str) for rule in self._rules(calls, (*scope.fields(), *ours)))

    def _not_ourselves(self) -> tuple[Field, ...]:
        return () if self.own_pid is None else (Field("pid", "!=", self.own_pid),)

    def _multiplexed(self, call: str) -> Iterable[PlannedRule]:
        """The rules that ask for a call made through socketcall; a rule can name only one argument."""
        chosen = socketcall_number(call)
        return (
            () if chosen is None else self._rules([SOCKETCALL], (Field("a0", "=", chosen),), self.needs.serves([call]))
        )

    def uring_rules(self) -> Iterable[PlannedRule]:
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
        served = self.needs.serves(call for operation in operations for call in sorted(calls_of(operation.event_type)))
        for scoped in self._scoped(self._not_ourselves()):
            made = rule("io_uring", "always", *scoped, syscalls=numbers, keys=self.keys)
            yield PlannedRule(made, served, worth_of(ENTER))
        if any(operation.names for operation in operations):
            yield from self._rules([ENTER], (Field("devmajor", ">=", 0),), served)
        if any(operation.takes_address for operation in operations):
            yield from self._rules([ENTER], (Field("saddr_fam", ">=", 1),), served)

    def _scoped(self, fields: tuple[Field, ...]) -> Iterable[tuple[Field, ...]]:
        for login_uid in self.login_uids or (None,):
            yield fields if login_uid is None else (*fields, Field("auid", "=", login_uid))

    def _rules(
        self, calls: list[str], fields: tuple[Field, ...], serves: tuple[str, ...] | None = None
    ) -> Iterable[PlannedRule]:
        """The rules for some calls, a rule for each worth and machine; `serves` where the calls do not tell it."""
        for worth, alike in groupby(sorted(calls, key=worth_of), key=worth_of):
            chosen = list(alike)
            served = self.needs.serves(chosen) if serves is None else serves
            for scoped in self._scoped(fields):
                for machine in host_machines():
                    numbers = _numbers(machine, chosen)
                    arch = machine_number(machine)
                    if numbers and arch is not None:
                        conditions = (Field("arch", "=", arch), *scoped)
                        made = rule("exit", "always", *conditions, syscalls=numbers, keys=self.keys)
                        yield PlannedRule(made, served, worth)


def _numbers(machine: str, calls: Iterable[str]) -> list[int]:
    found = (syscall_number(machine, name) for name in calls)
    return [number for number in found if number is not None]


def plan(
    needs: Needs, login_uids: Iterable[int] = (), own_pid: int | None = None, keys: tuple[str, ...] = (KEY,)
) -> Plan:
    """The plan that serves some needs.

    Args:
        needs: what the rules ask for.
        login_uids: when given, only processes with one of these login uids are recorded.
        own_pid: the agent, whose own opens are not recorded.
        keys: of every audit rule (coverage.keys).
    """
    return Plan(needs, tuple(login_uids), own_pid, keys)
