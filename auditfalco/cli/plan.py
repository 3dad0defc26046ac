"""`auditfalco plan`: what the rules need from the kernel."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from auditfalco.agent.rulefiles import RulesRefused, load_rules
from auditfalco.cli import DONE, FAILED
from auditfalco.cli.options import add_rules
from auditfalco.cli.plan_layout import Laid, audit_rule_lines, document, text_lines
from auditfalco.cli.terminal import shown
from auditfalco.coverage.costs import costs
from auditfalco.coverage.files import HostFiles
from auditfalco.coverage.here import judge
from auditfalco.coverage.kernel import abilities
from auditfalco.coverage.machine.machine import examine
from auditfalco.coverage.marks import watch_list
from auditfalco.coverage.needs import needs_of
from auditfalco.coverage.places import Places
from auditfalco.coverage.plan import Plan
from auditfalco.coverage.scopes import HostMounts
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.ruleset.items import Priority
from auditfalco.ruleset.rule import Ruleset
from auditfalco.text import json_text
from kernel_sources.procfs import ProcFS

FORMATS = ("text", "json", "audit-rules")


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    made = argparse.ArgumentParser(
        prog="auditfalco plan",
        description="Show what the rules need from this machine's kernel: the audit rules, each with the Falco rules"
        " that it serves, the files that fanotify watches, and per rule the sensors. Nothing is changed.",
        epilog="example: auditfalco plan -r my.yaml --format audit-rules > /etc/audit/rules.d/60-auditfalco.rules",
    )
    add_rules(made, "rules (default: the shipped ones)")
    made.add_argument(
        "--format", choices=FORMATS, default="text", help="audit-rules: a file for auditctl -R, augenrules"
    )
    return made


def main(argv: Sequence[str]) -> int:
    """Run the command."""
    options = parser().parse_args(argv)
    try:
        ruleset, _ = load_rules(options.rules, Priority.DEBUG)
    except RulesRefused as error:
        print(f"auditfalco plan: {error}", file=sys.stderr)
        return FAILED
    laid = lay_out(ruleset, ProcFS())
    if options.format == "json":
        print(json_text(document(laid)))
    elif options.format == "audit-rules":
        print("\n".join(audit_rule_lines(laid)))
    else:
        print("\n".join(map(shown, text_lines(laid))))
    return DONE


def lay_out(ruleset: Ruleset, proc: ProcFS) -> Laid:
    """What the rules need here and now."""
    plan = Plan(needs_of(ruleset, CATALOGUE.resolve_output), kernel=abilities())
    places = Places(HostFiles(proc))
    kinds = {
        "the whole host": plan.audit_rules(),
        "files that rules name": plan.file_rules(places),
        "files of containers": plan.container_rules(HostMounts(proc.mountinfo("self") or ()).standing),
        "io_uring": tuple(plan.uring_rules()),
    }
    notes = (*costs(plan), *places.wider, *(f"not there yet: {path}" for path in sorted(places.missing)))
    return Laid(kinds, watch_list(ruleset), judge(ruleset, examine(proc), plan, proc), notes)
