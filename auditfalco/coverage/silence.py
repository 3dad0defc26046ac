"""What the kernel is asked to keep quiet about: rules in front of all others, so that none after them is tried.

Whoever a rule silences is not seen at all in the calls that it names, so these are few: the agent's own opens, and what
programs do that the operator calls noisy, but for their vital calls (coverage.worth).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from auditfalco.coverage.abis import host_machines
from auditfalco.coverage.rulemaking import PlannedRule, numbers_of
from auditfalco.coverage.worth import VITAL, worth_of
from kernel_sources.audit.rule import Field, rule
from kernel_sources.tables import machine_number


def ourselves(own_pid: int | None, keys: tuple[str, ...], calls: Iterable[str]) -> Iterator[PlannedRule]:
    """The rule for calls of the agent itself; its children are not meant."""
    if own_pid is not None:
        yield from _never([os.uname().machine], sorted(calls), Field("pid", "=", own_pid), keys)


def programs(paths: Iterable[str], keys: tuple[str, ...], calls: Iterable[str]) -> Iterator[PlannedRule]:
    """The rules for calls of programs, by the paths of their files."""
    quiet = [call for call in sorted(calls) if worth_of(call) < VITAL]
    for path in paths:
        yield from _never(host_machines(), quiet, Field("exe", "=", path), keys)


def _never(machines: Iterable[str], calls: list[str], who: Field, keys: tuple[str, ...]) -> Iterator[PlannedRule]:
    for machine in machines:
        numbers, arch = numbers_of(machine, calls), machine_number(machine)
        if numbers and arch is not None:
            made = rule("exit", "never", Field("arch", "=", arch), who, syscalls=numbers, keys=keys, prepend=True)
            yield PlannedRule(made, (), VITAL)
