"""What rules need from the kernel.

A rule needs the system calls whose events its condition can be true for, as far as they are made in one of the ways
that fulfil it (coverage.ways). Some facts that rules ask for are in no record and have to be followed by the calls that
change them: of these every one is needed, however it was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from auditfalco.coverage.abis import host_machines
from auditfalco.coverage.constraints import ANYTHING, Contained, Way, Ways
from auditfalco.coverage.descriptor_calls import asks_for_sockets, calls_for
from auditfalco.coverage.filters import SOCKETCALL
from auditfalco.coverage.ways import ways
from auditfalco.engine.identity import named_files
from auditfalco.language.eventset import EventSet
from auditfalco.language.template import parse_template
from auditfalco.language.tree import checks, fields
from auditfalco.language.types import Resolver
from auditfalco.model.syscallnames import calls_of
from auditfalco.ruleset.container_info import expand_container_info
from auditfalco.ruleset.rule import Rule
from kernel_sources.tables import socketcall_number, syscall_number

SOURCE = "syscall"

EXECUTIONS = frozenset({"execve", "execveat"})
"""Always needed: they tell what every process runs."""

GROUP_CALLS = frozenset({"setpgid", "setsid"})
"""Needed where rules ask for a process group or session."""

_GROUP_FIELDS = ("proc.is_vpgid_leader", "proc.is_pgid_leader", "proc.vpgid", "proc.pgid", "proc.is_sid_leader")

Asked = Mapping[str, Mapping[Way, tuple[str, ...]]]


@dataclass(frozen=True)
class Needs:
    """System calls to be recorded.

    `asked` has for each call the ways in which it has to be made, and for each way the rules that ask for it, in their
    order; without rules it is the agent's own account that asks. `unbounded` names the rules that any event type can
    match, which are served with executions only. `files` are the paths that rules compare names with: an event about
    another hard link of such a file bears that name too.
    """

    asked: Asked = field(default_factory=dict)
    unbounded: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    @classmethod
    def whole(cls, calls: Iterable[str], container_calls: Iterable[str] = ()) -> Needs:
        """The need of calls however they are made, and of others in containers only, for the agent's own account."""
        asked: dict[str, Mapping[Way, tuple[str, ...]]] = {}
        asked.update((call, {frozenset({Contained()}): ()}) for call in container_calls)
        asked.update((call, {frozenset(): ()}) for call in calls)
        return cls(asked)

    @property
    def calls(self) -> frozenset[str]:
        """Every call that is asked for, be it in some ways only."""
        return frozenset(self.asked)

    @property
    def container_calls(self) -> frozenset[str]:
        """The calls that are asked for in containers only."""
        return frozenset(call for call, made in self.asked.items() if made and all(Contained() in way for way in made))

    def serves(self, calls: Iterable[str]) -> tuple[str, ...]:
        """The rules that ask for any of some calls."""
        named = (names for call in calls for names in self.asked.get(call, {}).values())
        return tuple(dict.fromkeys(name for names in named for name in names))


def needs_of(rules: Iterable[Rule], resolve: Resolver) -> Needs:
    """The needs of the enabled rules about system calls.

    Args:
        rules: a ruleset, or any rules.
        resolve: knows the fields that output lines may use.
    """
    asked: dict[str, dict[Way, dict[str, None]]] = {}
    unbounded = []
    enabled = [rule for rule in rules if rule.enabled and rule.source == SOURCE]
    for call in syscalls(EventSet(EXECUTIONS)):
        _ask(asked, call, ANYTHING)
    for rule in enabled:
        if rule.events.all_but:
            unbounded.append(rule.name)
            continue
        for event_type in sorted(rule.events.known_names()):
            found = ways(rule.condition, event_type)
            for call in syscalls(EventSet(frozenset({event_type}))):
                _ask(asked, call, found, rule.name)
        for call in syscalls(EventSet(_followed(rule, resolve))):
            _ask(asked, call, ANYTHING, rule.name)
    frozen = {call: {way: tuple(names) for way, names in made.items()} for call, made in asked.items()}
    return Needs(frozen, tuple(unbounded), tuple(named_files(rule.condition for rule in enabled)))


def _ask(asked: dict[str, dict[Way, dict[str, None]]], call: str, found: Ways, name: str | None = None) -> None:
    for way in found:
        names = asked.setdefault(call, {}).setdefault(way, {})
        if name is not None:
            names[name] = None


def _followed(rule: Rule, resolve: Resolver) -> frozenset[str]:
    """The event types that tell what other events of a rule do not: who is in which group, what descriptors are."""
    names = field_names(rule, resolve)
    groups = GROUP_CALLS if any(name.startswith(_GROUP_FIELDS) for name in names) else frozenset()
    return groups | calls_for(rule.events, names, asks_for_sockets(rule.condition))


def holds_in_containers_only(rule: Rule) -> bool:
    """Whether a rule is proven to hold in containers only; a rule that no event fulfils is not."""
    found = [way for event_type in rule.events.known_names() for way in ways(rule.condition, event_type)]
    return bool(found) and all(Contained() in way for way in found)


def syscalls(events: EventSet) -> frozenset[str]:
    """The system calls among some event types: those that the machine has in either ABI."""
    machines = host_machines()
    calls = (call for name in events.known_names() for call in calls_of(name))
    return frozenset(call for call in calls if any(_has(machine, call) for machine in machines))


def _has(machine: str, call: str) -> bool:
    """Whether a machine's table has a call, be it as one of those behind socketcall."""
    if syscall_number(machine, call) is not None:
        return True
    return socketcall_number(call) is not None and syscall_number(machine, SOCKETCALL) is not None


def field_names(rule: Rule, resolve: Resolver) -> frozenset[str]:
    """The names of all fields that a rule's condition and output read."""
    names = {use.name for check in checks(rule.condition) for side in (check.left, check.right) for use in fields(side)}
    template = parse_template(expand_container_info(rule.output), resolve)
    for piece in template.pieces:
        if not isinstance(piece, str) and piece.operand.field is not None:
            names.add(piece.operand.field.name)
    for inner in template.inner:
        if inner.operand.field is not None:
            names.add(inner.operand.field.name)
    return frozenset(names)
