"""What rules need from the kernel.

A rule needs the system calls whose events its condition can be true for. If the condition holds for containers only,
the frequent calls among them need not be recorded elsewhere. Some facts that rules ask for are in no record and have to
be followed by the calls that change them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from auditfalco.coverage.abis import host_machines
from auditfalco.coverage.descriptor_calls import asks_for_sockets, calls_for
from auditfalco.language.eventset import EventSet
from auditfalco.language.template import parse_template
from auditfalco.language.tree import And, Check, FieldUse, Literal, Node, checks, fields, fold
from auditfalco.language.types import Resolver
from auditfalco.model.syscallnames import calls_of
from auditfalco.ruleset.container_info import expand_container_info
from auditfalco.ruleset.rule import Rule
from kernel_sources.tables import socketcall_number, syscall_number

SOURCE = "syscall"

OPEN_CALLS = frozenset({"open", "openat", "openat2", "creat", "open_by_handle_at"})
"""The calls that are too frequent to be recorded where no rule asks for them."""

EXECUTIONS = frozenset({"execve", "execveat"})
"""Always needed: they tell what every process runs."""

SOCKETCALL = "socketcall"
"""The one call through which some machines make all calls about sockets."""

GROUP_CALLS = frozenset({"setpgid", "setsid"})
"""Needed where rules ask for a process group or session."""

_GROUP_FIELDS = ("proc.is_vpgid_leader", "proc.is_pgid_leader", "proc.vpgid", "proc.pgid", "proc.is_sid_leader")


@dataclass(frozen=True)
class Needs:
    """System calls to be recorded.

    `calls` wherever they happen, `container_calls` in containers only. `unbounded` names the rules that any event type
    can match, which are served with executions only. `served` tells for each call which rules ask for it, in the order
    of the rules; a call that only the agent's own account needs is not in it.
    """

    calls: frozenset[str]
    container_calls: frozenset[str]
    unbounded: tuple[str, ...] = ()
    served: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)

    def serves(self, calls: Iterable[str]) -> tuple[str, ...]:
        """The rules that ask for any of some calls."""
        return tuple(dict.fromkeys(name for call in calls for name in self.served.get(call, ())))


def needs_of(rules: Iterable[Rule], resolve: Resolver) -> Needs:
    """The needs of the enabled rules about system calls.

    Args:
        rules: a ruleset, or any rules.
        resolve: knows the fields that output lines may use.
    """
    calls = set(EXECUTIONS)
    container_calls: set[str] = set()
    unbounded = []
    served: dict[str, list[str]] = {}
    for rule in rules:
        if not rule.enabled or rule.source != SOURCE:
            continue
        if rule.events.all_but:
            unbounded.append(rule.name)
            continue
        wanted = syscalls(rule.events)
        asked = set(wanted)
        if holds_in_containers_only(rule.condition):
            container_calls |= wanted & OPEN_CALLS
            wanted -= OPEN_CALLS
        calls |= wanted
        names = field_names(rule, resolve)
        if any(name.startswith(_GROUP_FIELDS) for name in names):
            asked |= GROUP_CALLS
            calls |= GROUP_CALLS
        beside = syscalls(EventSet(calls_for(rule.events, names, asks_for_sockets(rule.condition))))
        calls |= beside
        for call in sorted(asked | beside):
            served.setdefault(call, []).append(rule.name)
    by_call = {call: tuple(names) for call, names in served.items()}
    return Needs(frozenset(calls), frozenset(container_calls - calls), tuple(unbounded), by_call)


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


def holds_in_containers_only(root: Node) -> bool:
    """Whether a condition is proven to hold in containers only: each way to fulfil it asks `container.id != host`."""
    return fold(root, _holds_in_containers_only)


def _holds_in_containers_only(node: Node, below: list[bool]) -> bool:
    if isinstance(node, Check):
        return (
            isinstance(node.left, FieldUse)
            and node.left.name == "container.id"
            and node.operator == "!="
            and not node.modifier
            and isinstance(node.right, Literal)
            and node.right.text == "host"
        )
    if isinstance(node, And):
        return any(below)
    # Or: each branch must. Not: nothing is proven, for an unknown container fulfils `not container.id = host`.
    return bool(below) and len(below) > 1 and all(below)
