"""For each rule, whether it can fire on this machine: full, partial or blind, with the reasons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from auditfalco.coverage.absent import NO_PARAMETER, never_told, outcome
from auditfalco.coverage.filters import OPENS, SOCKETCALL
from auditfalco.coverage.hearing import Heard, Hearing
from auditfalco.coverage.lookups import missing_lookups
from auditfalco.coverage.machine.machine import Machine
from auditfalco.coverage.marks import watch_list
from auditfalco.coverage.needs import EXECUTIONS, SOURCE, syscalls
from auditfalco.coverage.rulemaking import PlannedRule
from auditfalco.coverage.silencers import Extent
from auditfalco.coverage.stand_in import CONNECTOR, FANOTIFY, OPEN, is_needed, stand_in
from auditfalco.coverage.unheard import passes_unheard
from auditfalco.errors import AuditfalcoError
from auditfalco.fields.catalogue import CATALOGUE
from auditfalco.language.eventset import EventSet
from auditfalco.language.tree import checks, fields
from auditfalco.model.eventtypes import EVENT_TYPES_BY_NAME
from auditfalco.model.uringoperations import OPERATIONS
from auditfalco.normalise.exits import EVENT_TYPE as EXIT
from auditfalco.ruleset.rule import Rule
from kernel_sources.tables import UNAUDITED, machine_name, socketcall_number, syscall_number

FULL, PARTIAL, BLIND = "full", "partial", "blind"

AUDIT, URING = "audit", "io_uring"
"""The sensors beside fanotify and the process connector: audit's system calls, audit's list for io_uring."""

_ORDER = (AUDIT, URING, FANOTIFY, CONNECTOR)

SWITCHED_OFF = "it is switched off"


class Verdict(NamedTuple):
    """What becomes of a rule here.

    Attributes:
        rule: its name.
        state: FULL, PARTIAL or BLIND; BLIND for a rule that is switched off.
        reasons: why it is not FULL.
        event_types: the event types that it is run on, of those that can occur here.
        sensors: what tells of them here.
    """

    rule: str
    state: str
    reasons: tuple[str, ...]
    event_types: tuple[str, ...]
    sensors: tuple[str, ...]


class _Told(NamedTuple):
    """How one event type is told."""

    heard: Heard
    sensors: frozenset[str]


class Verdicts:
    """Judges rules on a machine.

    Args:
        machine: the facts.
        planned: the audit rules that the agent asks for here.
        followed: calls that are asked for as files and containers come, and may be in no planned rule yet.
    """

    def __init__(self, machine: Machine, planned: Sequence[PlannedRule], followed: frozenset[str]) -> None:
        self._machine = machine
        self._hearing = Hearing(machine)
        self._planned = [(one, self._hearing.of(one.rule)) for one in planned]
        self._followed = followed
        self._stands_in = self._hearing.everything.extent is Extent.NONE or any(
            is_needed(heard for one, heard in self._planned if _asks(one, calls)) for calls in (EXECUTIONS, OPENS)
        )

    def of(self, rule: Rule) -> Verdict:
        """What becomes of a rule."""
        if not rule.enabled:
            return Verdict(rule.name, BLIND, (SWITCHED_OFF,), (), ())
        if rule.source != SOURCE:
            return Verdict(rule.name, BLIND, (f"its events come from {rule.source}, which is no source here",), (), ())
        types = _run_on(rule)
        possible, reasons = self._possible(rule, types)
        told = {event_type: self._told(rule, event_type) for event_type in possible}
        reasons += [reason for one in told.values() for reason in one.heard.reasons]
        heard = [event_type for event_type, one in told.items() if one.heard.extent is not Extent.NONE]
        sensors = {sensor for event_type in heard for sensor in told[event_type].sensors}
        if rule.events.all_but:
            reasons.append(f"it names no event type: it is run on {' and '.join([*types, 'what other rules ask for'])}")
        if heard:
            reasons += self._beside(rule, types)
            reasons += missing_lookups(self._machine, _names(rule))
        sees_others = rule.events.all_but and self._hearing.everything.extent is not Extent.NONE
        state = FULL if not reasons else PARTIAL if heard or (sees_others and not types) else BLIND
        if OPEN in heard and self._machine.fanotify is not None and any(watch_list([rule])[:2]):
            sensors.add(FANOTIFY)
        ordered = tuple(sensor for sensor in _ORDER if sensor in sensors)
        return Verdict(rule.name, state, tuple(dict.fromkeys(reasons)), tuple(types), ordered)

    def _possible(self, rule: Rule, types: Iterable[str]) -> tuple[list[str], list[str]]:
        """The event types for which the condition can be true, and what stands against the others."""
        possible, reasons = [], []
        for event_type in types:
            found = outcome(rule.condition, event_type, never_told(event_type))
            reasons += sorted(found.absent)
            if found.can_hold:
                possible.append(event_type)
        if possible:  # what Falco has not either is what the rule means
            reasons = [reason for reason in reasons if NO_PARAMETER not in reason]
        return possible, reasons

    def _told(self, rule: Rule, event_type: str) -> _Told:
        if event_type == EXIT:
            if self._machine.has_connector:
                return _Told(Heard(Extent.ALL), frozenset({CONNECTOR}))
            return _Told(
                Heard(Extent.NONE, (f"{EXIT} is told by the process connector, which is not to be had",)), frozenset()
            )
        calls = syscalls(EventSet(frozenset({event_type})))
        if not calls:
            return _Told(
                Heard(Extent.NONE, (f"{event_type} is no call of this machine, and no event here",)), frozenset()
            )
        heard, sensors = self._by_calls(rule, calls)
        instead = stand_in(self._machine, event_type) if self._stands_in else None
        if heard.extent is Extent.NONE and instead is not None:
            return _Told(Heard(instead[0].extent, (*heard.reasons, *instead[0].reasons)), instead[1])
        return self._with_uring(event_type, heard, sensors)

    def _by_calls(self, rule: Rule, calls: frozenset[str]) -> tuple[Heard, set[str]]:
        """How system calls are heard, by the worst served of the audit rules that ask for them."""
        asked = [
            heard
            for planned, heard in self._planned
            if (rule.name in planned.serves or calls & EXECUTIONS) and _asks(planned, calls)
        ]
        if not asked and calls & self._followed:
            asked = [self._hearing.of_later()]
        heard = Heard(Extent.ALL) if asked else Heard(Extent.NONE, ("no audit rule asks for it",))
        for one in asked:
            heard = heard.also(one)
        return heard, {AUDIT} if heard.extent is not Extent.NONE else set()

    def _beside(self, rule: Rule, types: Iterable[str]) -> list[str]:
        """Why audit rules are not heard that ask, for a rule, for more than the calls that it is run on."""
        calls = syscalls(EventSet(frozenset(types)))
        others = (
            heard for planned, heard in self._planned if rule.name in planned.serves and not _asks(planned, calls)
        )
        return [f"of other acts that tell what it reads: {reason}" for heard in others for reason in heard.reasons]

    def _with_uring(self, event_type: str, heard: Heard, sensors: set[str]) -> _Told:
        """The same with what is done through io_uring, which can only take from it."""
        if heard.extent is Extent.NONE or not self._machine.kernel.has_uring:
            return _Told(heard, frozenset(sensors))
        operations = [one.name for one in OPERATIONS.values() if one.event_type == event_type]
        audited = [name for name in operations if name not in UNAUDITED]
        if audited and self._machine.auditing.uring:
            sensors.add(URING)
        elif audited:
            heard = heard.also(Heard(Extent.SOME, (f"{event_type} through io_uring is not recorded by this kernel",)))
        unheard = passes_unheard(event_type)
        if unheard:
            names = ", ".join(unheard)
            heard = heard.also(Heard(Extent.SOME, (f"{event_type} through io_uring ({names}) makes no event",)))
        return _Told(heard, frozenset(sensors))


def _run_on(rule: Rule) -> list[str]:
    """The event types that a rule is run on: executions, which are always asked for, where it names none.

    Calls that only other machines have are left out beside others.
    """
    if rule.events.all_but:
        return sorted(name for name in EXECUTIONS if name in rule.events)
    named = sorted(name for name in rule.events.known_names() if name in EVENT_TYPES_BY_NAME)
    here = [name for name in named if not EVENT_TYPES_BY_NAME[name].generic or syscalls(EventSet(frozenset({name})))]
    return here or named


def _asks(planned: PlannedRule, calls: frozenset[str]) -> bool:
    """Whether an audit rule asks for one of some calls."""
    rule = planned.rule
    if rule.filter_list != "exit":
        return False
    arch = rule.value_of("arch")
    machine = machine_name(arch) if isinstance(arch, int) else None
    if machine is None:
        return False
    if syscall_number(machine, SOCKETCALL) in rule.syscalls:
        return rule.value_of("a0") in {socketcall_number(call) for call in calls}
    return any(syscall_number(machine, call) in rule.syscalls for call in calls)


def _names(rule: Rule) -> set[str]:
    """The fields that a condition reads, as the catalogue names them."""
    found = set()
    for check in checks(rule.condition):
        for use in (use for side in (check.left, check.right) for use in fields(side)):
            try:
                found.add(CATALOGUE.resolve(use.name, use.argument).name)
            except AuditfalcoError:
                found.add(use.name)
    return found
