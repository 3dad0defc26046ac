"""The verdicts on a ruleset, with what the agent would ask for on this machine."""

from __future__ import annotations

from auditfalco.coverage.files import HostFiles
from auditfalco.coverage.machine.machine import Machine
from auditfalco.coverage.needs import needs_of
from auditfalco.coverage.places import Places
from auditfalco.coverage.plan import Plan
from auditfalco.coverage.scopes import HostMounts
from auditfalco.coverage.verdict import Verdict, Verdicts
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.ruleset.rule import Ruleset
from kernel_sources.procfs import ProcFS


def verdicts_here(ruleset: Ruleset, machine: Machine, proc: ProcFS) -> list[Verdict]:
    """What becomes of each rule, in the order of the rules.

    Args:
        ruleset: the rules, those that are switched off among them.
        machine: the facts.
        proc: where the mount table is read, which decides what is asked for in containers.
    """
    return judge(ruleset, machine, Plan(needs_of(ruleset, CATALOGUE.resolve_output)), proc)


def judge(ruleset: Ruleset, machine: Machine, planned: Plan, proc: ProcFS) -> list[Verdict]:
    """The same, for a plan that is there already."""
    standing = HostMounts(proc.mountinfo("self") or ()).standing
    of_files = (*planned.file_rules(Places(HostFiles(proc))), *planned.container_rules(standing))
    verdicts = Verdicts(machine, (*planned.audit_rules(), *planned.uring_rules(), *of_files), planned.followed_calls)
    return [verdicts.of(rule) for rule in ruleset]
