"""Audit rules made of askings: one for each worth, table of system calls and login uid.

Every rule is made for both ABIs of the machine; a call that one of them lacks is left out there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from auditfalco.coverage.abis import host_machines
from auditfalco.coverage.keys import KEY
from auditfalco.coverage.merging import Asking
from auditfalco.coverage.worth import worth_of
from kernel_sources.audit.rule import AuditRule, Field, rule
from kernel_sources.tables import machine_number, syscall_number

_ORDER = ("success", "exit", "a0", "a1", "a2", "a3", "saddr_fam", "perm")
"""In which order the kernel tests fields: what is told at once before what is looked up; files are last."""


class PlannedRule(NamedTuple):
    """An audit rule, the names of the Falco rules that it serves, and the worth of its events (coverage.worth).

    Without names it serves the agent's own account of the host.
    """

    rule: AuditRule
    serves: tuple[str, ...]
    worth: int


class Maker(NamedTuple):
    """What all rules of a plan have in common: the login uids they are narrowed to (none: everybody's), the keys."""

    login_uids: tuple[int, ...] = ()
    keys: tuple[str, ...] = (KEY,)

    def rules(self, askings: Iterable[Asking], place: tuple[Field, ...] = ()) -> Iterator[PlannedRule]:
        """The rules for some askings.

        Args:
            askings: what to record; a place that is a field is one of the rule's.
            place: further fields, of where the files are.
        """
        for asking in askings:
            where = (asking.passes.place,) if isinstance(asking.passes.place, Field) else ()
            fields = (*sorted(asking.passes.fields, key=_rank), *where, *place)
            for worth, alike in groupby(sorted(asking.calls, key=worth_of), key=worth_of):
                calls = list(alike)
                for scoped in self.scoped(fields):
                    yield from self._of_both_tables(calls, scoped, asking.serves(calls), worth)

    def scoped(self, fields: tuple[Field, ...]) -> Iterator[tuple[Field, ...]]:
        """The fields, once for each login uid."""
        for login_uid in self.login_uids or (None,):
            yield fields if login_uid is None else (Field("auid", "=", login_uid), *fields)

    def _of_both_tables(
        self, calls: list[str], fields: tuple[Field, ...], serves: tuple[str, ...], worth: int
    ) -> Iterator[PlannedRule]:
        for machine in host_machines():
            numbers = numbers_of(machine, calls)
            arch = machine_number(machine)
            if numbers and arch is not None:
                conditions = (Field("arch", "=", arch), *fields)
                yield PlannedRule(rule("exit", "always", *conditions, syscalls=numbers, keys=self.keys), serves, worth)


def numbers_of(machine: str, calls: Iterable[str]) -> list[int]:
    """The numbers that calls have in a machine's table, of those that it has."""
    found = (syscall_number(machine, name) for name in calls)
    return [number for number in found if number is not None]


def _rank(field: Field) -> tuple[int, str]:
    return (_ORDER.index(field.name) if field.name in _ORDER else -1, str(field))
