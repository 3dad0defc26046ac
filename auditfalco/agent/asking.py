"""Asks the kernel for planned rules; what it does not understand is asked for more widely, never not at all."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from auditfalco.agent.asked import Asked
from auditfalco.coverage.rulemaking import PlannedRule
from kernel_sources.audit import rule_text
from kernel_sources.audit.rule import AuditRule
from kernel_sources.errors import RuleRefused

_KEPT = frozenset({"arch", "auid", "pid", "exe"})
"""The fields that no widening may leave out: of whom and of which table of system calls a rule speaks."""


class Answer(NamedTuple):
    """What the kernel made of a request: for each rule taken the form in which it is in force, and the refusals.

    Refused rules are not in force in any form; those may be asked for again later.
    """

    taken: dict[AuditRule, AuditRule]
    refused: list[RuleRefused]


def ask(asked: Asked, planned: Iterable[PlannedRule]) -> Answer:
    """Ask for rules; a rule that the kernel finds wrong is asked for again with a field less, until it is taken.

    Raises:
        NotPermitted: no right to, or the configuration is locked.
    """
    forms = {one.rule: one for one in planned}
    answer = Answer({}, [])
    while forms:
        refused = {refusal.rule: refusal for refusal in asked.add(forms.values())}
        again = {}
        for first, form in forms.items():
            refusal = refused.get(rule_text.text(form.rule))
            if refusal is None:
                answer.taken[first] = form.rule
                continue
            asked.remove(form.rule)
            wider = widened(form) if refusal.errno == errno.EINVAL else None
            if wider is None:
                answer.refused.append(refusal)
            else:
                again[first] = wider
        forms = again
    return answer


def widened(planned: PlannedRule) -> PlannedRule | None:
    """The rule without its last field that may be left out; None where there is none, or leaving out would silence."""
    fields = planned.rule.fields
    last = next((index for index in reversed(range(len(fields))) if fields[index].name not in _KEPT), None)
    if last is None or planned.rule.action != "always":
        return None
    rule = planned.rule
    fewer = (*fields[:last], *fields[last + 1 :])
    return planned._replace(rule=replace(rule, fields=fewer))
