"""How much of what an audit rule asks for reaches us on this machine, and why not the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from auditfalco.coverage.keys import KEY
from auditfalco.coverage.machine.machine import Machine
from auditfalco.coverage.silencers import Extent, dropped_records, keeps_from, silencers
from kernel_sources.audit.rule import AuditRule
from kernel_sources.audit.rule_text import text

_URING = "io_uring"


class Heard(NamedTuple):
    """How much is heard, and the reasons why not all."""

    extent: Extent
    reasons: tuple[str, ...] = ()

    def also(self, other: Heard) -> Heard:
        """What is left where two things stand in the way."""
        return Heard(min(self.extent, other.extent), tuple(dict.fromkeys((*self.reasons, *other.reasons))))


_ALL = Heard(Extent.ALL)


class Hearing:
    """What of audit reaches us on a machine.

    Where audit rules can be added, ours will be there; where not, those that are there have to serve.

    Attributes:
        everything: what holds for every audit rule alike.
    """

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._rules: tuple[AuditRule, ...] = machine.auditing.rules or ()
        self._can_ask = machine.auditing.can_ask
        self.everything = self._of_everything()

    def of(self, asked: AuditRule) -> Heard:
        """How much of what an audit rule asks for is heard."""
        heard = self.everything
        if asked.filter_list == _URING:
            heard = heard.also(self._of_uring())
        if heard.extent is Extent.NONE:
            return heard
        return heard.also(self._silenced(asked) if self._can_ask else self._present(asked))

    def of_later(self) -> Heard:
        """How much is heard of what is asked for later, as containers come."""
        if self.everything.extent is Extent.NONE or self._can_ask:
            return self.everything
        return Heard(Extent.NONE, ("audit is locked, and nothing can be asked for as containers come",))

    def _of_everything(self) -> Heard:
        audit = self._machine.auditing
        if audit.deaf:
            return Heard(Extent.NONE, (f"audit records cannot be read here ({audit.deaf})",))
        if not self._machine.hears_audit:
            return Heard(Extent.NONE, ("audit records are not sent to this network namespace",))
        if audit.status is None:
            return Heard(Extent.NONE, (f"audit rules can be neither added nor listed here ({audit.refusal})",))
        heard = _ALL
        if audit.status.rate_limit:
            heard = Heard(
                Extent.SOME, (f"the kernel drops what comes above {audit.status.rate_limit} audit records a second",)
            )
        for silencer in silencers(self._rules, KEY):
            if silencer.rule.filter_list == "task" or (dropped_records(silencer.rule)):
                left = Extent.NONE if silencer.extent is Extent.ALL else Extent.SOME
                heard = heard.also(Heard(left, (str(silencer),)))
        return heard

    def _of_uring(self) -> Heard:
        if not self._machine.kernel.has_uring or self._machine.auditing.uring:
            return _ALL
        return Heard(Extent.NONE, ("this kernel does not record io_uring operations",))

    def _silenced(self, asked: AuditRule) -> Heard:
        """What is left of a rule that is added behind those that are there."""
        heard = _ALL
        if asked.prepend:
            return heard
        for present in self._rules:
            taken = Extent.NONE if KEY in present.all_keys() else keeps_from(present, asked)
            if taken is not Extent.NONE:
                left = Extent.NONE if taken is Extent.ALL else Extent.SOME
                heard = heard.also(Heard(left, (f"an audit rule that comes first keeps it quiet: {text(present)}",)))
        return heard

    def _present(self, asked: AuditRule) -> Heard:
        """How much of it the rules that are there ask for, where none can be added."""
        served = _served(asked, self._rules)
        heard = Heard(Extent.NONE, ("audit is locked, and no audit rule that is there asks for it",))
        if served == asked.syscalls:
            heard = _ALL
        elif served:
            heard = Heard(Extent.SOME, ("audit is locked, and the audit rules that are there ask for a part of it",))
        return heard


def _served(asked: AuditRule, present: Sequence[AuditRule]) -> frozenset[int]:
    """The calls of an audit rule that those which are there record as it would; the first that matches decides."""
    served: set[int] = set()
    quiet: set[int] = set()
    wanted = {field for field in asked.fields if field.name != "key"}
    for rule in present:
        if rule.filter_list != asked.filter_list:
            continue
        if rule.action == "never":
            quiet |= rule.syscalls if keeps_from(rule, asked) is not Extent.NONE else frozenset()
        elif rule.action == "always" and {field for field in rule.fields if field.name != "key"} <= wanted:
            served |= (rule.syscalls & asked.syscalls) - quiet
    return frozenset(served)
